import Kernels

/// Finds the nearest of some centres for points that are about as near to a centre as before, in iterations of k-means.
///
/// Points that had the same centre are looked at together, eight at a time. Whichever centre is nearer to a point than that
/// one is at most twice as far from it as the point is (Newling and Fleuret 2016), so the others are compared in the order of
/// their distances from it until those are too great. What is found is what comparing all would find, to the bit: that with
/// the greatest x·c − ½‖c‖², of equal ones the first; products are rounded before they are added, coordinate by coordinate.
package struct NearestCentres: Sendable {
    let count: Int
    let length: Int
    /// For each centre −½‖c‖², then its coordinates.
    private let numbers: [Float]
    /// The greatest ‖c‖².
    private let largestSquare: Float
    /// For each centre the others by their distances from it, and no more than the squares of those.
    private let others: RowTable<UInt8>
    let squares: RowTable<Float>

    /// Takes centres one after the other; the less they moved since `earlier`, the sooner.
    package init(_ centres: [Float], length: Int, earlier: NearestCentres? = nil) {
        let count = centres.count / length
        precondition(count >= 1 && count <= 256 && earlier.map { $0.count == count } ?? true, "a code is a byte")
        let others = RowTable(rows: count, columns: count - 1, repeating: UInt8(0))
        let squares = RowTable(rows: count, columns: count - 1, repeating: Float(0))
        (self.count, self.length, self.others, self.squares) = (count, length, others, squares)
        let norms = stride(from: 0, to: centres.count, by: length).map { first in
            centres[first..<first + length].reduce(Float(0)) { $0 - $1 * $1 } / 2
        }
        numbers = norms.indices.flatMap { [norms[$0]] + centres[$0 * length..<($0 + 1) * length] }
        largestSquare = -2 * (norms.min() ?? 0)
        let lanes = Self.lanes(centres, length)
        Parallel.forEach(count) { centre in
            let own = centres.span.extracting(centre * length..<(centre + 1) * length)
            let start =
                earlier?.others.readRow(centre) { row in row.indices.map { row[$0] } }
                ?? (0..<count).filter { $0 != centre }.map { UInt8(truncatingIfNeeded: $0) }
            others.withRow(centre) { others in
                for place in start.indices { others[place] = start[place] }
                squares.withRow(centre) { squares in
                    withScratch(lanes.count / length * 8, of: Float(0)) { found in
                        Self.measure(own, lanes.span, &found)
                        Self.sort(&others, &squares, found.span)
                    }
                }
            }
        }
    }

    /// Eight centres after the other, coordinate by coordinate.
    private static func lanes(_ centres: [Float], _ length: Int) -> [SIMD8<Float>] {
        let count = centres.count / length
        var lanes = [SIMD8<Float>](repeating: .zero, count: (count + 7) / 8 * length)
        for centre in 0..<count {
            for index in 0..<length {
                lanes[centre / 8 * length + index][centre % 8] = centres[centre * length + index]
            }
        }
        return lanes
    }

    /// The squared distances of all from one of them, no more than they are.
    private static func measure(_ own: Span<Float>, _ lanes: Span<SIMD8<Float>>, _ found: inout MutableSpan<Float>) {
        for block in 0..<found.count / 8 {
            var square = SIMD8<Float>.zero
            for index in own.indices {
                let difference = lanes[block * own.count + index] - SIMD8(repeating: own[index])
                square += difference * difference
            }
            // Rounded by less than this takes off.
            square *= SIMD8(repeating: 0.9999)
            for lane in 0..<8 { found[8 * block + lane] = square[lane] }
        }
    }

    /// Puts others in the order of their distances, most of them being in it.
    private static func sort(
        _ others: inout MutableSpan<UInt8>, _ squares: inout MutableSpan<Float>, _ found: Span<Float>
    ) {
        for next in others.indices {
            let other = others[next]
            let square = found[Int(other)]
            var place = next
            while place > 0, squares[place - 1] > square {
                squares[place] = squares[place - 1]
                others[place] = others[place - 1]
                place -= 1
            }
            (squares[place], others[place]) = (square, other)
        }
    }

    /// Writes the nearest centre of each point, which are looked for around the one that its group is at, and their squared
    /// distances from it.
    package func find(_ groups: PointGroups, _ codes: inout MutableSpan<UInt8>, _ distances: inout MutableSpan<Float>) {
        switch length {
        case 2: find(groups, TwoCoordinates(), &codes, &distances)
        case 4: find(groups, FourCoordinates(), &codes, &distances)
        case 8: find(groups, EightCoordinates(), &codes, &distances)
        default: find(groups, AnyCoordinates(value: length), &codes, &distances)
        }
    }

    private func find(
        _ groups: PointGroups, _ length: some CoordinateCount, _ codes: inout MutableSpan<UInt8>,
        _ distances: inout MutableSpan<Float>
    ) {
        let (coordinates, places) = (groups.coordinates.span, groups.places.span)
        for centre in 0..<count {
            others.readRow(centre) { others in
                squares.readRow(centre) { squares in
                    for group in groups.starts[centre]..<groups.starts[centre + 1] {
                        let x = coordinates.extracting(group * length.value..<(group + 1) * length.value)
                        let found = find(x, length, centre, others, squares)
                        let members = places[group]
                        for lane in 0..<8 {
                            codes[Int(members[lane])] = UInt8(truncatingIfNeeded: found.centres[lane])
                            distances[Int(members[lane])] = max(0, found.distances[lane])
                        }
                    }
                }
            }
        }
    }

    /// Finds those of eight points around one centre.
    @inline(__always)
    private func find(
        _ x: Span<SIMD8<Float>>, _ length: some CoordinateCount, _ centre: Int, _ others: Span<UInt8>,
        _ squares: Span<Float>
    ) -> (centres: SIMD8<Int32>, distances: SIMD8<Float>) {
        let numbers = numbers.span
        var (best, square) = (Self.values(numbers, centre, x, length), SIMD8<Float>.zero)
        for index in 0..<length.value { square += x[index] * x[index] }
        // Each value is a sum of 1 + length rounded terms, no larger together than the greatest ½‖c‖² and ‖x‖·‖c‖.
        let slack =
            SIMD8(repeating: Float(32 * (length.value + 2)) * 0x1p-24) * (square + SIMD8(repeating: largestSquare))
        let reaches = square - 2 * best + slack
        var reach: Float = 0
        for lane in 0..<8 { reach = max(reach, reaches[lane]) }
        let limit = 4.001 * reach
        var index = SIMD8<Int32>(repeating: Int32(truncatingIfNeeded: centre))
        // Negative as long as one of two values was the greater: of equal ones the first centre is to be found.
        var differ = SIMD8<Int32>(repeating: -1)
        for place in squares.indices {
            guard squares[place] <= limit else { break }
            let other = Int(others[place])
            let value = Self.values(numbers, other, x, length)
            // No value is −0, so that the sign of a difference says which is less.
            let (ahead, behind) = ((best - value).patterns, (value - best).patterns)
            differ &= ahead | behind
            let isGreater = ahead &>> 31
            best = best.choosing(value, where: isGreater)
            index = index.choosing(SIMD8(repeating: Int32(truncatingIfNeeded: other)), where: isGreater)
        }
        if differ &>> 31 != SIMD8(repeating: -1) { (best, index) = first(x, length) }
        return (index, square - 2 * best)
    }

    /// The greatest x·c − ½‖c‖² of eight points and the first centre that has it, by comparing all.
    private func first(_ x: Span<SIMD8<Float>>, _ length: some CoordinateCount) -> (SIMD8<Float>, SIMD8<Int32>) {
        var (best, index) = (SIMD8<Float>(repeating: -.greatestFiniteMagnitude), SIMD8<Int32>.zero)
        for centre in 0..<count {
            let value = Self.values(numbers.span, centre, x, length)
            let isGreater = best.isBelow(value)
            best = best.choosing(value, where: isGreater)
            index = index.choosing(SIMD8(repeating: Int32(truncatingIfNeeded: centre)), where: isGreater)
        }
        return (best, index)
    }

    /// x·c − ½‖c‖² of eight points.
    @inline(__always)
    private static func values(
        _ numbers: Span<Float>, _ centre: Int, _ x: Span<SIMD8<Float>>, _ length: some CoordinateCount
    ) -> SIMD8<Float> {
        let own = centre * (length.value + 1)
        var value = SIMD8(repeating: numbers[own])
        for index in 0..<length.value { value += SIMD8(repeating: numbers[own + 1 + index]) * x[index] }
        return value
    }
}
