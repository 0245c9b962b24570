/// Why a weight could not be rounded.
package enum RoundingFault: Error, Equatable {
    /// A value is NaN or infinite.
    case notFinite(row: Int, column: Int)
    /// A scale is too large for its type.
    case scaleOutOfRange(row: Int, ScaleType)
}

#if arch(x86_64)
    import _Builtin_intrinsics.intel

    /// A weight in the 16-bit type that it is stored in, and its rounding to nearest straight from there.
    ///
    /// Groups are numbered through all rows, which lie one behind the other.
    ///
    /// `@unchecked Sendable` because the bytes are only read, and the weight keeps them alive.
    package struct HalfRounding: @unchecked Sendable {
        private let weight: DenseMatrix
        private let type: FloatType
        private let source: UnsafeRawPointer
        private let groupLength: Int
        private let targets: [(groups: GroupTarget, packer: CodePacker)]

        /// Nil where the weight is not stored row after row in 16 bits, or targets have groups that are not alike, or not of
        /// whole vectors, or scales of more than 16 bits.
        package init?(_ weight: any WeightMatrix, _ targets: [GroupTarget]) {
            guard let weight = weight as? DenseMatrix, let source = weight.halves,
                let length = targets.first?.groupLength, length > 0, length.isMultiple(of: CodePacker.step),
                targets.allSatisfy({ $0.groupLength == length && $0.form.scaleType != .float32 })
            else { return nil }
            (self.weight, type, self.source, groupLength) = (weight, weight.type, source, length)
            self.targets = targets.map {
                ($0, CodePacker(bits: $0.form.bits, groupLength: length, type: weight.type))
            }
        }

        /// Rounds all groups of some rows into all targets.
        ///
        /// The extremes of a block of groups are found when its values come into the cache, its codes are made while they are
        /// there: memory is read once.
        package func round(rows: Range<Int>) throws(RoundingFault) {
            precondition(rows.lowerBound >= 0 && rows.upperBound <= weight.rows, "rows are those of the weight")
            let perRow = weight.columns / groupLength
            let groups = rows.lowerBound * perRow..<rows.upperBound * perRow
            var block = GroupBlock(type)
            let blockLength = GroupBlock.groups(length: groupLength)
            for first in stride(from: groups.lowerBound, to: groups.upperBound, by: blockLength) {
                let range = first..<min(first + blockLength, groups.upperBound)
                guard block.find(values(first), length: groupLength, count: range.count) else {
                    throw notFinite(range)
                }
                for (target, packer) in targets {
                    guard block.makeGrids(range.count, target.form) else { throw outOfRange(range, block, target.form) }
                    target.store(scales: block.scales, zeros: block.zeros, groups: range)
                    let codes = target.codes(range)
                    if range.upperBound < groups.upperBound {
                        packer.pack(values(first), block, groups: 0..<range.count, into: codes)
                    } else {
                        // The last group's stores would spill into another worker's.
                        packer.pack(values(first), block, groups: 0..<range.count - 1, into: codes)
                        packLast(range, block, packer, into: codes)
                    }
                }
            }
        }

        private func values(_ group: Int) -> UnsafeRawPointer { source + 2 * group * groupLength }

        /// Makes the codes of a block's last group beside where they belong.
        private func packLast(
            _ groups: Range<Int>, _ block: borrowing GroupBlock, _ packer: CodePacker,
            into codes: UnsafeMutableRawPointer
        ) {
            let (last, size) = (groups.count - 1, packer.groupByteCount)
            withUnsafeTemporaryAllocation(byteCount: size + 16, alignment: 8) { memory in
                // Sound because the memory has bytes.
                let beside = memory.baseAddress.unsafelyUnwrapped
                packer.pack(
                    values(groups.lowerBound), block, groups: last..<last + 1, into: beside - last * size)
                (codes + last * size).copyMemory(from: beside, byteCount: size)
            }
        }

        private func notFinite(_ groups: Range<Int>) -> RoundingFault {
            var decoded = [Float](repeating: 0, count: groups.count * groupLength)
            weight.type.decode(values(groups.lowerBound), count: decoded.count, into: &decoded)
            let index = groups.lowerBound * groupLength + (decoded.firstIndex { !$0.isFinite } ?? 0)
            return .notFinite(row: index / weight.columns, column: index % weight.columns)
        }

        private func outOfRange(_ groups: Range<Int>, _ block: borrowing GroupBlock, _ form: GridForm) -> RoundingFault
        {
            var group = groups.lowerBound
            for index in 0..<groups.count {
                let extremes = block.values(index / 8 * 8)
                guard UniformGrid(low: extremes.low[index % 8], high: extremes.high[index % 8], form) == nil else {
                    continue
                }
                group += index
                break
            }
            return .scaleOutOfRange(row: group * groupLength / weight.columns, form.scaleType)
        }
    }
#else
    /// Elsewhere weights are decoded before they are rounded.
    package enum HalfRounding: Sendable {
        package init?(_ weight: any WeightMatrix, _ targets: [GroupTarget]) { return nil }
        package func round(rows: Range<Int>) throws(RoundingFault) {}
    }
#endif
