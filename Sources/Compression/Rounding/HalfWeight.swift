import Kernels

#if arch(x86_64)
    import _Builtin_intrinsics.intel

    /// A weight in the 16-bit type that it is stored in, and its rounding to nearest straight from there.
    ///
    /// Groups are numbered through all rows, which lie one behind the other.
    ///
    /// `@unchecked Sendable` because the bytes are only read, and the weight keeps them alive.
    struct HalfWeight: @unchecked Sendable {
        private let weight: DenseMatrix
        private let type: FloatType
        private let source: UnsafeRawPointer
        private let groupLength: Int
        private let owners: [PackQuantizedWeight]
        private let targets: [(groups: GroupTarget, packer: CodePacker)]

        /// Nil where the weight is not stored row after row in 16 bits, or targets have groups that are not alike, or not of
        /// whole vectors, or scales of more than 16 bits.
        init?(_ weight: any WeightMatrix, _ targets: [PackQuantizedWeight]) {
            guard let weight = weight as? DenseMatrix, let source = weight.halves,
                let length = targets.first?.geometry.groupLength, length > 0, length.isMultiple(of: CodePacker.step),
                targets.allSatisfy({ $0.geometry.groupLength == length && $0.scaleType != .float32 })
            else { return nil }
            (self.weight, type, self.source, groupLength, owners) = (weight, weight.type, source, length, targets)
            self.targets = targets.map {
                ($0.groups, CodePacker(bits: $0.geometry.bits, groupLength: length, type: weight.type))
            }
        }

        /// Rounds all groups of some rows into all targets.
        ///
        /// The extremes of a block of groups are found when its values come into the cache, its codes are made while they are
        /// there: memory is read once.
        func round(rows: Range<Int>, of layer: String) throws(CompressionError) {
            let perRow = weight.columns / groupLength
            let groups = rows.lowerBound * perRow..<rows.upperBound * perRow
            var block = GroupBlock(type)
            let blockLength = GroupBlock.groups(length: groupLength)
            for first in stride(from: groups.lowerBound, to: groups.upperBound, by: blockLength) {
                let range = first..<min(first + blockLength, groups.upperBound)
                guard block.find(values(first), length: groupLength, count: range.count) else {
                    throw notFinite(range, of: layer)
                }
                for (target, packer) in targets {
                    guard block.makeGrids(range.count, target.geometry, target.scaleType) else {
                        throw outOfRange(range, block, target, of: layer)
                    }
                    target.store(scales: block.scales, zeros: block.zeros, groups: range)
                    let codes = target.codes(group: first)
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

        private func notFinite(_ groups: Range<Int>, of layer: String) -> CompressionError {
            var decoded = [Float](repeating: 0, count: groups.count * groupLength)
            weight.type.decode(values(groups.lowerBound), count: decoded.count, into: &decoded)
            let index = groups.lowerBound * groupLength + (decoded.firstIndex { !$0.isFinite } ?? 0)
            return .notFinite(tensor: layer, row: index / weight.columns, column: index % weight.columns)
        }

        private func outOfRange(
            _ groups: Range<Int>, _ block: borrowing GroupBlock, _ target: GroupTarget, of layer: String
        ) -> CompressionError {
            var group = groups.lowerBound
            for index in 0..<groups.count {
                let extremes = block.values(index / 8 * 8)
                let grid = UniformGrid(
                    low: extremes.low[index % 8], high: extremes.high[index % 8], bits: target.geometry.bits,
                    symmetric: target.geometry.symmetric, scaleType: target.scaleType)
                guard grid == nil else { continue }
                group += index
                break
            }
            let row = group * groupLength / weight.columns
            return .scaleOutOfRange(tensor: layer, row: row, scaleType: target.scaleType.rawValue)
        }
    }
#else
    /// Elsewhere weights are decoded before they are rounded.
    enum HalfWeight: Sendable {
        init?(_ weight: any WeightMatrix, _ targets: [PackQuantizedWeight]) { return nil }
        func round(rows: Range<Int>, of layer: String) throws(CompressionError) {}
    }
#endif
