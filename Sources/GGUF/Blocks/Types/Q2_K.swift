/// 256 weights as two bits with scales and minima of four bits for each 16.
///
///     0..<16 scales, minima above · 16..<80 codes (`TwoBitCodes`) · 80..<82 scale of scales · 82..<84 scale of minima
enum Q2_K: BlockCodec {
    static let id: UInt32 = 10
    static let name = "q2_K"
    static let weightsPerBlock = 256
    static let bytesPerBlock = 84
    static let halves = [80, 82]
    static let importance = ImportanceUse.optional

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let (scales, minima) = (block.half(80), block.half(82))
        for index in 0..<16 {
            let (scale, minimum) = (scales * Float(block.byte(index) & 15), minima * Float(block.byte(index) >> 4))
            for weight in index * 16..<(index + 1) * 16 {
                weights[weight] = scale * Float(TwoBitCodes.load(block, 16, weight)) - minimum
            }
        }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        SuperBlock.with(block, length: 16) { superBlock in
            if let importance = block.importance {
                encodeScales(superBlock, importance, into: bytes)
            } else {
                encodeScales(superBlock, into: bytes)
            }
            let (scales, minima) = (UnsafeRawPointer(bytes).half(80), UnsafeRawPointer(bytes).half(82))
            for group in 0..<2 {
                var (scale, minimum) = (Lanes.zero, Lanes.zero)
                for lane in 0..<8 {
                    scale[lane] = scales * Float(bytes[group * 8 + lane] & 15)
                    minimum[lane] = minima * Float(bytes[group * 8 + lane] >> 4)
                }
                superBlock.group(group).round(scale: scale, minimum: minimum, 0, 3)
            }
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: SuperBlock.weights) { memory in
                guard let codes = memory.baseAddress else { return }
                superBlock.storeCodes(codes)
                TwoBitCodes.store(bytes, 16) { codes[$0] }
            }
        }
    }

    /// Errors count as they are with the weights' sizes; the largest scale is at 15.
    private static func encodeScales(_ superBlock: SuperBlock, into bytes: UnsafeMutablePointer<UInt8>) {
        superBlock.setImportance(\.magnitudes)
        let search = AffineSearch(largest: 3, first: -0.5, step: 0.1, steps: 15, absolute: true)
        let (low, high) = (search(superBlock.group(0)), search(superBlock.group(1)))
        let mostScale = max(low.scale.largestOrZero, high.scale.largestOrZero)
        let mostMinimum = max(low.minimum.largestOrZero, high.minimum.largestOrZero)
        for index in 0..<16 {
            let found = index < 8 ? low : high
            var code: UInt8 = 0
            if mostScale > 0 {
                code = UInt8(truncatingIfNeeded: (15 / mostScale * found.scale[index % 8]).nearest)
            }
            if mostMinimum > 0 {
                code |= UInt8(truncatingIfNeeded: (15 / mostMinimum * found.minimum[index % 8]).nearest << 4)
            }
            bytes[index] = code
        }
        bytes.store(half: mostScale > 0 ? mostScale / 15 : 0, 80)
        bytes.store(half: mostMinimum > 0 ? mostMinimum / 15 : 0, 82)
    }

    /// Squared errors count as the calibration says; the scales are searched for as well.
    private static func encodeScales(
        _ superBlock: SuperBlock, _ importance: UnsafePointer<Float>, into bytes: UnsafeMutablePointer<UInt8>
    ) {
        superBlock.setImportance(importance, variance: superBlock.squares / 256)
        let search = AffineSearch(largest: 3, first: -0.9, step: 0.05, steps: 36)
        let (low, high) = (superBlock.group(0), superBlock.group(1))
        let found = (search(low), search(high))
        let scale = SIMD16(lowHalf: found.0.scale, highHalf: found.1.scale)
        let minimum = SIMD16(lowHalf: found.0.minimum, highHalf: found.1.minimum)
        let weight = SIMD16(lowHalf: low.totalImportance, highHalf: high.totalImportance)
        PairSearch(largest: 15)(16, scales: scale, minima: minimum, importance: weight) { scales, pair in
            for index in 0..<16 { bytes[index] = pair.code(index, lane: 0) | pair.code(index, lane: 1) << 4 }
            bytes.store(half: scales[0], 80)
            bytes.store(half: scales[1], 82)
        }
    }
}
