/// What a header says about one tensor.
package struct GGUFTensorInfo: Sendable, Equatable {
    package let name: String
    /// Sizes per dimension, outermost first, as everywhere else here; a file has them the other way round.
    package let shape: [Int]
    package let type: GGMLType
    /// Where the blocks lie, in bytes from the start of the file.
    package let byteRange: Range<Int>

    /// Weights in a row, the innermost dimension.
    package var columns: Int { shape.last ?? 1 }
    /// Rows of all other dimensions together.
    package var rows: Int { shape.dropLast().reduce(1, *) }
    package var bytesPerRow: Int { rows == 0 ? 0 : byteRange.count / rows }

    /// Checks sizes as a file has them against the type; nil where rows are no whole blocks or a product overflows.
    init?(_ name: String, sizes: [UInt64], type: GGMLType, offset: UInt64) {
        var shape: [Int] = []
        for size in sizes.reversed() {
            guard let size = Int(exactly: size) else { return nil }
            shape.append(size)
        }
        guard let first = Int(exactly: offset), let byteCount = Self.byteCount(shape, type) else { return nil }
        let (end, overflow) = first.addingReportingOverflow(byteCount)
        guard !overflow else { return nil }
        self.init(name, shape, type, first..<end)
    }

    private init(_ name: String, _ shape: [Int], _ type: GGMLType, _ byteRange: Range<Int>) {
        (self.name, self.shape, self.type, self.byteRange) = (name, shape, type, byteRange)
    }

    func moved(by distance: Int) -> GGUFTensorInfo {
        .init(name, shape, type, byteRange.lowerBound + distance..<byteRange.upperBound + distance)
    }

    /// The bytes of a tensor; nil where a row is no whole number of blocks or a product overflows.
    package static func byteCount(_ shape: [Int], _ type: GGMLType) -> Int? {
        guard let row = type.byteCount(weights: shape.last ?? 1) else { return nil }
        var (bytes, weights) = (row, shape.last ?? 1)
        for size in shape.dropLast() {
            let product = bytes.multipliedReportingOverflow(by: size)
            let count = weights.multipliedReportingOverflow(by: size)
            if product.overflow || count.overflow { return nil }
            (bytes, weights) = (product.partialValue, count.partialValue)
        }
        return bytes
    }
}
