package import Kernels

/// Points put together with their neighbours, so that few of many centres come into question for each.
///
/// Points are taken 2¹⁶ at a time; those are split at the median of their widest coordinate until 64 or fewer are left: a
/// leaf. For each leaf `NearestCentre.candidates` leaves out all centres that cannot be nearest to any of its points, most
/// of them where points have few coordinates; the others are compared one by one. What is found is what comparing all
/// would find, to the bit.
package struct PointLeaves: Sendable {
    private let length: Int
    private let count: Int
    private let parts: [Part]

    private static let pointsPerPart = 1 << 16
    private static let pointsPerLeaf = 64

    /// Takes points one after the other, of so many coordinates each.
    package init(_ points: RowTable<Float>, length: Int) {
        let count = points.rows * points.columns / length
        (self.length, self.count) = (length, count)
        parts = Parallel.map((count + Self.pointsPerPart - 1) / Self.pointsPerPart) { task in
            let own = task * Self.pointsPerPart..<min(count, (task + 1) * Self.pointsPerPart)
            return points.readAll {
                Part($0.extracting(own.lowerBound * length..<own.upperBound * length), first: own.lowerBound, length)
            }
        }
    }

    /// For each point the nearest centre.
    package func nearest(_ centres: NearestCentre) -> RowTable<UInt8> {
        precondition(centres.length == length && centres.count <= 256, "a code is a byte")
        let codes = RowTable(rows: 1, columns: count, repeating: UInt8(0))
        Parallel.forEach(parts.count) { index in
            let part = parts[index]
            codes.withRow(0, columns: part.first..<part.first + part.count) { part.find(centres, into: &$0) }
        }
        return codes
    }

    /// Some consecutive points.
    private struct Part: Sendable {
        let first: Int
        let count: Int
        private let length: Int
        private var leaves: [Leaf] = []
        /// Eight points of a leaf after the other, coordinate by coordinate; a leaf's last point fills its last eight.
        private var coordinates: [SIMD8<Float>] = []
        /// Where those points stand in the part.
        private var places: [SIMD8<UInt16>] = []
        /// For each leaf the middle of each coordinate, then half the width.
        private var boxes: [Float] = []

        private struct Leaf: Sendable {
            let blocks: Range<Int>
            /// The greatest length that a point in its box can have.
            let reach: Float
        }

        init(_ points: Span<Float>, first: Int, _ length: Int) {
            (self.first, self.length, count) = (first, length, points.count / length)
            var order = (0..<count).map { UInt16(truncatingIfNeeded: $0) }
            var waiting = [0..<count]
            while let range = waiting.popLast() {
                let box = Self.box(points, order, range, length)
                let widest = box.indices.max { box[$0].high - box[$0].low < box[$1].high - box[$1].low } ?? 0
                guard range.count > PointLeaves.pointsPerLeaf, box[widest].high > box[widest].low else {
                    append(points, order[range], box)
                    continue
                }
                let middle = (range.lowerBound + range.upperBound) / 2
                Self.split(&order, range, at: middle) { points[Int($0) * length + widest] }
                waiting += [middle..<range.upperBound, range.lowerBound..<middle]
            }
        }

        private static func box(
            _ points: Span<Float>, _ order: [UInt16], _ range: Range<Int>, _ length: Int
        ) -> [(low: Float, high: Float)] {
            var box = [(low: Float, high: Float)](repeating: (.infinity, -.infinity), count: length)
            for place in order[range] {
                for index in 0..<length {
                    let value = points[Int(place) * length + index]
                    box[index] = (Swift.min(box[index].low, value), Swift.max(box[index].high, value))
                }
            }
            return box
        }

        /// Puts the smaller keys of a range in front of a place, the larger ones behind (Hoare's selection).
        private static func split(
            _ order: inout [UInt16], _ range: Range<Int>, at place: Int, _ key: (UInt16) -> Float
        ) {
            var (low, high) = (range.lowerBound, range.upperBound - 1)
            while low < high {
                let pivot = key(order[(low + high) / 2])
                var (left, right) = (low, high)
                while left <= right {
                    while key(order[left]) < pivot { left += 1 }
                    while key(order[right]) > pivot { right -= 1 }
                    guard left <= right else { break }
                    order.swapAt(left, right)
                    (left, right) = (left + 1, right - 1)
                }
                if place <= right { high = right } else if place >= left { low = left } else { return }
            }
        }

        private mutating func append(
            _ points: Span<Float>, _ members: ArraySlice<UInt16>, _ box: [(low: Float, high: Float)]
        ) {
            guard let last = members.last else { return }
            let before = places.count
            for start in stride(from: members.startIndex, to: members.endIndex, by: 8) {
                var eight = SIMD8<UInt16>(repeating: last)
                for lane in 0..<Swift.min(8, members.endIndex - start) { eight[lane] = members[start + lane] }
                places.append(eight)
                for index in 0..<length {
                    var values = SIMD8<Float>.zero
                    for lane in 0..<8 { values[lane] = points[Int(eight[lane]) * length + index] }
                    coordinates.append(values)
                }
            }
            boxes += box.map { ($0.low + $0.high) / 2 } + box.map { ($0.high - $0.low) / 2 }
            let square = box.reduce(Float(0)) { sum, side in
                let largest = Swift.max(-side.low, side.high)
                return sum + largest * largest
            }
            leaves.append(Leaf(blocks: before..<places.count, reach: square.squareRoot()))
        }

        /// Writes the nearest centre of each of the points.
        func find(_ centres: NearestCentre, into codes: inout MutableSpan<UInt8>) {
            // One copy of the loop for each usual length, in which the coordinates stay in registers.
            switch length {
            case 2: find(centres, length: 2, into: &codes)
            case 4: find(centres, length: 4, into: &codes)
            case 8: find(centres, length: 8, into: &codes)
            default: find(centres, length: length, into: &codes)
            }
        }

        @inline(__always)
        private func find(_ centres: NearestCentre, length: Int, into codes: inout MutableSpan<UInt8>) {
            let reach = centres.largestSquare.squareRoot()
            var (candidates, table) = ([Int32](), [Float]())
            for (index, leaf) in leaves.enumerated() {
                let box = boxes.span.extracting(2 * index * length..<2 * (index + 1) * length)
                // Each value is a sum of 1 + length terms, no larger together than this, and each difference four times
                // as many: 2⁻²⁴ of each is what a rounding may take or add.
                let size = centres.largestSquare + reach * leaf.reach
                let slack = Float(32 * (length + 2)) * 0x1p-24 * size
                centres.candidates(
                    box.extracting(0..<length), box.extracting(length..<2 * length), slack: slack, into: &candidates)
                table.removeAll(keepingCapacity: true)
                for centre in candidates {
                    for number in 0...length { table.append(centres.number(number, of: Int(centre))) }
                }
                for block in leaf.blocks {
                    let nearest = nearest(block, candidates.span, table.span, length: length)
                    for lane in 0..<8 { codes[Int(places[block][lane])] = UInt8(truncatingIfNeeded: nearest[lane]) }
                }
            }
        }

        @inline(__always)
        private func nearest(
            _ block: Int, _ candidates: Span<Int32>, _ table: Span<Float>, length: Int
        ) -> SIMD8<Int32> {
            let points = coordinates.span.extracting(block * length..<(block + 1) * length)
            var (best, nearest) = (SIMD8<Float>(repeating: -.greatestFiniteMagnitude), SIMD8<Int32>.zero)
            for candidate in candidates.indices {
                let own = candidate * (length + 1)
                var value = SIMD8(repeating: table[own])
                for index in 0..<length { value += SIMD8(repeating: table[own + 1 + index]) * points[index] }
                let better = best.isBelow(value)
                best = best.choosing(value, where: better)
                nearest = nearest.choosing(SIMD8(repeating: candidates[candidate]), where: better)
            }
            return nearest
        }
    }
}
