import Checkpoint
import Kernels

/// A weight stored as one number of 8 bits per element and scales for rows, groups or blocks of them:
/// w = (element − zero)·scale, rounded to the scales' type, and ·factor where there is one.
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

    /// Takes what a compressor made: elements row after row, and scales for groups of a row.
    init(
        rows: Int, columns: Int, element: Element, bytes: StoredBytes, scales: StoredBytes, scaleType: ScaleType,
        groupLength: Int
    ) {
        (self.rows, self.columns, self.element, self.scaleType) = (rows, columns, element, scaleType)
        (self.bytes, self.scales, factor, zeros) = (TensorBytes(bytes), TensorBytes(scales), 1, nil)
        layout = ScaleLayout(rowLength: 1, columnLength: groupLength, perRow: columns / max(1, groupLength))
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
            destination[column - range.lowerBound] = scaleType.roundedSigned(value) * factor
        }
    }
}
