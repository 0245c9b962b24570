import Checkpoint
import FoundationEssentials
import GGUF
import JSON
import Kernels
import System

/// A compressed checkpoint as one GGUF file: metadata and tensors as llama.cpp has them.
final class GGUFOutput: CompressedOutput {
    static let name = "model.gguf"
    private static let unfinished = name + ".part"

    let spec: Spec
    private let plan: GGUFPlan
    private let inventory: WeightInventory
    private let directory: URL
    /// Nil once the file is finished.
    private var writer: GGUFWriter?
    /// Stored bits of each compressed module.
    private var bits: [String: Int] = [:]
    private let kept: [String: Tensor]

    /// Creates the directory if need be, and in it the file with its header.
    init(
        _ spec: Spec, _ plan: GGUFPlan, _ inventory: WeightInventory, directory: URL, kept: [Tensor]
    ) throws(CompressionError) {
        (self.spec, self.plan, self.inventory, self.directory) = (spec, plan, inventory, directory)
        self.kept = Dictionary(uniqueKeysWithValues: kept.map { ($0.info.name, $0) })
        try CompressionError.attempt { () throws(SystemError) in try makeDirectory(directory) }
        let (metadata, declarations) = (plan.metadata, plan.declarations)
        writer = try GGUFPlan.attempt { () throws(GGUFError) in
            try GGUFWriter(
                creating: directory.appending(path: Self.unfinished), metadata: metadata, tensors: declarations)
        }
    }

    func write(_ layer: LinearLayer, _ weight: CompressedWeight) throws(CompressionError) {
        bits[layer.name] = weight.bitCount
        guard let passage = plan.passages[layer.name + ".weight"], let blocks = weight.tensors.first?.storage else {
            preconditionFailure("a linear layer of a described model has a place in its file")
        }
        try write(blocks, passage)
    }

    func write(_ name: String, _ bytes: UnsafeRawBufferPointer) throws(CompressionError) {
        // What has no place is a constant that nothing reads: the model was described before, and it has all others.
        guard let passage = plan.passages[name], let tensor = kept[name], let base = bytes.baseAddress else { return }
        // The bytes are lent for the call, which the matrix does not outlive.
        let given = DenseMatrix(
            bytes: base, type: try tensor.floatType, rows: passage.rows, columns: passage.columns,
            owner: tensor.mapping)
        var layer = LinearLayer(name: name, weight: given, scaleType: .float16)
        if passage.place.form == .plusOne {
            let values = try layer.finiteValues()
            for row in 0..<passage.rows {
                values.withRow(row) { row in for index in row.indices { row[index] += 1 } }
            }
            layer.weight = DenseMatrix(values)
        }
        try write(GGMLRounding.blocks(layer, passage.stored, importance: nil), passage)
    }

    /// Writes a tensor or a part of one, of which these are all bytes, rows in the checkpoint's order.
    private func write(_ blocks: StoredBytes, _ passage: GGUFPlan.Passage) throws(CompressionError) {
        let (ordered, place) = (Self.ordered(blocks, passage), passage.place)
        // The memory is kept by what has it until the call ends.
        let bytes = RawSpan(_unsafeStart: ordered.base, byteCount: ordered.byteCount)
        do throws(GGUFError) {
            try writer?.write(place.name, part: place.part?.index ?? 0, of: place.part?.count ?? 1, bytes)
        } catch { throw .checkpoint(.gguf(error)) }
    }

    private static func ordered(_ blocks: StoredBytes, _ passage: GGUFPlan.Passage) -> StoredBytes {
        guard case .rows(let order) = passage.place.form else { return blocks }
        let rows = passage.rows == 1 ? passage.columns : passage.rows
        let size = blocks.byteCount / max(1, rows)
        let ordered = StoredBytes(byteCount: blocks.byteCount, zeroed: false)
        for row in 0..<rows {
            let place = order.stored(row) * size
            TensorBytes(blocks).withRow(row, byteCount: size) { source in
                ordered.withBytes(place..<place + size) { $0.copy(source) }
            }
        }
        return ordered
    }

    /// Finishes the file and gives it its name, last of all.
    func finish(from checkpoint: Checkpoint, ignored: [String], provenance: Provenance) throws(CompressionError) {
        if let factors = plan.rotaryFactors {
            let bytes = factors.flatMap { factor in withUnsafeBytes(of: factor.bitPattern.littleEndian) { Array($0) } }
            do throws(GGUFError) { try writer?.write(GGUFPlan.rotaryName, bytes.span.bytes) } catch {
                throw .checkpoint(.gguf(error))
            }
        }
        if let writer = writer.take() {
            do throws(GGUFError) { try writer.finish() } catch { throw .checkpoint(.gguf(error)) }
        }
        var facts = plan.facts
        if !spec.parts.isEmpty { facts["parts"] = inventory.facts(bits) }
        let record = provenance.json(spec, bitsPerWeight: inventory.bitsPerWeight(bits), more: facts)
        try writeNew(record, to: directory.appending(path: Provenance.file))
        try CompressionError.attempt { () throws(SystemError) in
            try rename(
                directory.appending(path: Self.unfinished), to: directory.appending(path: Self.name))
        }
    }
}
