extension RawSpan {
    /// The number that stands at an offset, which need not be aligned.
    ///
    /// For types of which any bytes are a value.
    @inlinable
    @inline(__always)
    package func number<Number: BitwiseCopyable>(_ type: Number.Type, at offset: Int) -> Number {
        // Sound because any bytes are a number; that they are there is checked.
        unsafeLoadUnaligned(fromByteOffset: offset, as: type)
    }
}

extension Span<Float> {
    /// Eight values from an index on.
    @inlinable
    @inline(__always)
    package func lanes(_ index: Int) -> Lanes { bytes.number(Lanes.self, at: 4 &* index) }
}

extension MutableSpan where Element: BitwiseCopyable {
    /// Lends a part.
    @inlinable
    @inline(__always)
    package mutating func withPart<R, E: Error>(
        _ range: Range<Int>, _ body: (inout MutableSpan<Element>) throws(E) -> R
    ) throws(E) -> R {
        var part = _mutatingExtracting(range)
        return try body(&part)
    }

    /// Takes over the elements of a span of the same length.
    @inlinable
    package mutating func copy(_ source: Span<Element>) {
        precondition(source.count == count, "what is copied fits")
        for index in 0..<count { self[index] = source[index] }
    }
}

extension MutableSpan<UInt8> {
    /// Stores eight bytes from an index on.
    @inlinable
    @inline(__always)
    package mutating func store(_ eight: SIMD8<UInt8>, at index: Int) {
        var bytes = mutableBytes
        bytes.storeBytes(of: eight, toByteOffset: index, as: SIMD8<UInt8>.self)
    }
}

extension MutableSpan<Float> {
    /// Stores eight values from an index on.
    @inlinable
    @inline(__always)
    package mutating func store(_ values: Lanes, at index: Int) {
        var bytes = mutableBytes
        bytes.storeBytes(of: values, toByteOffset: 4 &* index, as: Lanes.self)
    }

    /// Stores sixteen values from an index on.
    @inlinable
    @inline(__always)
    package mutating func store(_ values: SIMD16<Float>, at index: Int) {
        var bytes = mutableBytes
        bytes.storeBytes(of: values, toByteOffset: 4 &* index, as: SIMD16<Float>.self)
    }
}

extension MutableRawSpan {
    /// Takes over the bytes of a span of the same length.
    package mutating func copy(_ source: RawSpan) {
        precondition(source.byteCount == byteCount, "what is copied fits")
        source.withUnsafeBytes { source in withUnsafeMutableBytes { $0.copyMemory(from: source) } }
    }
}

/// Lends memory of some elements, all of one value at first, for the duration of `body`; small ones lie on the stack.
@inlinable
package func withScratch<Element: BitwiseCopyable, R, E: Error>(
    _ count: Int, of value: Element, _ body: (inout MutableSpan<Element>) throws(E) -> R
) throws(E) -> R {
    try withUnsafeTemporaryAllocation(of: Element.self, capacity: count) { (memory) throws(E) -> R in
        memory.initialize(repeating: value)
        var span = MutableSpan(_unsafeElements: memory)
        return try body(&span)
    }
}
