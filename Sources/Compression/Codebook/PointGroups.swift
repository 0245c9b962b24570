import Kernels

/// Points eight at a time, each eight at one centre.
package struct PointGroups: Sendable {
    /// Coordinate by coordinate.
    private(set) var coordinates: [SIMD8<Float>] = []
    /// Which points they are; where there are not eight, the last one several times.
    private(set) var places: [SIMD8<UInt16>] = []
    /// Where the groups of each centre begin, and where all end.
    private(set) var starts = [0]

    mutating func append(_ members: Span<UInt16>, of points: Span<Float>, _ length: Int) {
        for first in stride(from: 0, to: members.count, by: 8) {
            var place = SIMD8<UInt16>(repeating: members[members.count - 1])
            for lane in 0..<min(8, members.count - first) { place[lane] = members[first + lane] }
            places.append(place)
            for index in 0..<length {
                var values = SIMD8<Float>.zero
                for lane in 0..<8 { values[lane] = points[Int(place[lane]) * length + index] }
                coordinates.append(values)
            }
        }
        starts.append(places.count)
    }
}

extension NearestCentres {
    /// At most 2¹⁶ points in groups, each at the centre that was nearest to them, those of about one distance together.
    package func groups(_ points: Span<Float>, _ codes: Span<UInt8>, _ distances: Span<Float>) -> PointGroups {
        precondition(codes.count <= 1 << 16 && points.count == codes.count * length)
        // Quarters of an octave, relative to the nearest other centre.
        let origins = (0..<count).map { centre in
            count < 2 ? 0 : squares.readRow(centre) { Self.quarters($0[0]) } - 12
        }
        var (keys, starts) = ([UInt16](repeating: 0, count: codes.count), [Int](repeating: 0, count: 16 * count + 1))
        for point in codes.indices {
            let code = Int(codes[point])
            let key = 16 * code + max(0, min(15, Self.quarters(distances[point]) - origins[code]))
            keys[point] = UInt16(truncatingIfNeeded: key)
            starts[key + 1] += 1
        }
        for key in 0..<16 * count { starts[key + 1] += starts[key] }
        var (order, next) = ([UInt16](repeating: 0, count: codes.count), starts)
        for point in codes.indices {
            let key = Int(keys[point])
            order[next[key]] = UInt16(truncatingIfNeeded: point)
            next[key] += 1
        }
        var groups = PointGroups()
        for centre in 0..<count {
            groups.append(order.span.extracting(starts[16 * centre]..<starts[16 * (centre + 1)]), of: points, length)
        }
        return groups
    }

    @inline(__always)
    private static func quarters(_ number: Float) -> Int { Int(number.bitPattern >> 21) }
}
