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
