/// The values of a grid's points as the decoders read them, point after point.
struct GridValues: Sendable {
    let dimensions: Int
    private let values: [Float]

    init(_ grid: Grid, _ levels: [Float]) {
        dimensions = grid.dimensions
        values = grid.codes.flatMap { code in (0..<grid.dimensions).map { levels[grid.digit(code, $0)] } }
    }

    /// Value `index` of a point.
    @inline(__always)
    subscript(point: Int, index: Int) -> Float { values[point * dimensions + index] }

    static let twoBit256 = GridValues(.twoBit256, [8, 25, 43])
    static let twoBit512 = GridValues(.twoBit512, [8, 25, 43])
    static let twoBit1024 = GridValues(.twoBit1024, [8, 25, 43])
    static let ternary2048 = GridValues(.ternary2048, [-1, 0, 1])
    static let threeBit256 = GridValues(.threeBit256, [4, 12, 20, 28, 36, 44, 52, 62])
    static let threeBit512 = GridValues(.threeBit512, [1, 3, 5, 7, 9, 11, 13, 15])
}
