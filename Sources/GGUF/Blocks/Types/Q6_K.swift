/// 256 weights as six bits, −32 … 31, with scales of eight bits for each 16.
///
///     0..<128 low four bits · 128..<192 upper two bits (`TwoBitCodes`) · 192..<208 scales · 208..<210 scale of scales
///
/// Byte l of the first 32 of each half holds weights l and l + 64, byte l of the next 32 weights l + 32 and l + 96.
enum Q6_K: BlockCodec {
    static let id: UInt32 = 14
    static let name = "q6_K"
    static let weightsPerBlock = 256
    static let bytesPerBlock = 210
    static let halves = [208]
    static let importance = ImportanceUse.optional

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let scales = block.half(208)
        for index in 0..<16 {
            let scale = scales * Float(block.signedByte(192 + index))
            for weight in index * 16..<(index + 1) * 16 {
                let low = block.byte(weight / 128 * 64 + weight % 64) >> UInt8(weight % 128 / 64 * 4) & 15
                let code = Int32(low | TwoBitCodes.load(block, 128, weight) << 4) - 32
                weights[weight] = scale * Float(code)
            }
        }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        SuperBlock.with(block, length: 16) { superBlock in
            if let importance = block.importance {
                superBlock.setImportance(importance)
            } else {
                superBlock.setImportance { $0 * $0 }
            }
            let search = SymmetricSearch(bound: 32)
            let found = SIMD16(lowHalf: search(superBlock.group(0)), highHalf: search(superBlock.group(1)))
            let outermost = found.outermost
            guard abs(outermost) >= SubBlocks.smallest else {
                for index in 0..<bytesPerBlock { bytes[index] = 0 }
                return
            }
            encode(superBlock, found, inverse: -128 / outermost, into: bytes)
        }
    }

    /// The outermost scale is at −128.
    private static func encode(
        _ superBlock: SuperBlock, _ found: SIMD16<Float>, inverse: Float, into bytes: UnsafeMutablePointer<UInt8>
    ) {
        let scales = bytes.store(half: 1 / inverse, 208)
        for group in 0..<2 {
            var scale = Lanes.zero
            for lane in 0..<8 {
                let index = group * 8 + lane
                let code = Int8(truncatingIfNeeded: min(127, (inverse * found[index]).nearest))
                bytes[192 + index] = UInt8(bitPattern: code)
                scale[lane] = scales * Float(code)
            }
            superBlock.group(group).round(scale: scale, -32, 31, offset: 32)
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: SuperBlock.weights) { memory in
            guard let codes = memory.baseAddress else { return }
            superBlock.storeCodes(codes)
            for byte in 0..<128 {
                let first = byte / 64 * 128 + byte % 64
                bytes[byte] = codes[first] & 15 | codes[first + 64] << 4
            }
            TwoBitCodes.store(bytes, 128) { codes[$0] >> 4 }
        }
    }
}
