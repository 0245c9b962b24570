/// For each code that is no point of a grid, the points nearest to it: those of the few smallest distances.
///
/// Encoders choose among them by weighted distance. They are kept in batches of eight points side by side, the last one filled up
/// with its last point.
///
/// `@unchecked Sendable` because the tables are written before the value is made and never after; a grid's neighbours are made
/// once and stay.
struct GridNeighbours: @unchecked Sendable {
    /// The codes of the grid's points by their numbers.
    let codes: UnsafePointer<UInt16>
    /// The number of a code's point, or −1 − its list where it is no point.
    private let numbers: UnsafePointer<Int16>
    /// The first batch of each list, and the end.
    private let firstBatch: UnsafePointer<Int32>
    /// The points' numbers, eight a batch.
    private let members: UnsafePointer<UInt16>
    /// Eight bytes for each dimension of each batch: 2 · digit + 1 of its eight points.
    private let digits: UnsafePointer<UInt64>

    /// - Parameters:
    ///   - grid: The points.
    ///   - distances: How many distinct distances from a code its neighbours have.
    init(_ grid: Grid, distances: Int) {
        var numbers = [Int16](repeating: -1, count: 1 << (grid.digitBits * grid.dimensions))
        for (number, code) in grid.codes.enumerated() { numbers[Int(code)] = Int16(number) }
        var (firstBatch, members): ([Int32], [UInt16]) = ([0], [])
        let distance = grid.distance
        for code in grid.allCodes where numbers[Int(code)] < 0 {
            numbers[Int(code)] = -Int16(firstBatch.count)
            Self.appendNeighbours(of: code, grid, distance, distances, &members)
            while members.count % 8 != 0, let last = members.last { members.append(last) }
            firstBatch.append(Int32(members.count / 8))
        }
        let digits = (0..<members.count / 8 * grid.dimensions).map { position in
            let (batch, index) = (position / grid.dimensions, position % grid.dimensions)
            return (0..<8).reduce(0 as UInt64) { word, lane in
                let digit = grid.digit(grid.codes[Int(members[batch * 8 + lane])], index)
                return word | UInt64(2 * digit + 1) << UInt64(8 * lane)
            }
        }
        codes = Self.kept(grid.codes)
        self.numbers = Self.kept(numbers)
        self.firstBatch = Self.kept(firstBatch)
        self.members = Self.kept(members)
        self.digits = Self.kept(digits)
    }

    /// A copy of a table that stays.
    private static func kept<Element: BitwiseCopyable>(_ table: [Element]) -> UnsafePointer<Element> {
        let memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: max(1, table.count))
        _ = memory.initialize(from: table)
        // Sound because an allocation of some elements has an address.
        return UnsafePointer(memory.baseAddress.unsafelyUnwrapped)
    }

    /// The points of the smallest distances, nearer ones first, then by their numbers.
    private static func appendNeighbours(
        of code: UInt16, _ grid: Grid, _ distance: (UInt16, UInt16) -> Int, _ distances: Int,
        _ members: inout [UInt16]
    ) {
        let all = grid.codes.map { distance($0, code) }
        var (least, seen) = (-1, 0)
        while seen < distances {
            var next = Int.max
            for distance in all where distance > least && distance < next { next = distance }
            guard next < .max else { return }
            for (number, distance) in all.enumerated() where distance == next { members.append(UInt16(number)) }
            (least, seen) = (next, seen + 1)
        }
    }
}

extension GridNeighbours {
    static let twoBit256 = GridNeighbours(.twoBit256, distances: 2)
    static let twoBit512 = GridNeighbours(.twoBit512, distances: 2)
    static let twoBit1024 = GridNeighbours(.twoBit1024, distances: 1)
    static let ternary2048 = GridNeighbours(.ternary2048, distances: 3)
    static let threeBit256 = GridNeighbours(.threeBit256, distances: 2)
    static let threeBit512 = GridNeighbours(.threeBit512, distances: 3)

    /// Whether a code is a point.
    @inline(__always)
    func isPoint(_ code: Int) -> Bool { numbers[code] >= 0 }

    /// The number of a code that is a point.
    @inline(__always)
    func number(_ code: Int) -> Int { Int(numbers[code]) }

    /// Of the neighbours of a code that is no point, the number of the one whose values times `scale` are nearest to `values`, the
    /// first of equals.
    ///
    /// Where no distance is a number below the largest float, which takes importance beyond reason, it is the first neighbour.
    ///
    /// `weights` say how much the square of each difference counts, and `value` what 2 · digit + 1 stands for.
    @inline(__always)
    func nearest(
        _ code: Int, dimensions: Int, _ values: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, scale: Float,
        _ value: (Lanes) -> Lanes
    ) -> Int {
        let list = -1 - Int(numbers[code])
        var batch = firstBatch[list]
        let end = firstBatch[list + 1]
        var (least, found) = (distances(batch, dimensions, values, weights, scale, value), SIMD8(repeating: batch))
        batch += 1
        while batch < end {
            let distance = distances(batch, dimensions, values, weights, scale, value)
            let nearer = distance .< least
            least.take(distance, nearer)
            found.replace(with: SIMD8(repeating: batch), where: nearer)
            batch += 1
        }
        return Int(members[Int((found &<< 3 | SIMD8(0, 1, 2, 3, 4, 5, 6, 7)).first(whereLeast: least))])
    }

    /// The weighted distances of a batch's eight points.
    @inline(__always)
    private func distances(
        _ batch: Int32, _ dimensions: Int, _ values: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
        _ scale: Float, _ value: (Lanes) -> Lanes
    ) -> Lanes {
        var distance = Lanes.zero
        for index in 0..<dimensions {
            let bytes = unsafeBitCast(digits[Int(batch) * dimensions + index], to: SIMD8<UInt8>.self)
            let words = SIMD8<UInt32>(truncatingIfNeeded: bytes) | 0x4b00_0000
            let level = unsafeBitCast(words, to: Lanes.self) - 8_388_608
            let difference = scale * value(level) - values[index]
            distance += weights[index] * difference * difference
        }
        return distance
    }
}

extension SIMD8<Int32> {
    /// The least of the lanes in which `values` is least; the least of all where none of them is a number.
    @inline(__always)
    fileprivate func first(whereLeast values: Lanes) -> Int32 {
        let four = values.lowHalf.smaller(values.highHalf)
        let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .< four.lowHalf)
        let least = two[1] < two[0] ? two[1] : two[0]
        let lanes = replacing(with: .max, where: values .!= least)
        let positions = lanes.lowHalf.replacing(with: lanes.highHalf, where: lanes.highHalf .< lanes.lowHalf)
        let pair = positions.lowHalf.replacing(
            with: positions.highHalf, where: positions.highHalf .< positions.lowHalf)
        let first = Swift.min(pair[0], pair[1])
        return first == .max ? self[0] : first
    }
}

extension SIMD4<Float> {
    @inline(__always)
    fileprivate func smaller(_ other: Self) -> Self { replacing(with: other, where: other .< self) }
}
