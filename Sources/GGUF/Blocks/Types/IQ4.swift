/// The sixteen values of IQ4_NL and IQ4_XS, denser around zero.
enum FourBitTable {
    static let values: [Float] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]

    /// Half way between neighbours, each with the step to its upper one: from the half way on, that is the nearer.
    private static let steps: [(boundary: Float, step: Float)] = zip(values, values.dropFirst()).map {
        (($0 + $1) / 2, $1 - $0)
    }

    /// The nearest values.
    @inline(__always)
    static func nearest(_ lanes: Lanes) -> Lanes {
        steps.withUnsafeBufferPointer { steps in
            var value = Lanes(repeating: -127)
            for step in steps {
                value += Lanes(repeating: step.step).zeroed(lanes .< step.boundary)
            }
            return value
        }
    }

    /// The codes of the nearest values.
    @inline(__always)
    static func codes(_ lanes: Lanes) -> Lanes {
        steps.withUnsafeBufferPointer { steps in
            var code = Lanes.zero
            for step in steps { code += Lanes(repeating: 1).zeroed(lanes .< step.boundary) }
            return code
        }
    }

    /// The scale of 32 weights: the one that puts the outermost at −127 or its opposite, or one of fifteen that put it at −134 …
    /// −120, whichever has the best weighted least squares.
    ///
    /// Zero where the weights are.
    @inline(__always)
    static func scale(_ weights: UnsafePointer<Float>, _ importance: (Int) -> Float) -> Float {
        let outermost = BlockWeights(weights: weights, importance: nil, rowMeanSquare: 0).outermost(32)
        guard abs(outermost) >= SubBlocks.smallest else { return 0 }
        var (low, high) = (Lanes.zero, Lanes.zero)
        low[0] = 1 / (-outermost / -127)
        for lane in 1..<8 { low[lane] = Float(lane - 8 - 127) / outermost }
        for lane in 0..<8 { high[lane] = Float(lane - 127) / outermost }
        var (products, squares) = (SIMD16<Float>.zero, SIMD16<Float>.zero)
        for index in 0..<32 {
            let values = SIMD16(lowHalf: nearest(low * weights[index]), highHalf: nearest(high * weights[index]))
            let weighted = importance(index) * values
            products += weighted * weights[index]
            squares += weighted * values
        }
        var scale = squares[0] > 0 ? products[0] / squares[0] : 0
        var best = scale * products[0]
        for lane in 1..<16 where squares[lane] > 0 && products[lane] * products[lane] > best * squares[lane] {
            scale = products[lane] / squares[lane]
            best = scale * products[lane]
        }
        return scale
    }

    /// Stores the codes of 32 weights for an inverse scale.
    @inline(__always)
    static func store(
        _ weights: UnsafePointer<Float>, _ inverse: Float, _ bytes: UnsafeMutablePointer<UInt8>, _ offset: Int
    ) {
        for part in 0..<2 {
            let low = codes(inverse * weights.lanes(8 * part))
            let high = codes(inverse * weights.lanes(16 + 8 * part))
            for lane in 0..<8 {
                bytes[offset + 8 * part + lane] =
                    UInt8(truncatingIfNeeded: low[lane].integer) | UInt8(truncatingIfNeeded: high[lane].integer) << 4
            }
        }
    }
}

/// 32 weights as one of sixteen values (`FourBitTable`) times a half-precision scale.
///
///     0..<2 scale · 2..<18 codes
enum IQ4_NL: BlockCodec {
    static let id: UInt32 = 20
    static let name = "iq4_nl"
    static let weightsPerBlock = 32
    static let bytesPerBlock = 18
    static let halves = [0]
    static let importance = ImportanceUse.optional

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let scale = block.half(0)
        FourBitCodes.load(block, 2) { weights[$0] = scale * FourBitTable.values[Int($1)] }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        let scale = FourBitTable.scale(block.weights, block.tempered(32))
        bytes.store(half: scale, 0)
        FourBitTable.store(block.weights, scale.inverseOrZero, bytes, 2)
    }
}

/// 256 weights as one of sixteen values (`FourBitTable`) with scales of six bits for each 32.
///
///     0..<2 scale of scales · 2..<4 upper two bits of scales · 4..<8 low four bits of scales + 32 · 8..<136 codes
enum IQ4_XS: BlockCodec {
    static let id: UInt32 = 23
    static let name = "iq4_xs"
    static let weightsPerBlock = 256
    static let bytesPerBlock = 136
    static let halves = [0]
    static let importance = ImportanceUse.optional

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        for index in 0..<8 {
            let low = block.byte(4 + index / 2) >> UInt8(index % 2 * 4) & 15
            let high = UInt8(block.word16(2) >> UInt16(2 * index) & 3)
            let scale = block.half(0) * Float(Int32(low | high << 4) - 32)
            FourBitCodes.load(block, 8 + 16 * index) {
                weights[32 * index + $0] = scale * FourBitTable.values[Int($1)]
            }
        }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        let importance = block.tempered(256)
        var (scales, outermost) = (Lanes.zero, Float(0))
        for index in 0..<8 {
            scales[index] = FourBitTable.scale(block.weights + 32 * index) { importance(32 * index + $0) }
            if abs(scales[index]) > abs(outermost) { outermost = scales[index] }
        }
        let unit = -outermost / 32
        bytes.clear(0..<8)
        bytes.store(half: unit, 0)
        var high: UInt16 = 0
        for index in 0..<8 {
            let code = max(-32, min(31, (unit.inverseOrZero * scales[index]).nearest))
            FourBitTable.store(
                block.weights + 32 * index, (unit * Float(code)).inverseOrZero, bytes, 8 + 16 * index)
            bytes[4 + index / 2] |= (UInt8(code + 32) & 15) << UInt8(index % 2 * 4)
            high |= (UInt16(code + 32) >> 4) << UInt16(2 * index)
        }
        bytes.store(high, 2)
    }
}

extension BlockWeights {
    /// What errors count: given importance · √(variance + x²), or without it x².
    ///
    /// The variance is twice the mean square of `count` weights.
    @inline(__always)
    func tempered(_ count: Int) -> (Int) -> Float {
        var variance: Float = 0
        for index in 0..<count { variance += weights[index] * weights[index] }
        variance *= 2 / Float(count)
        return { index in
            let square = self[index] * self[index]
            return importance.map { $0[index] * (variance + square).squareRoot() } ?? square
        }
    }
}
