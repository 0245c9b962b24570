import System

/// A tensor of a file of torch's with the bytes of its storage at hand.
struct TensorView {
    private let name: String
    private let tensor: TorchTensor
    private let mapping: MappedFile
    /// Of the storage's first element.
    private let start: Int
    private let elementByteCount: Int
    private let byteCount: Int

    /// Finds a tensor's storage, all of which must be there, and makes sure that every element lies in it.
    init(
        _ name: String, _ tensor: TorchTensor, _ storages: [String: Range<Int>], _ mapping: MappedFile
    ) throws(PickleFault) {
        let storage = tensor.storage
        guard let range = storages[storage.key] else { throw .storage(key: storage.key, reason: "the file has none") }
        guard !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
            throw .tensor(name: name.debugDescription, reason: "its name has a control character")
        }
        let size = tensor.type.bitCount / 8
        let (skipped, overflow) = storage.start.multipliedReportingOverflow(by: size)
        guard !overflow, let used = storage.byteCount, skipped <= range.count, used <= range.count - skipped else {
            throw .storage(
                key: storage.key, reason: "it has \(range.count) bytes but \(storage.count) elements belong in it")
        }
        guard let bytes = TensorInfo.byteCount(type: tensor.type, shape: tensor.shape) else {
            throw .tensor(name: name, reason: "sizes \(tensor.shape) are beyond all memory")
        }
        guard bytes == 0 || Self.lastElement(tensor).map({ $0 < used / size }) == true else {
            throw .tensor(
                name: name,
                reason: "sizes \(tensor.shape) and strides \(tensor.strides) from \(tensor.offset) on reach beyond the "
                    + "\(used / size) elements of storage '\(storage.key)'")
        }
        (self.name, self.tensor, self.mapping) = (name, tensor, mapping)
        (start, elementByteCount, byteCount) = (range.lowerBound + skipped, size, bytes)
    }

    /// The place of the element furthest out; nil where that overflows.
    private static func lastElement(_ tensor: TorchTensor) -> Int? {
        var last = tensor.offset
        for (size, stride) in zip(tensor.shape, tensor.strides) {
            let (step, tooFar) = (size - 1).multipliedReportingOverflow(by: stride)
            let (sum, overflow) = last.addingReportingOverflow(step)
            if tooFar || overflow { return nil }
            last = sum
        }
        return last
    }

    /// Whether the elements lie one behind the other, the last index running fastest.
    var isContiguous: Bool {
        var expected = 1
        for (size, stride) in zip(tensor.shape, tensor.strides).reversed() where size != 1 {
            if stride != expected && byteCount > 0 { return false }
            expected *= size
        }
        return true
    }

    private func info(_ range: Range<Int>) -> TensorInfo {
        TensorInfo(name: name, type: tensor.type, shape: tensor.shape, byteRange: range)
    }

    /// The tensor where it lies.
    func mapped() throws(PickleFault) -> Tensor {
        let first = byteCount == 0 ? start : start + tensor.offset * elementByteCount
        guard let base = mapping.bytes.baseAddress else { throw .notTorch }
        return Tensor(info: info(first..<first + byteCount), mapping: mapping, baseAddress: base + first)
    }

    /// The tensor in memory of its own, row after row; `budget` is what all such tensors of a file may take together.
    func gathered(_ budget: inout Int) throws(PickleFault) -> Tensor {
        guard byteCount <= budget else {
            throw .tensor(name: name, reason: "sizes \(tensor.shape) show more of its storage than the file has bytes")
        }
        budget -= byteCount
        guard let file = mapping.bytes.baseAddress else { throw .notTorch }
        let (memory, source) = (GatheredBytes(byteCount: byteCount), file + start)
        var index = [Int](repeating: 0, count: tensor.shape.count)
        var place = tensor.offset
        for target in stride(from: 0, to: byteCount, by: elementByteCount) {
            // Within the storage, as `init` has seen of the furthest element.
            (memory.base + target).copyMemory(
                from: source + place * elementByteCount, byteCount: elementByteCount)
            for dimension in index.indices.reversed() {
                index[dimension] += 1
                place += tensor.strides[dimension]
                if index[dimension] < tensor.shape[dimension] { break }
                place -= tensor.strides[dimension] * tensor.shape[dimension]
                index[dimension] = 0
            }
        }
        // The tensor keeps `memory`, which has `byteCount` bytes.
        return Tensor(info: info(0..<byteCount), mapping: memory, baseAddress: UnsafeRawPointer(memory.base))
    }
}

/// The bytes of a tensor that lay scattered.
///
/// `@unchecked Sendable` because they are written before anybody else sees them, and freed with this.
private final class GatheredBytes: @unchecked Sendable {
    let base: UnsafeMutableRawPointer

    init(byteCount: Int) { base = .allocate(byteCount: max(1, byteCount), alignment: 16) }

    deinit { base.deallocate() }
}
