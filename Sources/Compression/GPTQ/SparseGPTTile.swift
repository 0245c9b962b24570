import Kernels

/// What SparseGPT adds to GPTQ's way through some rows: which weights of a block stay.
extension GPTQTile {
    /// Lets the `keep` columns of highest score of a run of them stay, by the weights as they are now; of equal scores
    /// those further on.
    func choose(
        _ keep: Int, of length: Int, from first: Int, _ current: Span<Lanes>, _ block: Range<Int>, vector: Int
    ) {
        for column in first..<first + length {
            let own = score(current[column - block.lowerBound], column).patterns
            var below = SIMD8<Int32>.zero
            for other in first..<first + length where other != column {
                let score = score(current[other - block.lowerBound], other).patterns
                let isBelow = other < column ? score .<= own : score .< own
                below.replace(with: below &+ 1, where: isBelow)
            }
            let stays = below .>= SIMD8(repeating: Int32(length - keep))
            var bits: UInt8 = 0
            for lane in 0..<8 where stays[lane] { bits |= 1 << UInt8(lane) }
            kept.withRow(vector) { $0[column] = bits }
        }
    }

    /// The lanes whose bit is set, 0 in the others.
    @inline(__always)
    func masked(_ value: Lanes, _ bits: UInt8) -> Lanes {
        let ones = SIMD8<Int32>(repeating: Int32(bits)) & SIMD8(1, 2, 4, 8, 16, 32, 64, 128)
        return value.replacing(with: Lanes.zero, where: ones .== SIMD8<Int32>.zero)
    }

    /// Writes the scores of this tile's part of a block, as it is before its first column is taken.
    func score(_ block: Range<Int>, into scores: BlockScores) {
        for lane in 0..<rowCount {
            values.readRow(lane / 8) { values in
                scores.bits.withRow(firstRow + lane) { bits in
                    for (index, position) in block.enumerated() {
                        bits[index] = score(values[position], position)[lane % 8].orderedBits
                    }
                }
            }
        }
    }

    /// Takes over which of a block's weights stay.
    func takeMask(_ block: Range<Int>, from scores: BlockScores) {
        for vector in 0..<Self.vectors { kept.withRow(vector, columns: block) { $0.update(repeating: 0) } }
        for lane in 0..<rowCount {
            scores.kept.readRow(firstRow + lane) { flags in
                kept.withRow(lane / 8, columns: block) { bits in
                    for index in 0..<bits.count { bits[index] |= flags[index] << UInt8(lane % 8) }
                }
            }
        }
    }

    /// w²/U²ⱼⱼ: what setting weights of a column to zero costs.
    @inline(__always)
    private func score(_ value: Lanes, _ column: Int) -> Lanes {
        let diagonal = factor.upper.readRow(column) { $0[column] }
        return value * value / (diagonal * diagonal)
    }

    /// Hands over masks, and values or codes with their grids; columns must be in their own order.
    func store(into draft: MaskedDraft) {
        for lane in 0..<rowCount {
            let row = firstRow + lane
            kept.readRow(lane / 8) { bits in
                draft.kept.withRow(row) { flags in
                    for column in 0..<flags.count { flags[column] = bits[column] >> UInt8(lane % 8) & 1 }
                }
            }
            guard work.rounds else {
                values.readRow(lane / 8) { values in
                    draft.values.withRow(row) { target in
                        for column in 0..<target.count { target[column] = values[column][lane % 8] }
                    }
                }
                continue
            }
            codes.readRow(lane) { codes in draft.codes.withRow(row) { $0.copy(codes) } }
            scales.readRow(lane) { scales in draft.scales.withRow(row) { $0.copy(scales) } }
            zeros.readRow(lane) { zeros in draft.zeros.withRow(row) { $0.copy(zeros) } }
        }
    }
}

extension GPTQTile.Work {
    /// What a spec makes of a layer's columns in their own order.
    init(_ layer: LinearLayer, _ spec: Spec, _ factor: InverseFactor, order: [Int]) throws(CompressionError) {
        let rounds = spec.format != .stored
        self.init(
            geometry: try PackQuantizedGeometry(layer, spec), scaleType: spec.scaleType(checkpoint: layer.scaleType),
            factor: factor, order: order, sparsity: spec.options.sparsity, rounds: rounds)
    }
}
