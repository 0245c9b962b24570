import Kernels

/// Finds the nearest of some centres, that with the greatest x·c − ½‖c‖², eight at a time; of equally near ones the first.
///
/// All products are rounded before they are added, coordinate after coordinate, here and in `PointLeaves`: whoever looks
/// finds the same centre.
package struct NearestCentre: Sendable {
    let count: Int
    let length: Int
    /// The greatest ‖c‖².
    let largestSquare: Float
    private let blocks: Int
    /// For each eight centres: −½‖c‖², then their coordinates, lane by lane.
    private let lanes: [SIMD8<Float>]

    /// Takes centres one after the other.
    package init(_ centres: [Float], length: Int) {
        count = centres.count / length
        self.length = length
        blocks = (count + 7) / 8
        var (lanes, largest): ([SIMD8<Float>], Float) = ([], 0)
        for block in 0..<blocks {
            var (norms, coordinates) = (
                SIMD8<Float>(repeating: -.infinity), [SIMD8<Float>](repeating: .zero, count: length)
            )
            for lane in 0..<min(8, count - block * 8) {
                let centre = (block * 8 + lane) * length
                norms[lane] = centres[centre..<centre + length].reduce(0) { $0 - $1 * $1 } / 2
                largest = max(largest, -2 * norms[lane])
                for index in 0..<length { coordinates[index][lane] = centres[centre + index] }
            }
            lanes.append(norms)
            lanes += coordinates
        }
        (self.lanes, largestSquare) = (lanes, largest)
    }

    /// −½‖c‖² for index 0, then the coordinates.
    @inline(__always)
    func number(_ index: Int, of centre: Int) -> Float {
        lanes[centre / 8 * (length + 1) + index][centre % 8]
    }

    /// The centre nearest to a point.
    func find(_ vector: Span<Float>) -> Int {
        precondition(vector.count == length, "a point has as many coordinates as centres")
        let lanes = lanes.span
        var (best, index) = (SIMD8<Float>(repeating: -.greatestFiniteMagnitude), SIMD8<Int32>.zero)
        for block in 0..<blocks {
            let own = block * (length + 1)
            var value = lanes[own]
            for coordinate in 0..<length {
                value += lanes[own + 1 + coordinate] * SIMD8(repeating: vector[coordinate])
            }
            let better = best.isBelow(value)
            best = best.choosing(value, where: better)
            index = index.choosing(SIMD8(repeating: Int32(truncatingIfNeeded: block)), where: better)
        }
        var chosen = 0
        for lane in 1..<8 {
            let isEarlier = index[lane] < index[chosen]
            if best[lane] > best[chosen] || (best[lane] == best[chosen] && isEarlier) { chosen = lane }
        }
        return Int(index[chosen]) * 8 + chosen
    }

    /// The squared distance of a point from a centre, as ‖x‖² − 2(x·c − ½‖c‖²).
    @inline(__always)
    func distance(_ vector: Span<Float>, from centre: Int) -> Float {
        var (value, norm) = (number(0, of: centre), Float(0))
        for index in vector.indices {
            value += number(index + 1, of: centre) * vector[index]
            norm += vector[index] * vector[index]
        }
        return max(0, norm - 2 * value)
    }

    /// The centres that may be nearest to some point of a box, in order; whatever is nearest to one is among them.
    ///
    /// What a centre's value has over that of the centre nearest to the middle is linear in the point, so it is greatest in
    /// a corner. `slack` is what rounding may change of it.
    func candidates(_ middle: Span<Float>, _ half: Span<Float>, slack: Float, into found: inout [Int32]) {
        found.removeAll(keepingCapacity: true)
        let rival = find(middle)
        let lanes = lanes.span
        for block in 0..<blocks {
            let own = block * (length + 1)
            var value = lanes[own] - SIMD8(repeating: number(0, of: rival))
            for index in 0..<length {
                let difference = lanes[own + 1 + index] - SIMD8(repeating: number(index + 1, of: rival))
                value += difference * SIMD8(repeating: middle[index])
                value += difference.magnitudes * SIMD8(repeating: half[index])
            }
            guard value.max() >= -slack else { continue }
            for lane in 0..<min(8, count - 8 * block) where value[lane] >= -slack {
                found.append(Int32(truncatingIfNeeded: 8 * block + lane))
            }
        }
    }
}

extension SIMD8<Float> {
    @inline(__always)
    fileprivate var magnitudes: SIMD8<Float> {
        // Sound because both are eight times four bytes, and any bits are a float.
        unsafeBitCast(patterns & 0x7fff_ffff, to: SIMD8<Float>.self)
    }
}
