import Checkpoint
import Kernels

/// A weight stored as one number of 8 bits per element and scales for rows, groups or blocks of them:
/// w = (element − zero)·scale, rounded to the scales' type, and ·factor where there is one.
///
/// `@unchecked Sendable` because the bytes are only read, and the owners keep them alive.
struct ScaledElementMatrix: WeightMatrix, @unchecked Sendable {
    enum Element {
        case int8
        case float(FloatType)
    }

    /// Which scale an element has: that of its block of rows and columns.
    struct ScaleLayout: Equatable {
        let rowLength: Int
        let columnLength: Int
        /// Scales in a row of them.
        let perRow: Int
    }

    let rows: Int
    let columns: Int
    private let element: Element
    private let bytes: UnsafeRawPointer
    private let scales: UnsafeRawPointer
    private let scaleType: ScaleType
    private let factor: Float
    private let layout: ScaleLayout
    private let zeros: UnsafeRawPointer?
    private let owners: [any AnyObject & Sendable]

    /// Takes a weight of two dimensions and as many scales as the layout asks for.
    init(
        _ weight: Tensor, element: Element, scales: Tensor, scaleType: ScaleType, factor: Float = 1,
        scaleLayout: ScaleLayout, zeros: Tensor?
    ) {
        (rows, columns) = (weight.info.shape[0], weight.info.shape[1])
        self.element = element
        bytes = weight.baseAddress
        self.scales = scales.baseAddress
        self.scaleType = scaleType
        self.factor = factor
        layout = scaleLayout
        self.zeros = zeros?.baseAddress
        owners = [weight.mapping, scales.mapping] + (zeros.map { [$0.mapping] } ?? [])
    }

    /// Takes what a compressor made: elements row after row, and scales for groups of a row.
    init(
        rows: Int, columns: Int, element: Element, bytes: StoredBytes, scales: StoredBytes, scaleType: ScaleType,
        groupLength: Int
    ) {
        (self.rows, self.columns, self.element, self.scaleType) = (rows, columns, element, scaleType)
        self.bytes = UnsafeRawPointer(bytes.base)
        self.scales = UnsafeRawPointer(scales.base)
        (factor, zeros, owners) = (1, nil, [bytes, scales])
        layout = ScaleLayout(rowLength: 1, columnLength: groupLength, perRow: columns / max(1, groupLength))
    }

    func decode(row: Int, columns range: Range<Int>, into destination: UnsafeMutablePointer<Float>) {
        let source = bytes + row * columns
        switch element {
        case .int8:
            for column in range {
                destination[column - range.lowerBound] = Float(source.load(fromByteOffset: column, as: Int8.self))
            }
        case .float(let type): type.decode(source + range.lowerBound, count: range.count, into: destination)
        }
        let firstScale = row / layout.rowLength * layout.perRow
        for column in range {
            let index = firstScale + column / layout.columnLength
            let zero = zeros.map { Float($0.load(fromByteOffset: index, as: Int8.self)) } ?? 0
            let value = (destination[column - range.lowerBound] - zero) * scaleType.decode(scales, index)
            destination[column - range.lowerBound] = scaleType.roundedSigned(value) * factor
        }
    }
}
