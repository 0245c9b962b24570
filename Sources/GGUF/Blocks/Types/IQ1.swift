/// 256 weights as points of a ternary grid of 2,048, eight weights each, a shift and a scale of three bits for each 32.
///
///     0..<2 scale of scales · 2..<34 low bytes of points · 34..<50 for each 32 weights a word: four times three upper bits of
///     points, the scale's three bits, and the sign of the shift
///
/// A weight is scale · (digit − 1 ± 1/8).
enum IQ1_S: BlockCodec {
    static let id: UInt32 = 19
    static let name = "iq1_s"
    static let weightsPerBlock = 256
    static let bytesPerBlock = 50
    static let halves = [0]
    static let importance = ImportanceUse.required

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let values = GridValues.ternary2048
        for group in 0..<32 {
            let word = Int(block.word16(34 + 2 * (group / 4)))
            let scale = block.half(0) * Float(2 * (word >> 12 & 7) + 1)
            let shift: Float = TernarySubBlock.shift(negative: word & 0x8000 != 0)
            let point = Int(block.byte(2 + group)) | (word >> (3 * (group % 4)) & 7) << 8
            for index in 0..<8 { weights[group * 8 + index] = scale * (values[point, index] + shift) }
        }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        guard let importance = block.importance else { return bytes.clear(0..<bytesPerBlock) }
        let variance = 2 * block.squares / 256
        var (scales, shifts) = (SIMD16<Float>.zero, SIMD8<UInt8>.zero)
        bytes.clear(0..<bytesPerBlock)
        TernarySubBlock.with(32) { part in
            for index in 0..<8 {
                part.load(block, 32 * index) { importance[$0] * (variance + $1 * $1).squareRoot() }
                guard part.largest >= 1e-12, let found = SplitSearch.one(part) else { continue }
                var word: UInt16 = 0
                for group in 0..<4 {
                    bytes[2 + 4 * index + group] = UInt8(truncatingIfNeeded: found.points[group])
                    word |= UInt16(found.points[group] >> 8) << UInt16(3 * group)
                }
                bytes.store(word, 34 + 2 * index)
                (scales[index], shifts[index]) = (found.scale, found.shifts)
            }
        }
        guard scales.max() > 0 else { return }
        let unit = scales.max() / 15
        bytes.store(half: unit * 1.125, 0)
        let codes = GridEncoder.codes(scales, unit: unit, largest: 7)
        for index in 0..<8 { bytes[35 + 2 * index] |= (codes[index] | shifts[index] << 3) << 4 }
    }
}

/// 256 weights as points of a ternary grid of 2,048, eight weights each with a shift, and scales of three bits for each 16.
///
///     0..<32 low bytes of points · 32..<48 two nibbles of three upper bits and the sign of the shift · 48..<56 four words of four
///     times three bits of scales, and above them a nibble of the half-precision scale of scales
///
/// A weight is scale · (digit − 1 ± 1/8).
enum IQ1_M: BlockCodec {
    static let id: UInt32 = 29
    static let name = "iq1_m"
    static let weightsPerBlock = 256
    static let bytesPerBlock = 56
    static let importance = ImportanceUse.optional

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let values = GridValues.ternary2048
        var half: UInt16 = 0
        for index in 0..<4 { half |= (block.word16(48 + 2 * index) >> 12) << UInt16(4 * index) }
        let scales = Float(Float16(bitPattern: half))
        for group in 0..<32 {
            let code = block.word16(48 + 2 * (group / 8)) >> UInt16(group / 2 % 4 * 3) & 7
            let scale = scales * Float(2 * code + 1)
            let nibble = Int(block.byte(32 + group / 2)) >> (group % 2 * 4) & 15
            let shift = TernarySubBlock.shift(negative: nibble & 8 != 0)
            let point = Int(block.byte(group)) | (nibble & 7) << 8
            for index in 0..<8 { weights[group * 8 + index] = scale * (values[point, index] + shift) }
        }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        let variance = 2 * block.squares / 256
        let weigh: (Int, Float) -> Float = { index, weight in
            guard let importance = block.importance else { return weight * weight }
            return importance[index] * (variance + weight * weight).squareRoot()
        }
        var found = [SplitSearch.Found](repeating: SplitSearch.Found(), count: 16)
        TernarySubBlock.with(16) { part in
            for index in 0..<16 {
                part.load(block, 16 * index, weigh)
                guard part.largest >= 1e-7, let split = SplitSearch.two(part) else { continue }
                found[index] = split
            }
        }
        store(found, block, weigh, into: bytes)
    }

    private static func store(
        _ found: [SplitSearch.Found], _ block: BlockWeights, _ weigh: (Int, Float) -> Float,
        into bytes: UnsafeMutablePointer<UInt8>
    ) {
        bytes.clear(0..<bytesPerBlock)
        for (index, split) in found.enumerated() {
            for group in 0..<2 {
                bytes[2 * index + group] = UInt8(truncatingIfNeeded: split.points[group])
                bytes[32 + index] |= UInt8(split.points[group] >> 8) << UInt8(4 * group)
            }
        }
        var scales = SIMD16<Float>.zero
        for index in 0..<16 { scales[index] = found[index].scale }
        guard scales.max() > 0 else { return }
        let codes = GridEncoder.codes(scales, unit: scales.max() / 15, largest: 7)
        for (index, split) in found.enumerated() {
            bytes[32 + index] |= (split.shifts >> 1) << 3 | split.shifts << 7
        }
        let unit = self.unit(found, codes, block, weigh) ?? scales.max() / 15
        let half = Float16(unit * 1.1125).bitPattern
        for word in 0..<4 {
            var packed = (half >> UInt16(4 * word) & 15) << 12
            for index in 0..<4 { packed |= UInt16(codes[4 * word + index]) << UInt16(3 * index) }
            bytes.store(packed, 48 + 2 * word)
        }
    }

    /// The scale of scales by weighted least squares over all weights, nil where there is none.
    private static func unit(
        _ found: [SplitSearch.Found], _ codes: SIMD16<UInt8>, _ block: BlockWeights, _ weigh: (Int, Float) -> Float
    ) -> Float? {
        let grid = Grid.ternary2048
        var (products, squares): (Float, Float) = (0, 0)
        for index in 0..<256 {
            let split = found[index / 16]
            let (part, group) = (index / 16, index / 8 % 2)
            let digit = grid.digit(grid.codes[Int(split.points[group])], index % 8)
            let level = Float(digit) - 1 + TernarySubBlock.shift(negative: split.shifts >> UInt8(1 - group) & 1 == 1)
            let value = level * Float(2 * codes[part] + 1)
            let weight = weigh(index, block[index])
            products += weight * value * block[index]
            squares += weight * value * value
        }
        return squares > 0 ? products / squares : nil
    }
}
