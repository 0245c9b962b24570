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
            let found = GroupExtremeBits()
            for first in stride(from: groups.lowerBound, to: groups.upperBound, by: Self.block) {
                let block = first..<min(first + Self.block, groups.upperBound)
                found.find(values(first), groupLength, groups: 0..<block.count)
                guard let extremes = found.values(type) else { throw notFinite(block, of: layer) }
                for (target, packer) in targets {
                    guard let grids = GroupGrids(extremes, target.geometry, target.scaleType) else {
                        throw outOfRange(block, extremes, target, of: layer)
                    }
                    target.store(scales: grids.scales, zeros: grids.zeros, groups: block)
                    let codes = target.codes(group: first)
                    if block.upperBound < groups.upperBound {
                        packer.pack(values(first), grids, groups: 0..<block.count, into: codes)
                    } else {
                        // The last group's stores would spill into another worker's.
                        packer.pack(values(first), grids, groups: 0..<block.count - 1, into: codes)
                        packLast(block, grids, packer, into: codes)
                    }
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
            _ groups: Range<Int>, _ extremes: EightExtremes, _ target: GroupTarget, of layer: String
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
