import Kernels

/// What SparseGPT adds to GPTQ's way through some rows: which weights of a block stay.
extension GPTQTile {
    /// Lets the `keep` columns of highest score of a run of them stay, by the weights as they are now; of equal scores
    /// those further on.
    func choose(_ keep: Int, of length: Int, from first: Int, _ block: Range<Int>, vector: Int) {
        let columns = geometry.columns
        for column in first..<first + length {
            let own = score(current[column - block.lowerBound], column)
            var below = SIMD8<Int32>.zero
            for other in first..<first + length where other != column {
                let score = score(current[other - block.lowerBound], other)
                let isBelow = other < column ? score .<= own : score .< own
                below.replace(with: below &+ 1, where: isBelow)
            }
            let stays = below .>= SIMD8(repeating: Int32(length - keep))
            var bits: UInt8 = 0
            for lane in 0..<8 where stays[lane] { bits |= 1 << UInt8(lane) }
            kept[vector * columns + column] = bits
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
        for vector in 0..<Self.vectors {
            for position in block {
                let score = score(values[vector * geometry.columns + position], position)
                for lane in 0..<8 where 8 * vector + lane < rowCount {
                    scores.bits[(firstRow + 8 * vector + lane) * block.count + position - block.lowerBound] =
                        score[lane].orderedBits
                }
            }
        }
    }

    /// Takes over which of a block's weights stay.
    func takeMask(_ block: Range<Int>, from scores: BlockScores) {
        for vector in 0..<Self.vectors {
            for position in block {
                var bits: UInt8 = 0
                for lane in 0..<8 where 8 * vector + lane < rowCount {
                    let index = (firstRow + 8 * vector + lane) * block.count + position - block.lowerBound
                    bits |= scores.kept[index] << UInt8(lane)
                }
                kept[vector * geometry.columns + position] = bits
            }
        }
    }

    /// w²/U²ⱼⱼ: what setting weights of a column to zero costs.
    @inline(__always)
    private func score(_ value: Lanes, _ column: Int) -> Lanes {
        let diagonal = factor.upper.base[column * factor.columns + column]
        return value * value / (diagonal * diagonal)
    }

    /// Hands over masks, and values or codes with their grids; columns must be in their own order.
    func store(into draft: MaskedDraft) {
        let (columns, groups) = (geometry.columns, geometry.groups)
        for lane in 0..<rowCount {
            let (row, vector) = (firstRow + lane, lane / 8)
            for column in 0..<columns {
                draft.kept[row * columns + column] = kept[vector * columns + column] >> UInt8(lane % 8) & 1
                if !work.rounds { draft.values[row * columns + column] = values[vector * columns + column][lane % 8] }
            }
            guard work.rounds else { continue }
            (draft.codes + row * columns).update(from: codes + lane * columns, count: columns)
            (draft.scales + row * groups).update(from: scales + lane * groups, count: groups)
            (draft.zeros + row * groups).update(from: zeros + lane * groups, count: groups)
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
