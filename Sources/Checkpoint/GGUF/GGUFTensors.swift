package import GGUF
import System

/// The tensors of a GGUF file as other checkpoints have them.
///
/// Weights in blocks stay where they are in the mapped file. Plain ones do so too, unless the file has them in another order:
/// of those there are copies.
struct GGUFTensors {
    /// By their names in other checkpoints.
    private(set) var tensors: [String: Tensor] = [:]
    /// Under the names and in the order that the file has; blocks are bytes, and their type is a part of the name.
    let stored: [Tensor]
    private let file: String

    init(_ model: GGUFModel) throws(CheckpointError) {
        file = model.file.metadata.file
        stored = model.file.tensors.map(Self.stored)
        for weight in model.weights {
            for tensor in try Self.parts(weight, file) {
                guard tensors.updateValue(tensor, forKey: tensor.info.name) == nil else {
                    throw .duplicateTensor(file: file, tensor: tensor.info.name)
                }
            }
        }
    }

    private static func stored(_ tensor: GGUFTensor) -> Tensor {
        guard let type = tensor.info.type.elementType else {
            return view(
                tensor, "\(tensor.info.name).\(tensor.info.type.name)", .uint8,
                [tensor.info.rows, tensor.info.bytesPerRow], 0..<tensor.info.byteRange.count)
        }
        return view(tensor, tensor.info.name, type, tensor.info.shape, 0..<tensor.info.byteRange.count)
    }

    /// A part of a tensor's bytes under a name.
    private static func view(
        _ tensor: GGUFTensor, _ name: String, _ type: ElementType, _ shape: [Int], _ bytes: Range<Int>,
        _ blocks: BlockForm? = nil
    ) -> Tensor {
        let first = tensor.info.byteRange.lowerBound
        let info = TensorInfo(
            name: name, type: type, shape: shape,
            byteRange: first + bytes.lowerBound..<first + bytes.upperBound)
        // A tensor of no bytes lies anywhere.
        let base = tensor.mapping.bytes.baseAddress.map { $0 + info.byteRange.lowerBound }
        return Tensor(
            info: info, mapping: tensor.mapping, baseAddress: base ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped,
            blocks: blocks)
    }

    /// The tensors that one of the file becomes.
    private static func parts(_ weight: GGUFWeight, _ file: String) throws(CheckpointError) -> [Tensor] {
        let info = weight.tensor.info
        guard weight.form == .stacked else {
            return [try part(weight, weight.name, info.shape, 0..<info.byteRange.count, file)]
        }
        guard let count = info.shape.first, count > 0, info.shape.count > 1 else {
            throw .gguf(
                .tensor(file: file, tensor: info.name, found: "of sizes \(info.shape)", expected: "stacked matrices"))
        }
        let byteCount = info.byteRange.count / count
        var parts: [Tensor] = []
        for index in 0..<count {
            let name = weight.name.replacing("#", with: "\(index)")
            parts.append(
                try part(
                    weight, name, Array(info.shape.dropFirst()), index * byteCount..<(index + 1) * byteCount, file))
        }
        return parts
    }

    private static func part(
        _ weight: GGUFWeight, _ name: String, _ shape: [Int], _ bytes: Range<Int>, _ file: String
    ) throws(CheckpointError) -> Tensor {
        let (tensor, info) = (weight.tensor, weight.tensor.info)
        let columns = info.columns
        let shape = weight.form == .oneRow ? [1, columns] : shape
        guard let type = info.type.elementType else {
            let rows = shape.dropLast().reduce(1, *)
            guard weight.form != .plusOne, shape.count == 2 else {
                throw .gguf(
                    .tensor(
                        file: file, tensor: info.name, found: "of sizes \(shape) in \(info.type.name)",
                        expected: "a matrix, as vectors are not stored in blocks"))
            }
            let order: RowOrder? = if case .rows(let order) = weight.form { order } else { nil }
            return view(
                tensor, name, .uint8, [rows, info.bytesPerRow], bytes,
                BlockForm(type: info.type, rows: rows, columns: columns, order: order))
        }
        switch weight.form {
        case .same, .stacked, .oneRow: return view(tensor, name, type, shape, bytes)
        case .rows(let order): return ComputedTensor.rows(weight.tensor, name, type, shape, order)
        case .transposed: return ComputedTensor.transposed(weight.tensor, name, type, shape)
        case .plusOne:
            guard type == .float32 else {
                throw .gguf(
                    .tensor(file: file, tensor: info.name, found: info.type.name, expected: "f32, as norms are"))
            }
            return ComputedTensor.lessOne(weight.tensor, name, shape)
        }
    }
}

extension GGMLType {
    /// The same numbers in a safetensors file; nil for blocks.
    package var elementType: ElementType? {
        switch self {
        case .f32: .float32
        case .f16: .float16
        case .bf16: .bfloat16
        default: nil
        }
    }
}

/// Copies of tensors in another order.
private enum ComputedTensor {
    /// Memory for as long as a tensor has it.
    ///
    /// `@unchecked Sendable` because it is written only before anybody else has it.
    private final class Bytes: @unchecked Sendable {
        let buffer: UnsafeMutableRawBufferPointer

        init(_ count: Int) { buffer = .allocate(byteCount: max(1, count), alignment: 64) }

        deinit { buffer.deallocate() }
    }

    private static func tensor(
        _ source: GGUFTensor, _ name: String, _ type: ElementType, _ shape: [Int],
        _ fill: (_ from: UnsafeRawBufferPointer, _ to: UnsafeMutableRawBufferPointer) -> Void
    ) -> Tensor {
        let count = source.info.byteRange.count
        let bytes = Bytes(count)
        fill(source.bytes, bytes.buffer)
        // Sound because the buffer has a byte at least.
        let base = UnsafeRawPointer(bytes.buffer.baseAddress.unsafelyUnwrapped)
        return Tensor(
            info: TensorInfo(name: name, type: type, shape: shape, byteRange: 0..<count), mapping: bytes,
            baseAddress: base)
    }

    static func rows(
        _ source: GGUFTensor, _ name: String, _ type: ElementType, _ shape: [Int], _ order: RowOrder
    ) -> Tensor {
        let rows = shape.count == 1 ? shape[0] : source.info.rows
        let size = source.info.byteRange.count / max(1, rows)
        return tensor(source, name, type, shape) { from, to in
            for row in 0..<rows {
                let place = order.stored(row) * size
                UnsafeMutableRawBufferPointer(rebasing: to[row * size..<(row + 1) * size]).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: from[place..<place + size]))
            }
        }
    }

    static func transposed(
        _ source: GGUFTensor, _ name: String, _ type: ElementType, _ shape: [Int]
    ) -> Tensor {
        let (rows, columns, size) = (source.info.rows, source.info.columns, type.bitCount / 8)
        return tensor(source, name, type, shape.reversed()) { from, to in
            for row in 0..<rows {
                for column in 0..<columns {
                    let (place, target) = ((row * columns + column) * size, (column * rows + row) * size)
                    for byte in 0..<size { to[target + byte] = from[place + byte] }
                }
            }
        }
    }

    /// Each value less 1, in float32.
    static func lessOne(_ source: GGUFTensor, _ name: String, _ shape: [Int]) -> Tensor {
        tensor(source, name, .float32, shape) { from, to in
            for offset in stride(from: 0, to: source.info.byteRange.count, by: 4) {
                let value = from.loadUnaligned(fromByteOffset: offset, as: Float.self)
                to.storeBytes(of: value - 1, toByteOffset: offset, as: Float.self)
            }
        }
    }
}
