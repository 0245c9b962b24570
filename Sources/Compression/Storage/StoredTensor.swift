package import Checkpoint
package import Kernels

/// Bytes that a compressor makes and a file or a matrix reads.
///
/// `@unchecked Sendable` because workers write disjoint parts before anybody reads, and the memory lives as long as this.
package final class StoredBytes: @unchecked Sendable {
    package let bytes: UnsafeMutableRawBufferPointer
    private let block: StoredBlocks.Block

    /// Takes memory, set to zero unless all of it will be written anyway.
    init(byteCount: Int, zeroed: Bool = true) {
        block = StoredBlocks.take(max(1, byteCount))
        bytes = UnsafeMutableRawBufferPointer(start: block.base, count: max(1, byteCount))
        if zeroed { bytes.initializeMemory(as: UInt8.self, repeating: 0) }
        self.byteCount = byteCount
    }

    package let byteCount: Int

    /// The address of the first byte, valid while this object lives.
    var base: UnsafeMutableRawPointer { block.base }

    /// Lends a part, which nobody else has meanwhile.
    @inline(__always)
    func withBytes<R, E: Error>(
        _ range: Range<Int>, _ body: (inout MutableRawSpan) throws(E) -> R
    ) throws(E) -> R {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "a part is one of the tensor")
        // Sound because of the line above.
        var span = MutableRawSpan(_unsafeStart: base + range.lowerBound, byteCount: range.count)
        return try body(&span)
    }

    /// Stores a number at an offset.
    @inline(__always)
    func store<Number: BitwiseCopyable>(_ value: Number, at offset: Int) {
        withBytes(offset..<offset + MemoryLayout<Number>.size) { $0.storeBytes(of: value, as: Number.self) }
    }

    /// Stores bytes one after the other from an offset on.
    func store(_ bytes: Span<UInt8>, at offset: Int) {
        withBytes(offset..<offset + bytes.count) { $0.copy(bytes.bytes) }
    }

    /// The sizes of a matrix as a tensor of I64.
    static func shape(rows: Int, columns: Int) -> StoredBytes {
        let shape = StoredBytes(byteCount: 16)
        shape.store(Int64(rows), at: 0)
        shape.store(Int64(columns), at: 8)
        return shape
    }

    deinit { StoredBlocks.give(block) }
}

/// One tensor of a compressed module, named by what follows the module's name: `weight_packed`.
package struct StoredTensor: Sendable {
    package let layout: StoredLayout
    package let storage: StoredBytes
}

/// Name, type and shape of a tensor that a compressor will make.
package struct StoredLayout: Sendable, Equatable {
    package let suffix: String
    package let type: ElementType
    package let shape: [Int]

    package var byteCount: Int { shape.reduce(1, *) * type.bitCount / 8 }
}

/// A linear layer's weight in its stored form: what a method makes of it.
package struct CompressedWeight: Sendable {
    package let tensors: [StoredTensor]
    /// The weight as the stored tensors give it back.
    package let matrix: any WeightMatrix

    /// How many weights the layer has.
    package var weightCount: Int { matrix.rows * matrix.columns }

    /// Bits that the values take, scales and zero points included.
    package var bitCount: Int { tensors.filter { $0.layout.countsAsStored }.reduce(0) { $0 + $1.layout.byteCount * 8 } }

    package var bitsPerWeight: Double { Double(bitCount) / Double(weightCount) }
}

extension StoredLayout {
    /// A shape is a description, not part of the values.
    var countsAsStored: Bool { Self.countsAsStored(suffix) }

    static func countsAsStored(_ suffix: String) -> Bool {
        !suffix.hasSuffix("_shape") && !suffix.hasPrefix("weight.quant_state.")
    }
}
