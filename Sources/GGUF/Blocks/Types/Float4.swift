/// The sixteen values of the four-bit float e2m1, doubled so that they are whole: MXFP4 and NVFP4.
enum DoubledFloat4 {
    static let values: [Float] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]

    /// The codes of the values whose products with `scale` are nearest, the first of equals.
    @inline(__always)
    static func codes(_ weights: Lanes, scale: Float) -> Lanes {
        values.withUnsafeBufferPointer { values in
            var (code, least) = (Lanes.zero, (values[0] * scale - weights).magnitudes)
            for index in 1..<16 {
                let error = (values[index] * scale - weights).magnitudes
                let nearer = error .< least
                least.take(error, nearer)
                code.take(Lanes(repeating: Float(index)), nearer)
            }
            return code
        }
    }

    /// Stores the codes of `count` weights, the first half in low nibbles.
    @inline(__always)
    static func store(
        _ weights: UnsafePointer<Float>, _ count: Int, scale: Float, _ bytes: UnsafeMutablePointer<UInt8>, _ offset: Int
    ) {
        for part in 0..<count / 16 {
            let low = codes(weights.lanes(8 * part), scale: scale)
            let high = codes(weights.lanes(count / 2 + 8 * part), scale: scale)
            for lane in 0..<8 {
                bytes[offset + 8 * part + lane] =
                    UInt8(truncatingIfNeeded: low[lane].integer) | UInt8(truncatingIfNeeded: high[lane].integer) << 4
            }
        }
    }
}

/// 32 weights as four-bit floats times a power of two: OCP's MXFP4, the scale halved because the values are doubled.
///
///     0 exponent + 128 of the halved scale · 1..<17 codes
enum MXFP4: BlockCodec {
    static let id: UInt32 = 39
    static let name = "mxfp4"
    static let weightsPerBlock = 32
    static let bytesPerBlock = 17

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let scale = self.scale(block.byte(0))
        FourBitCodes.load(block, 1) { weights[$0] = scale * DoubledFloat4.values[Int($1)] }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        let largest = abs(block.outermost(32))
        let exponent = largest > 0 ? UInt8(truncatingIfNeeded: largest.flooredLogarithm + 125) : 0
        bytes[0] = exponent
        DoubledFloat4.store(block.weights, 32, scale: scale(exponent), bytes, 1)
    }

    /// 2^(exponent − 128), subnormal numbers included.
    private static func scale(_ exponent: UInt8) -> Float {
        Float(bitPattern: exponent < 2 ? 0x0020_0000 << UInt32(exponent) : UInt32(exponent - 1) << 23)
    }
}

/// 64 weights as four-bit floats with scales of eight bits, e4m3 without sign, for each sixteen.
///
///     0..<4 scales · 4..<36 codes, eight bytes for each sixteen weights
///
/// The scale of the whole tensor that NVFP4 has elsewhere is no part of the block.
enum NVFP4: BlockCodec {
    static let id: UInt32 = 40
    static let name = "nvfp4"
    static let weightsPerBlock = 64
    static let bytesPerBlock = 36

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        for part in 0..<4 {
            let scale = self.scale(block.byte(part))
            for index in 0..<8 {
                let codes = block.byte(4 + 8 * part + index)
                weights[16 * part + index] = scale * DoubledFloat4.values[Int(codes & 15)]
                weights[16 * part + 8 + index] = scale * DoubledFloat4.values[Int(codes >> 4)]
            }
        }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        for part in 0..<4 {
            let weights = block.weights + 16 * part
            var largest: Float = 0
            for index in 0..<16 { largest = max(largest, abs(weights[index])) }
            bytes[part] = code(largest / 6)
            DoubledFloat4.store(weights, 16, scale: scale(bytes[part]), bytes, 4 + 8 * part)
        }
    }

    /// Half the value of an e4m3 code, whose sign counts for nothing; 0 for what is no number.
    private static func scale(_ code: UInt8) -> Float {
        guard code != 0x7f else { return 0 }
        let (exponent, mantissa) = (Int(code >> 3 & 15), Float(code & 7))
        return exponent == 0
            ? mantissa * 0x1p-10 : (1 + mantissa / 8) * Float(sign: .plus, exponent: exponent - 8, significand: 1)
    }

    /// The e4m3 code of a positive number, at most 448, ties away from zero.
    private static func code(_ value: Float) -> UInt8 {
        guard value > 0 else { return 0 }
        let bits = min(value, 448).bitPattern
        let exponent = Int(bits >> 23) - 120
        if exponent <= 0 { return UInt8(min(7, value * 512 + 0.5)) }
        let code = exponent << 3 + Int(bits >> 20 & 7) + Int(bits >> 19 & 1)
        return UInt8(min(code, 0x7e))
    }
}

extension Float {
    /// ⌊log₂ x⌋ with the logarithm rounded to single precision first, as C's `floorf(log2f(x))` has it: just below a power of
    /// two it is the power's.
    var flooredLogarithm: Int {
        let missing = 1 - Double(significand) / 2
        guard missing < 1e-3 else { return Int(exponent) }
        let logarithm = Double(exponent + 1) - (missing + missing * missing / 2) * 1.442_695_040_888_963_4
        return Int(Float(logarithm).rounded(.down))
    }
}
