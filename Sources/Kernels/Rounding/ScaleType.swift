/// The type in which scales are stored.
package enum ScaleType: String, Sendable, Hashable, CaseIterable {
    case float16
    case bfloat16
    case float32

    /// The significant bits of a value.
    package var significantBits: Int {
        switch self {
        case .float16: 11
        case .bfloat16: 8
        case .float32: 24
        }
    }

    @inlinable
    package var byteCount: Int { self == .float32 ? 4 : 2 }

    /// The nearest value of this type to a positive one, half to even; infinite where it is too large.
    @inlinable
    @inline(__always)
    package func rounded(_ value: Float) -> Float {
        switch self {
        case .float16: Self.float16(value)
        case .bfloat16: Self.bfloat16(value)
        case .float32: value
        }
    }

    /// A positive value to float16 and back.
    ///
    /// Swift converts by way of Float80 in the runtime, sixty times slower.
    @inlinable
    @inline(__always)
    static func float16(_ value: Float) -> Float {
        // Below 2⁻¹⁴ the step is 2⁻²⁴, which is that of float32 from 0.5 to 1.
        guard value >= 0x1p-14 else { return (value + 0.5) - 0.5 }
        guard value < 65_520 else { return .infinity }
        let bits = value.bitPattern
        return Float(bitPattern: (bits &+ 0xfff &+ (bits >> 13 & 1)) & 0xffff_e000)
    }

    /// The bits of a positive value that float16 holds exactly, by steps that the compiler takes for many values at
    /// once.
    @inline(__always)
    private static func float16Bits(_ value: Float) -> UInt16 {
        // Below 2⁻¹⁴ the step is 2⁻²⁴, which is that of float32 from 0.5 to 1.
        let small = (value + 0.5).bitPattern &- Float(0.5).bitPattern
        let isSmall = UInt32(bitPattern: Int32(bitPattern: value.bitPattern &- Float(0x1p-14).bitPattern) &>> 31)
        let usual = value.bitPattern &>> 13 &- 112 &<< 10
        return UInt16(truncatingIfNeeded: usual ^ ((usual ^ small) & isSmall))
    }

    @inlinable
    @inline(__always)
    static func bfloat16(_ value: Float) -> Float {
        guard value.isFinite else { return value }
        let bits = value.bitPattern
        return Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000)
    }

    /// The least value above zero.
    package var leastPositive: Float {
        switch self {
        case .float16: 0x1p-24
        case .bfloat16: 0x1p-133
        case .float32: 0x1p-149
        }
    }

    /// Stores values that `rounded` has made into as many elements.
    package func encode(_ values: Span<Float>, into destination: inout MutableRawSpan) {
        precondition(destination.byteCount == values.count * byteCount, "there is room for just these values")
        values.withUnsafeBufferPointer { values in
            destination.withUnsafeMutableBytes { destination in
                guard let from = values.baseAddress, let base = destination.baseAddress else { return }
                encode(from, count: values.count, into: base)
            }
        }
    }

    func encode(_ values: UnsafePointer<Float>, count: Int, into destination: UnsafeMutableRawPointer) {
        switch self {
        case .float16: Self.store(values, count, destination) { Self.float16Bits($0) }
        case .bfloat16: Self.store(values, count, destination) { UInt16(truncatingIfNeeded: $0.bitPattern &>> 16) }
        case .float32: destination.copyMemory(from: values, byteCount: 4 * count)
        }
    }

    @inline(__always)
    private static func store(
        _ values: UnsafePointer<Float>, _ count: Int, _ destination: UnsafeMutableRawPointer, _ bits: (Float) -> UInt16
    ) {
        var index = 0
        while index < count {
            destination.storeBytes(of: bits(values[index]), toByteOffset: 2 &* index, as: UInt16.self)
            index &+= 1
        }
    }

    /// The element at an index of stored ones.
    @inlinable
    @inline(__always)
    package func decode(_ source: RawSpan, _ index: Int) -> Float {
        switch self {
        case .float16: Float(source.number(Float16.self, at: 2 &* index))
        case .bfloat16: Float(bitPattern: UInt32(source.number(UInt16.self, at: 2 &* index)) << 16)
        case .float32: source.number(Float.self, at: 4 &* index)
        }
    }
}
