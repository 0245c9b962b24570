/// Eight sub-blocks of 32 weights with scales and minima of six bits, and half-precision scales of both: Q4_K and Q5_K.
///
///     0..<2 scale of scales · 2..<4 scale of minima · 4..<16 scales and minima (`SixBitScales`)
struct AffineSuperBlock {
    let largest: Int32
    /// The search without importance.
    let search: AffineSearch

    @inline(__always)
    static func decode(
        _ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>, _ code: (Int) -> UInt8
    ) {
        let (scales, minima) = (block.half(0), block.half(2))
        for index in 0..<8 {
            let scale = scales * Float(SixBitScales.scale(block, 4, index))
            let minimum = minima * Float(SixBitScales.minimum(block, 4, index))
            for weight in index * 32..<(index + 1) * 32 { weights[weight] = scale * Float(code(weight)) - minimum }
        }
    }

    /// Writes scales and minima, and gives the codes in the order of the weights.
    @inline(__always)
    func encode(
        _ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>, _ codes: (UnsafeMutablePointer<UInt8>) -> Void
    ) {
        SuperBlock.with(block, length: 32) { superBlock in
            let blocks = superBlock.group(0)
            if let importance = block.importance {
                encodeScales(superBlock, importance, into: bytes)
            } else {
                encodeScales(superBlock, into: bytes)
            }
            var (scale, minimum) = (Lanes.zero, Lanes.zero)
            for index in 0..<8 {
                scale[index] = Float(SixBitScales.scale(bytes, 4, index))
                minimum[index] = Float(SixBitScales.minimum(bytes, 4, index))
            }
            let (scales, minima) = (UnsafeRawPointer(bytes).half(0), UnsafeRawPointer(bytes).half(2))
            blocks.round(scale: scales * scale, minimum: minima * minimum, 0, largest)
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: SuperBlock.weights) { memory in
                guard let stored = memory.baseAddress else { return }
                superBlock.storeCodes(stored)
                codes(stored)
            }
        }
    }

    /// Weights count with their sizes plus the root mean square of their sub-block; the largest scale is at 63.
    @inline(__always)
    private func encodeScales(_ superBlock: SuperBlock, into bytes: UnsafeMutablePointer<UInt8>) {
        let blocks = superBlock.group(0)
        var squares = Lanes.zero
        for index in 0..<32 { squares += blocks.values[index] * blocks.values[index] }
        let spread = (squares / 32).roots
        superBlock.setImportance { spread + $0.magnitudes }
        let (scale, minimum) = search(blocks)
        let (mostScale, mostMinimum) = (scale.largestOrZero, minimum.largestOrZero)
        let scales = ((mostScale > 0 ? 63 / mostScale : 0) * scale).nearest(atMost: .max - 0x0040_0000).asBytes
        let minima = ((mostMinimum > 0 ? 63 / mostMinimum : 0) * minimum).nearest(atMost: .max - 0x0040_0000).asBytes
        SixBitScales.store(
            bytes, 4, scale: { UInt8(min(63, scales[$0].integer)) }, minimum: { UInt8(min(63, minima[$0].integer)) })
        bytes.store(half: mostScale / 63, 0)
        bytes.store(half: mostMinimum / 63, 2)
    }

    /// Weights count as the calibration says; the scales are searched for as well.
    @inline(__always)
    private func encodeScales(
        _ superBlock: SuperBlock, _ importance: UnsafePointer<Float>, into bytes: UnsafeMutablePointer<UInt8>
    ) {
        superBlock.setImportance(importance, variance: 2 * superBlock.squares / 256)
        let blocks = superBlock.group(0)
        let (scale, minimum) = AffineSearch(largest: largest, first: -0.9, step: 0.05, steps: 36)(blocks)
        let weight = blocks.totalImportance
        PairSearch(largest: 63)(
            8, scales: SIMD16(lowHalf: scale, highHalf: .zero), minima: SIMD16(lowHalf: minimum, highHalf: .zero),
            importance: SIMD16(lowHalf: weight, highHalf: .zero)
        ) { scales, pair in
            SixBitScales.store(
                bytes, 4, scale: { min(63, pair.code($0, lane: 0)) }, minimum: { min(63, pair.code($0, lane: 1)) })
            bytes.store(half: scales[0], 0)
            bytes.store(half: scales[1], 2)
        }
    }
}

extension SIMD8<Float> {
    /// The largest lane, zero where none is above.
    var largestOrZero: Float {
        var largest: Float = 0
        for lane in 0..<8 where self[lane] > largest { largest = self[lane] }
        return largest
    }
}

/// 256 weights as four bits with scales and minima of six bits for each 32.
///
///     0..<16 scales (`AffineSuperBlock`) · 16..<144 codes, each 32 bytes two sub-blocks in low and high nibbles
enum Q4_K: BlockCodec {
    static let id: UInt32 = 12
    static let name = "q4_K"
    static let weightsPerBlock = 256
    static let bytesPerBlock = 144
    static let halves = [0, 2]
    static let importance = ImportanceUse.optional

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        AffineSuperBlock.decode(block, into: weights) { NibblePairs.load(block, 16, $0) }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        let search = AffineSearch(largest: 15, first: -1, step: 0.1, steps: 20)
        AffineSuperBlock(largest: 15, search: search).encode(block, into: bytes) { codes in
            NibblePairs.store(bytes, 16) { codes[$0] }
        }
    }
}

/// 256 weights as five bits with scales and minima of six bits for each 32.
///
///     0..<16 scales (`AffineSuperBlock`) · 16..<48 fifth bits · 48..<176 low four bits as in Q4_K
enum Q5_K: BlockCodec {
    static let id: UInt32 = 13
    static let name = "q5_K"
    static let weightsPerBlock = 256
    static let bytesPerBlock = 176
    static let halves = [0, 2]
    static let importance = ImportanceUse.optional

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        AffineSuperBlock.decode(block, into: weights) {
            NibblePairs.load(block, 48, $0) | TwoBitCodes.loadBit(block, 16, $0) << 4
        }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        let search = AffineSearch(largest: 31, first: -0.5, step: 0.1, steps: 15)
        AffineSuperBlock(largest: 31, search: search).encode(block, into: bytes) { codes in
            NibblePairs.store(bytes, 48) { codes[$0] & 15 }
            TwoBitCodes.storeBits(bytes, 16) { codes[$0] >> 4 }
        }
    }
}

/// 256 codes of four bits: each 32 bytes hold 32 weights in their low nibbles and the next 32 in the high ones.
enum NibblePairs {
    @inline(__always)
    static func store(_ bytes: UnsafeMutablePointer<UInt8>, _ offset: Int, _ code: (Int) -> UInt8) {
        for byte in 0..<128 {
            let first = byte / 32 * 64 + byte % 32
            bytes[offset + byte] = code(first) | code(first + 32) << 4
        }
    }

    /// The code of weight `index`.
    @inline(__always)
    static func load(_ block: UnsafeRawPointer, _ offset: Int, _ index: Int) -> UInt8 {
        block.byte(offset + index / 64 * 32 + index % 32) >> UInt8(index % 64 / 32 * 4) & 15
    }
}
