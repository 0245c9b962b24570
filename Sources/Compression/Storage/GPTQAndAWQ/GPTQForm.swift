import Checkpoint
import JSON
import Kernels

/// How weights whose groups are of inputs that lie apart (`act_order`) are stored for others: as `GPTQCheckpoint` has it.
///
/// compressed-tensors has dropped such groups (`actorder: group`); tools for GPTQ have `g_idx` for them. None of the codes
/// and scales changes on the way from the usual form, only the order of the words:
///
/// | usual | here |
/// |---|---|
/// | `weight_packed`, outputs × inputs·b/32 | `qweight`, turned over |
/// | `weight_zero_point`, outputs·b/32 × groups, or none | `qzeros`, turned over, or 2ᵇ⁻¹ throughout |
/// | `weight_scale`, outputs × groups | `scales`, turned over |
/// | `weight_g_idx` | `g_idx` |
///
/// Symmetric codes are of format `gptq`, in which every tool knows them. Others are of `gptq_v2`: the older one has no
/// place for a zero point of 0 that all tools read alike.
struct GPTQForm: Sendable {
    private static let bits = [2, 3, 4, 8]

    private let (bits, groupLength): (Int, Int)
    private let symmetric: Bool

    /// The form of a spec's weights; nil where they are stored in the usual one.
    ///
    /// Inputs are not rounded in this form, and inputs and outputs come in words of 32.
    init?(_ spec: Spec, _ layers: [LinearLayer]) {
        guard case .size(let groupLength) = spec.group, Self.suits(spec),
            layers.allSatisfy({ $0.weight.rows.isMultiple(of: 32) && $0.weight.columns.isMultiple(of: 32) })
        else { return nil }
        (bits, self.groupLength, symmetric) = (spec.codeBits, groupLength, spec.symmetric)
    }

    /// Whether a spec's weights are stored so where their sizes allow it.
    static func suits(_ spec: Spec) -> Bool {
        spec.options.actOrder && spec.group != .channel && bits.contains(spec.codeBits)
            && spec.options.activations == nil
    }

    /// `ignored` are modules that stay as they are; those outside layers nobody looks for.
    func configuration(ignored: [String]) -> JSONObject {
        var config = JSONObject()
        config["quant_method"] = .string(GPTQCheckpoint.method)
        config["bits"] = .integer(bits)
        config["group_size"] = .integer(groupLength)
        config["desc_act"] = true
        config["sym"] = .bool(symmetric)
        config["checkpoint_format"] = symmetric ? "gptq" : "gptq_v2"
        if !ignored.isEmpty {
            config["dynamic"] = .object(
                JSONObject(ignored.map { .init(key: "-:^\(Self.escaped($0))$", value: .object(JSONObject())) }))
        }
        return config
    }

    private static func escaped(_ name: String) -> String { name.replacing(".", with: "\\.") }

    /// The tensors of a weight of so many inputs and outputs instead of the usual ones.
    func layout(_ usual: [StoredLayout], outputs: Int, inputs: Int) -> [StoredLayout] {
        guard let scales = usual.first(where: { $0.suffix == "weight_scale" }) else { return usual }
        let groups = scales.shape.last ?? 1
        return [
            StoredLayout(suffix: "qweight", type: .int32, shape: [inputs * bits / 32, outputs]),
            StoredLayout(suffix: "qzeros", type: .int32, shape: [groups, outputs * bits / 32]),
            StoredLayout(suffix: "scales", type: scales.type, shape: [groups, outputs]),
            StoredLayout(suffix: "g_idx", type: .int32, shape: [inputs]),
        ]
    }

    /// A weight with its tensors in this form.
    func converted(_ weight: CompressedWeight) -> CompressedWeight {
        let (outputs, inputs) = (weight.matrix.rows, weight.matrix.columns)
        func usual(_ suffix: String) -> StoredTensor? { weight.tensors.first { $0.layout.suffix == suffix } }
        guard let packed = usual("weight_packed"), let usualScales = usual("weight_scale"),
            let scaleType = ScaleType.allCases.first(where: { $0.elementType == usualScales.layout.type })
        else { return weight }
        let groups = usualScales.layout.shape.last ?? 1
        let (codes, scales) = (turned(packed), turned(usualScales))
        let storedZeros = usual("weight_zero_point").map(turned) ?? symmetricZeros(groups: groups, outputs: outputs)
        // One group of all inputs has no list: all of them are in group 0.
        let index = usual("weight_g_idx")?.storage ?? StoredBytes(byteCount: 4 * inputs)
        let layouts = layout(weight.tensors.map(\.layout), outputs: outputs, inputs: inputs)
        let matrix = GroupedCodeMatrix(
            rows: outputs, columns: inputs,
            codes: InputPackedCodes(words: TensorBytes(codes), rows: outputs, bits: bits),
            scales: GroupScales(bytes: TensorBytes(scales), type: scaleType, rows: outputs),
            zeros: zeroPoints(storedZeros, groups: groups, outputs: outputs),
            groups: .listed((0..<inputs).map { TensorBytes(index).number(Int32.self, at: 4 * $0) }))
        return CompressedWeight(
            tensors: zip(layouts, [codes, storedZeros, scales, index]).map { StoredTensor(layout: $0, storage: $1) },
            matrix: matrix)
    }

    /// A matrix with its elements turned over.
    private func turned(_ tensor: StoredTensor) -> StoredBytes {
        let (shape, type) = (tensor.layout.shape, tensor.layout.type)
        return transposedElements(
            TensorBytes(tensor.storage), rows: shape[0], columns: shape[1], byteCount: type.bitCount / 8)
    }

    /// The zero points of symmetric codes as the format `gptq` stores them, less 1.
    private func symmetricZeros(groups: Int, outputs: Int) -> StoredBytes {
        let codes = StoredBytes(byteCount: groups * outputs)
        for index in 0..<codes.byteCount { codes.store(symmetricZero - 1, at: index) }
        return packedCodes(TensorBytes(codes), rows: groups, columns: outputs, bits: bits)
    }

    private var symmetricZero: UInt8 { 1 << UInt8(bits - 1) }

    /// The zero points, groups × outputs.
    private func zeroPoints(_ stored: StoredBytes, groups: Int, outputs: Int) -> [UInt8] {
        guard !symmetric else { return Array(repeating: symmetricZero, count: groups * outputs) }
        let codes = TensorBytes(unpackedCodes(TensorBytes(stored), rows: groups, columns: outputs, bits: bits))
        return (0..<groups * outputs).map { codes.number(UInt8.self, at: $0) }
    }
}
