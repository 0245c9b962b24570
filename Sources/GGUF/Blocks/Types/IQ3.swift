/// 256 weights as points of a grid of 256, four weights each, with signs of an even number and scales of four bits for each 32.
///
///     0..<2 scale of scales · 2..<66 points · 66..<98 for each 32 weights a word of four times seven signs and the scale
enum IQ3_XXS: BlockCodec {
    static let id: UInt32 = 18
    static let name = "iq3_xxs"
    static let weightsPerBlock = 256
    static let bytesPerBlock = 98
    static let halves = [0]
    static let importance = ImportanceUse.optional

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let values = GridValues.threeBit256
        for group in 0..<32 {
            let word = block.word32(66 + 4 * (group / 4))
            let scale = block.half(0) * (0.5 + Float(word >> 28)) * 0.5
            values.decode(
                Int(block.byte(2 + 2 * group)), Int(block.byte(3 + 2 * group)), scale,
                Signs.complete(word >> UInt32(7 * (group % 4))), into: weights + group * 8)
        }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        let encoder = GridEncoder(
            search: GridSearch(
                neighbours: .threeBit256, dimensions: 4, levels: 8, length: 32, reach: 15, step: 0.2, middle: 15,
                refined: .offGrid),
            evenSigns: true, smallest: 1e-8)
        bytes.clear(0..<bytesPerBlock)
        GridBlock.withOptionalImportance(block) { gridBlock in
            let scales = encoder(gridBlock) { index, found in
                var word: UInt32 = 0
                for group in 0..<8 { bytes[2 + 8 * index + group] = UInt8(truncatingIfNeeded: found.points[group]) }
                for group in 0..<4 { word |= UInt32(found.signs[group]) << UInt32(7 * group) }
                bytes.store(word, 66 + 4 * index)
            }
            guard scales.max() > 0 else { return bytes.clear(0..<bytesPerBlock) }
            let unit = scales.max() / 31
            bytes.store(half: unit * 1.0125, 0)
            let codes = GridEncoder.codes(scales, unit: unit, largest: 15)
            for index in 0..<8 { bytes[69 + 4 * index] |= codes[index] << 4 }
        }
    }
}

/// 256 weights as points of a grid of 512, four weights each, with all signs and scales of four bits for each 32.
///
///     0..<2 scale of scales · 2..<66 low bytes of points · 66..<74 their upper bits · 74..<106 signs · 106..<110 scales
///
/// ggml leaves no room for the low bytes and the signs of sub-blocks that are all zero, so that those after them in the block are
/// read from the wrong place; we write the same bytes.
enum IQ3_S: BlockCodec {
    static let id: UInt32 = 21
    static let name = "iq3_s"
    static let weightsPerBlock = 256
    static let bytesPerBlock = 110
    static let halves = [0]
    static let importance = ImportanceUse.optional

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let values = GridValues.threeBit512
        for group in 0..<32 {
            let code = block.byte(106 + group / 8) >> UInt8(group / 4 % 2 * 4) & 15
            let high = Int(block.byte(66 + group / 4)) >> (group % 4 * 2)
            values.decode(
                Int(block.byte(2 + 2 * group)) | (high & 1) << 8, Int(block.byte(3 + 2 * group)) | (high & 2) << 7,
                block.half(0) * Float(1 + 2 * code), UInt32(block.byte(74 + group)), into: weights + group * 8)
        }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        let encoder = GridEncoder(
            search: GridSearch(
                neighbours: .threeBit512, dimensions: 4, levels: 8, length: 32, reach: 9, step: 0.2, middle: 15,
                refined: .allIfOffGrid),
            evenSigns: false, smallest: .leastNonzeroMagnitude)
        bytes.clear(0..<bytesPerBlock)
        GridBlock.withOptionalImportance(block) { gridBlock in
            var place = 0
            let scales = encoder(gridBlock) { index, found in
                for group in 0..<8 {
                    bytes[2 + 8 * place + group] = UInt8(truncatingIfNeeded: found.points[group])
                    bytes[66 + index] |= UInt8(found.points[group] >> 8) << UInt8(group)
                }
                for group in 0..<4 { bytes[74 + 4 * place + group] = found.signs[group] }
                place += 1
            }
            guard scales.max() > 0 else { return }
            let unit = scales.max() / 31
            bytes.store(half: unit * 1.033, 0)
            let codes = GridEncoder.codes(scales, unit: unit, largest: 15)
            for index in 0..<4 { bytes[106 + index] = codes[2 * index] | codes[2 * index + 1] << 4 }
        }
    }
}

extension GridValues {
    /// The values of two points of four, scaled and signed.
    @inline(__always)
    fileprivate func decode(
        _ first: Int, _ second: Int, _ scale: Float, _ signs: UInt32, into weights: UnsafeMutablePointer<Float>
    ) {
        for index in 0..<4 {
            weights[index] = scale * self[first, index] * Signs.factor(signs, index)
            weights[4 + index] = scale * self[second, index] * Signs.factor(signs, 4 + index)
        }
    }
}

extension GridBlock {
    /// Lends a block whose errors count with the calibration's importance, or without one with the weights' squares.
    @inline(__always)
    static func withOptionalImportance(_ block: BlockWeights, _ body: (GridBlock) -> Void) {
        let variance = 2 * block.squares / 256
        let given = block.importance != nil
        with(block, { given ? $1 * (variance + $0 * $0).roots : $0 * $0 }, body)
    }
}
