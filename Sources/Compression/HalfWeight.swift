import Kernels

#if arch(x86_64)
    import _Builtin_intrinsics.intel

    /// A weight in the 16-bit type that it is stored in, and its rounding to nearest straight from there.
    ///
    /// Groups are numbered through all rows, which lie one behind the other.
    ///
    /// `@unchecked Sendable` because the bytes are only read, and the weight keeps them alive.
    struct HalfWeight: @unchecked Sendable {
        /// Groups whose grids are found together.
        private static let block = 8

        private let weight: DenseMatrix
        private let source: UnsafeRawPointer
        private let groupLength: Int
        private let targets: [PackQuantizedWeight]

        /// Nil where the weight is not stored row after row in 16 bits, or targets have groups that are not alike, or not of
        /// whole vectors, or scales of more than 16 bits.
        init?(_ weight: any WeightMatrix, _ targets: [PackQuantizedWeight]) {
            guard let weight = weight as? DenseMatrix, let source = weight.halves,
                let length = targets.first?.geometry.groupLength, length > 0, length.isMultiple(of: CodePacker.step),
                targets.allSatisfy({ $0.geometry.groupLength == length && $0.scaleType != .float32 })
            else { return nil }
            (self.weight, self.source, groupLength, self.targets) = (weight, source, length, targets)
        }

        /// Rounds all groups of some rows into all targets.
        ///
        /// While the codes of one block of groups are made, the extremes of the next are found: so memory is read once, and
        /// arithmetic goes on meanwhile.
        func round(rows: Range<Int>, of layer: String) throws(CompressionError) {
            let perRow = weight.columns / groupLength
            let groups = rows.lowerBound * perRow..<rows.upperBound * perRow
            let packers = targets.map {
                CodePacker(bits: $0.geometry.bits, groupLength: groupLength, type: weight.type)
            }
            let next = GroupExtremeBits()
            next.find(values(groups.lowerBound), groupLength, groups: 0..<min(Self.block, groups.count))
            for first in stride(from: groups.lowerBound, to: groups.upperBound, by: Self.block) {
                let block = first..<min(first + Self.block, groups.upperBound)
                guard let extremes = next.values(weight.type) else { throw notFinite(block, of: layer) }
                var tasks: [(packer: CodePacker, grids: GroupGrids, codes: UnsafeMutableRawPointer)] = []
                for (target, packer) in zip(targets, packers) {
                    guard let grids = GroupGrids(extremes, target.geometry, target.scaleType) else {
                        throw outOfRange(block, extremes, target, of: layer)
                    }
                    target.store(scales: grids.scales, zeros: grids.zeros, groups: block)
                    tasks.append((packer, grids, target.codes(group: first)))
                }
                let following = min(Self.block, groups.upperBound - block.upperBound)
                // The last group's stores would spill into another worker's.
                for group in 0..<(following > 0 ? block.count : block.count - 1) {
                    for task in tasks {
                        task.packer.pack(values(first), task.grids, groups: group..<group + 1, into: task.codes)
                    }
                    if group < following {
                        next.find(values(block.upperBound), groupLength, groups: group..<group + 1)
                    }
                }
                if following == 0 {
                    for task in tasks { packLast(block, task.grids, task.packer, into: task.codes) }
                }
            }
        }

        private func values(_ group: Int) -> UnsafeRawPointer { source + 2 * group * groupLength }

        /// Makes the codes of a block's last group beside where they belong.
        private func packLast(
            _ block: Range<Int>, _ grids: GroupGrids, _ packer: CodePacker, into codes: UnsafeMutableRawPointer
        ) {
            let (last, size) = (block.count - 1, packer.groupByteCount)
            withUnsafeTemporaryAllocation(byteCount: size + 16, alignment: 8) { memory in
                // Sound because the memory has bytes.
                let beside = memory.baseAddress.unsafelyUnwrapped
                packer.pack(
                    values(block.lowerBound), grids, groups: last..<last + 1, into: beside - last * size)
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
            _ groups: Range<Int>, _ extremes: EightExtremes, _ target: PackQuantizedWeight, of layer: String
        ) -> CompressionError {
            let group = groups.first {
                UniformGrid(
                    low: extremes.low[$0 - groups.lowerBound], high: extremes.high[$0 - groups.lowerBound],
                    bits: target.geometry.bits, symmetric: target.geometry.symmetric, scaleType: target.scaleType)
                    == nil
            }
            let row = (group ?? groups.lowerBound) * groupLength / weight.columns
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
