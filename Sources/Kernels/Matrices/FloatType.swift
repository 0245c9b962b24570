#if arch(x86_64)
    import _Builtin_intrinsics.intel
#endif

/// The floating-point types that tensors are stored in.
package enum FloatType: Sendable, Equatable, CaseIterable {
    case float64
    case float32
    case float16
    case bfloat16
    /// Four exponent bits, no infinities, NaN only at 0x7f and 0xff (OCP 8-bit FP, "E4M3FN").
    case float8E4M3
    /// Five exponent bits, infinities and NaN as in IEEE 754.
    case float8E5M2

    /// The bytes of one element.
    package var byteCount: Int {
        switch self {
        case .float64: 8
        case .float32: 4
        case .float16, .bfloat16: 2
        case .float8E4M3, .float8E5M2: 1
        }
    }

    /// The significant bits of a value once it is a float32.
    package var significantBits: Int {
        switch self {
        case .float64, .float32: 24
        case .float16: 11
        case .bfloat16: 8
        case .float8E4M3: 4
        case .float8E5M2: 3
        }
    }

    /// Converts little-endian elements, which need not be aligned, to as many float32.
    package func decode(_ source: RawSpan, into destination: inout MutableSpan<Float>) {
        precondition(source.byteCount == destination.count * byteCount, "there are as many elements as are wanted")
        source.withUnsafeBytes { source in
            destination.withUnsafeMutableBufferPointer { destination in
                guard let from = source.baseAddress, let base = destination.baseAddress else { return }
                decode(from, count: destination.count, into: base)
            }
        }
    }

    /// Converts `count` little-endian elements at `source`, which need not be aligned, to float32.
    ///
    /// Exact for all types but float64, which is rounded to nearest.
    package func decode(_ source: UnsafeRawPointer, count: Int, into destination: UnsafeMutablePointer<Float>) {
        switch self {
        case .float64: decodeFloat64(source, count, destination)
        case .float32: UnsafeMutableRawPointer(destination).copyMemory(from: source, byteCount: count * 4)
        case .float16: decodeFloat16(source, count, destination)
        case .bfloat16: decodeBFloat16(source, count, destination)
        case .float8E4M3: decodeFloat8(source, count, destination, table: float8E4M3Values)
        case .float8E5M2: decodeFloat8(source, count, destination, table: float8E5M2Values)
        }
    }
}

private func decodeFloat64(_ source: UnsafeRawPointer, _ count: Int, _ destination: UnsafeMutablePointer<Float>) {
    for index in 0..<count {
        destination[index] = Float(source.loadUnaligned(fromByteOffset: index * 8, as: Double.self))
    }
}

private func decodeFloat16(_ source: UnsafeRawPointer, _ count: Int, _ destination: UnsafeMutablePointer<Float>) {
    var index = 0
    #if arch(x86_64)
        while index + 8 <= count {
            let codes = source.loadUnaligned(fromByteOffset: index * 2, as: SIMD2<Int64>.self)
            destination.store(_mm256_cvtph_ps(codes), index)
            index += 8
        }
    #endif
    while index < count {
        destination[index] = Float(source.loadUnaligned(fromByteOffset: index * 2, as: Float16.self))
        index += 1
    }
}

private func decodeBFloat16(_ source: UnsafeRawPointer, _ count: Int, _ destination: UnsafeMutablePointer<Float>) {
    var index = 0
    while index + 8 <= count {
        let codes = source.loadUnaligned(fromByteOffset: index * 2, as: SIMD8<UInt16>.self)
        destination.store(unsafeBitCast(SIMD8<UInt32>(truncatingIfNeeded: codes) &<< 16, to: Lanes.self), index)
        index += 8
    }
    while index < count {
        let code = source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
        destination[index] = Float(bitPattern: UInt32(code) << 16)
        index += 1
    }
}

private func decodeFloat8(
    _ source: UnsafeRawPointer, _ count: Int, _ destination: UnsafeMutablePointer<Float>, table: [Float]
) {
    for index in 0..<count {
        destination[index] = table[Int(source.load(fromByteOffset: index, as: UInt8.self))]
    }
}

private let float8E4M3Values: [Float] = (0...255).map { code in
    let (exponent, fraction) = (code >> 3 & 15, code & 7)
    let magnitude: Float =
        switch (exponent, fraction) {
        case (15, 7): .nan
        case (0, _): Float(fraction) * 0x1p-9
        default: Float(sign: .plus, exponent: exponent - 7, significand: 1 + Float(fraction) / 8)
        }
    return code & 0x80 == 0 ? magnitude : -magnitude
}

/// E5M2 is float16 without its low byte.
private let float8E5M2Values: [Float] = (0...255).map { Float(Float16(bitPattern: UInt16($0) << 8)) }
