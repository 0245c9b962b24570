import Checkpoint
import Kernels

/// A weight stored as one number of 8 bits per element and scales for rows, groups or blocks of them:
/// w = (element − zero)·scale in float32, and ·factor where there is one.
struct ScaledElementMatrix: WeightMatrix {
    enum Element: Sendable {
        case int8
        case float(FloatType)
    }

    /// Which scale an element has: that of its block of rows and columns.
    struct ScaleLayout: Equatable, Sendable {
        let rowLength: Int
        let columnLength: Int
        /// Scales in a row of them.
        let perRow: Int

        init(rowLength: Int, columnLength: Int, perRow: Int) {
            (self.rowLength, self.columnLength, self.perRow) = (rowLength, columnLength, perRow)
        }

        /// Which scale is whose, by the size of blocks where they are blocks, else by the shape of the scales: one, or one
        /// for each group of a row.
        ///
        /// The last blocks may be cut off.
        init(of scales: Tensor, for weight: Tensor, block: [Int]?) throws(CompressionError) {
            let (rows, columns, shape) = (weight.info.shape[0], weight.info.shape[1], scales.info.shape)
            guard rows > 0, columns > 0 else {
                throw .wrongShape(tensor: weight.info.name, found: weight.info.shape, expected: "two sizes above 0")
            }
            if let block {
                let expected = [(rows - 1) / block[0] + 1, (columns - 1) / block[1] + 1]
                guard shape == expected else {
                    throw .wrongShape(tensor: scales.info.name, found: shape, expected: "\(expected)")
                }
                self.init(rowLength: block[0], columnLength: block[1], perRow: expected[1])
            } else if shape.reduce(1, *) == 1 {
                self.init(rowLength: rows, columnLength: columns, perRow: 1)
            } else {
                guard shape.count == 2, shape[0] == rows, shape[1] > 0, columns.isMultiple(of: shape[1]) else {
                    throw .wrongShape(
                        tensor: scales.info.name, found: shape,
                        expected: "[1] or [\(rows), groups] with groups that divide \(columns) columns")
                }
                self.init(rowLength: 1, columnLength: columns / shape[1], perRow: shape[1])
            }
        }

        /// Where the scale of an element stands.
        @inline(__always)
        func index(row: Int, column: Int) -> Int { row / rowLength * perRow + column / columnLength }
    }

    let rows: Int
    let columns: Int
    private let element: Element
    private let bytes: TensorBytes
    private let scales: TensorBytes
    private let scaleType: ScaleType
    private let factor: Float
    private let layout: ScaleLayout
    private let zeros: TensorBytes?

    /// Takes a weight of two dimensions and as many scales as the layout asks for.
    init(
        _ weight: Tensor, element: Element, scales: Tensor, scaleType: ScaleType, factor: Float = 1,
        scaleLayout: ScaleLayout, zeros: Tensor?
    ) {
        (rows, columns) = (weight.info.shape[0], weight.info.shape[1])
        self.element = element
        bytes = TensorBytes(weight)
        self.scales = TensorBytes(scales)
        self.scaleType = scaleType
        self.factor = factor
        layout = scaleLayout
        self.zeros = zeros.map { TensorBytes($0) }
    }

    /// Takes what a compressor made: elements row after row, and as many scales as the layout asks for.
    init(
        rows: Int, columns: Int, element: Element, bytes: StoredBytes, scales: StoredBytes, scaleType: ScaleType,
        layout: ScaleLayout
    ) {
        (self.rows, self.columns, self.element, self.scaleType) = (rows, columns, element, scaleType)
        (self.bytes, self.scales, factor, zeros) = (TensorBytes(bytes), TensorBytes(scales), 1, nil)
        self.layout = layout
    }

    /// The same with scales for groups of a row.
    init(
        rows: Int, columns: Int, element: Element, bytes: StoredBytes, scales: StoredBytes, scaleType: ScaleType,
        groupLength: Int
    ) {
        self.init(
            rows: rows, columns: columns, element: element, bytes: bytes, scales: scales, scaleType: scaleType,
            layout: .init(rowLength: 1, columnLength: groupLength, perRow: columns / max(1, groupLength)))
    }

    func decode(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
        precondition(destination.count == range.count, "there is room for just the columns asked for")
        bytes.withSpan { bytes in
            let first = row * columns + range.lowerBound
            switch element {
            case .int8:
                for index in 0..<destination.count {
                    destination[index] = Float(bytes.number(Int8.self, at: first + index))
                }
            case .float(let type): type.decode(bytes.extracting(first..<first + range.count), into: &destination)
            }
        }
        let firstScale = row / layout.rowLength * layout.perRow
        for column in range {
            let index = firstScale + column / layout.columnLength
            let zero = zeros.map { Float($0.number(Int8.self, at: index)) } ?? 0
            let value = (destination[column - range.lowerBound] - zero) * scales.scale(index, scaleType)
            destination[column - range.lowerBound] = value * factor
        }
    }
}
