/// What a header says about one tensor.
package struct TensorInfo: Sendable, Equatable {
    package let name: String
    package let type: ElementType
    /// Sizes per dimension, outermost first, stored row major; `[]` is a scalar.
    package let shape: [Int]
    /// Where the values lie, in bytes from the start of the file.
    package let byteRange: Range<Int>

    package init(name: String, type: ElementType, shape: [Int], byteRange: Range<Int>) {
        self.name = name
        self.type = type
        self.shape = shape
        self.byteRange = byteRange
    }

    /// The number of values, which the header's validation has shown to fit an `Int`.
    package var elementCount: Int { shape.reduce(1, *) }

    /// Bytes that a tensor of this shape and type takes, or `nil` where that overflows or is no whole number of bytes.
    static func byteCount(type: ElementType, shape: [Int]) -> Int? {
        var elements = 1
        // In order, as the reference does: a zero further on does not excuse a product that overflowed before it.
        for size in shape {
            let (product, overflow) = elements.multipliedReportingOverflow(by: size)
            if overflow { return nil }
            elements = product
        }
        let (bits, overflow) = elements.multipliedReportingOverflow(by: type.bitCount)
        if overflow { return nil }
        return bits.isMultiple(of: 8) ? bits / 8 : nil
    }
}
