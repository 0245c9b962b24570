/// 256 weights as points of a grid of 256, eight weights each, with signs of an even number and scales of four bits for each 32.
///
///     0..<2 scale of scales · for each 32 weights: four bytes of points, and a word of four times seven signs and the scale
enum IQ2_XXS: BlockCodec {
    static let id: UInt32 = 16
    static let name = "iq2_xxs"
    static let weightsPerBlock = 256
    static let bytesPerBlock = 66
    static let halves = [0]
    static let importance = ImportanceUse.required

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let values = GridValues.twoBit256
        for index in 0..<8 {
            let word = block.word32(6 + 8 * index)
            let scale = block.half(0) * (0.5 + Float(word >> 28)) * 0.25
            for group in 0..<4 {
                let point = Int(block.byte(2 + 8 * index + group))
                let signs = Signs.complete(word >> UInt32(7 * group))
                values.decode(point, scale, signs, into: weights + index * 32 + group * 8)
            }
        }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        let encoder = GridEncoder(
            search: GridSearch(
                neighbours: .twoBit256, dimensions: 8, levels: 3, length: 32, reach: 6, step: 0.1, middle: 5,
                refined: .all),
            evenSigns: true, smallest: 1e-15, findsMost: true)
        let variance = block.squares / 256
        bytes.clear(0..<bytesPerBlock)
        GridBlock.with(block) {
            $1 * (variance + $0 * $0).roots
        } _: { gridBlock in
            let scales = encoder(gridBlock) { index, found in
                var word: UInt32 = 0
                for group in 0..<4 {
                    bytes[2 + 8 * index + group] = UInt8(truncatingIfNeeded: found.points[group])
                    word |= UInt32(found.signs[group]) << UInt32(7 * group)
                }
                bytes.store(word, 6 + 8 * index)
            }
            guard scales.max() > 0 else { return bytes.clear(0..<bytesPerBlock) }
            let unit = scales.max() / 31
            bytes.store(half: unit, 0)
            let codes = GridEncoder.codes(scales, unit: unit, largest: 15)
            for index in 0..<8 { bytes[9 + 8 * index] |= codes[index] << 4 }
        }
    }
}

/// 256 weights as points of a grid of 512, eight weights each, with signs of an even number and scales of four bits for each 16.
///
///     0..<2 scale of scales · 2..<66 words of a point and seven signs above · 66..<74 scales
enum IQ2_XS: BlockCodec {
    static let id: UInt32 = 17
    static let name = "iq2_xs"
    static let weightsPerBlock = 256
    static let bytesPerBlock = 74
    static let halves = [0]
    static let importance = ImportanceUse.required

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let values = GridValues.twoBit512
        for group in 0..<32 {
            let word = block.word16(2 + 2 * group)
            let code = block.byte(66 + group / 4) >> UInt8(group / 2 % 2 * 4) & 15
            let scale = block.half(0) * (0.5 + Float(code)) * 0.25
            values.decode(Int(word & 511), scale, Signs.complete(UInt32(word >> 9)), into: weights + group * 8)
        }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        let encoder = GridEncoder(
            search: GridSearch(
                neighbours: .twoBit512, dimensions: 8, levels: 3, length: 16, reach: 9, step: 0.1, middle: 5,
                refined: .offGrid),
            evenSigns: true, smallest: 1e-15)
        let variance = block.squares / 256
        bytes.clear(0..<bytesPerBlock)
        GridBlock.with(block) {
            $1 * (variance + $0 * $0).roots
        } _: { gridBlock in
            let scales = encoder(gridBlock) { index, found in
                for group in 0..<2 {
                    let word = UInt16(found.points[group]) | UInt16(found.signs[group]) << 9
                    bytes.store(word, 2 + 4 * index + 2 * group)
                }
            }
            guard scales.max() > 0 else { return bytes.clear(0..<bytesPerBlock) }
            let unit = scales.max() / 31
            bytes.store(half: unit, 0)
            let codes = GridEncoder.codes(scales, unit: unit, largest: 15)
            for index in 0..<8 { bytes[66 + index] = codes[2 * index] | codes[2 * index + 1] << 4 }
        }
    }
}

/// 256 weights as points of a grid of 1,024, eight weights each, with all signs and scales of four bits for each 16.
///
///     0..<2 scale of scales · 2..<34 low bytes of points · 34..<66 signs · 66..<74 upper two bits of points · 74..<82 scales
enum IQ2_S: BlockCodec {
    static let id: UInt32 = 22
    static let name = "iq2_s"
    static let weightsPerBlock = 256
    static let bytesPerBlock = 82
    static let halves = [0]
    static let importance = ImportanceUse.optional

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let values = GridValues.twoBit1024
        for group in 0..<32 {
            let high = block.byte(66 + group / 4) >> UInt8(group % 4 * 2) & 3
            let code = block.byte(74 + group / 4) >> UInt8(group / 2 % 2 * 4) & 15
            let scale = block.half(0) * (0.5 + Float(code)) * 0.25
            values.decode(
                Int(block.byte(2 + group)) | Int(high) << 8, scale, UInt32(block.byte(34 + group)),
                into: weights + group * 8)
        }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        let encoder = GridEncoder(
            search: GridSearch(
                neighbours: .twoBit1024, dimensions: 8, levels: 3, length: 16, reach: 9, step: 0.1, middle: 5,
                refined: .offGrid),
            evenSigns: false, smallest: 1e-8)
        let variance = 2 * block.squares / 256
        let given = block.importance != nil
        bytes.clear(0..<bytesPerBlock)
        GridBlock.with(block) {
            given ? $1 * (variance + $0 * $0).roots : 0.25 * variance + $0 * $0
        } _: { gridBlock in
            let scales = encoder(gridBlock) { index, found in
                for part in 0..<2 {
                    let group = 2 * index + part
                    bytes[2 + group] = UInt8(truncatingIfNeeded: found.points[part])
                    bytes[34 + group] = found.signs[part]
                    bytes[66 + group / 4] |= UInt8(found.points[part] >> 8) << UInt8(group % 4 * 2)
                }
            }
            guard scales.max() > 0 else { return }
            let unit = scales.max() / 31
            bytes.store(half: unit * 0.9875, 0)
            let codes = GridEncoder.codes(scales, unit: unit, largest: 15)
            for index in 0..<8 { bytes[74 + index] = codes[2 * index] | codes[2 * index + 1] << 4 }
        }
    }
}

extension GridValues {
    /// The values of a point, scaled and signed.
    @inline(__always)
    func decode(_ point: Int, _ scale: Float, _ signs: UInt32, into weights: UnsafeMutablePointer<Float>) {
        for index in 0..<8 { weights[index] = scale * self[point, index] * Signs.factor(signs, index) }
    }
}

extension BlockWeights {
    /// The sum of 256 squares, in the order of the weights.
    var squares: Float {
        var sum: Float = 0
        for index in 0..<256 { sum += weights[index] * weights[index] }
        return sum
    }
}
