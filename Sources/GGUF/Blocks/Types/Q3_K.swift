/// 256 weights as three bits, −4 … 3, with scales of six bits for each 16.
///
///     0..<32 third bits · 32..<96 low two bits (`TwoBitCodes`) · 96..<108 scales + 32 · 108..<110 scale of scales
///
/// Bytes 96..<104 hold the low four bits of scales 0 … 7 and above them those of 8 … 15; byte 104 + j the upper two bits of
/// scales j, j + 4, j + 8 and j + 12.
enum Q3_K: BlockCodec {
    static let id: UInt32 = 11
    static let name = "q3_K"
    static let weightsPerBlock = 256
    static let bytesPerBlock = 110
    static let halves = [108]
    static let importance = ImportanceUse.optional

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let scales = block.half(108)
        for index in 0..<16 {
            let scale = scales * Float(self.scale(block, index))
            for weight in index * 16..<(index + 1) * 16 {
                let low = TwoBitCodes.load(block, 32, weight)
                let code = Int32(low | TwoBitCodes.loadBit(block, 0, weight) << 2) - 4
                weights[weight] = scale * Float(code)
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
            let scales = UnsafeRawPointer(bytes).half(108)
            for group in 0..<2 {
                var scale = Lanes.zero
                for lane in 0..<8 { scale[lane] = scales * Float(self.scale(bytes, group * 8 + lane)) }
                superBlock.group(group).round(scale: scale, -4, 3, offset: 4)
            }
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: SuperBlock.weights) { memory in
                guard let codes = memory.baseAddress else { return }
                superBlock.storeCodes(codes)
                TwoBitCodes.store(bytes, 32) { codes[$0] }
                TwoBitCodes.storeBits(bytes, 0) { codes[$0] >> 2 }
            }
        }
    }

    /// The outermost scale is at −32.
    private static func encodeScales(_ superBlock: SuperBlock, into bytes: UnsafeMutablePointer<UInt8>) {
        let search = DescentSearch(bound: 4)
        let found = SIMD16(lowHalf: search(superBlock.group(0)), highHalf: search(superBlock.group(1)))
        let outermost = found.outermost
        guard outermost != 0 else {
            for index in 96..<108 { bytes[index] = 0 }
            bytes.store(half: 0, 108)
            return
        }
        let inverse = -32 / outermost
        storeScales(bytes) {
            let scale = Int32(Int8(truncatingIfNeeded: (inverse * found[$0]).nearest))
            return UInt8(max(-32, min(31, scale)) + 32)
        }
        bytes.store(half: 1 / inverse, 108)
    }

    /// The scales are searched for as the codes are.
    private static func encodeScales(
        _ superBlock: SuperBlock, _ importance: UnsafePointer<Float>, into bytes: UnsafeMutablePointer<UInt8>
    ) {
        superBlock.setImportance(importance, variance: 2 * superBlock.squares / 256)
        let (low, high) = (superBlock.group(0), superBlock.group(1))
        let search = SymmetricSearch(bound: 4)
        let found = SIMD16(lowHalf: search(low), highHalf: search(high))
        let weights = SIMD16(lowHalf: low.totalImportance, highHalf: high.totalImportance)
        SubBlocks.withOne(16, values: found, importance: weights) { scales in
            bytes.store(half: SymmetricSearch(bound: 32)(scales)[0], 108)
            storeScales(bytes) { scales.code($0) }
        }
    }

    private static func scale(_ block: UnsafeRawPointer, _ index: Int) -> Int32 {
        let low = block.byte(96 + index % 8) >> UInt8(index / 8 * 4) & 15
        let high = block.byte(104 + index % 4) >> UInt8(index / 4 * 2) & 3
        return Int32(low | high << 4) - 32
    }

    private static func storeScales(_ bytes: UnsafeMutablePointer<UInt8>, _ scale: (Int) -> UInt8) {
        for index in 96..<108 { bytes[index] = 0 }
        for index in 0..<16 {
            bytes[96 + index % 8] |= (scale(index) & 15) << UInt8(index / 8 * 4)
            bytes[104 + index % 4] |= (scale(index) >> 4) << UInt8(index / 4 * 2)
        }
    }
}

extension SIMD16<Float> {
    /// The lane of the largest magnitude, the first of equals; zero where all are.
    var outermost: Float {
        var (outermost, largest): (Float, Float) = (0, 0)
        for lane in 0..<16 where abs(self[lane]) > largest {
            outermost = self[lane]
            largest = abs(outermost)
        }
        return outermost
    }
}
