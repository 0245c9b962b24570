import Checkpoint
import Kernels

/// The weights that a module keeps beside its codes, row after row, by rising columns.
///
/// | tensor | type | shape |
/// |---|---|---|
/// | `weight_outliers` | float | n: the weights |
/// | `weight_outlier_columns` | I32, or I16 where a row has at most 32,768 weights | n: their columns |
/// | `weight_outlier_rows` | I32 | rows + 1: where each row's begin, and the end of the last |
struct OutlierEntries: Sendable {
    private let values: TensorBytes
    private let type: ScaleType
    private let places: TensorBytes
    private let areShort: Bool
    private let starts: TensorBytes

    static let suffixes = ["weight_outliers", "weight_outlier_columns", "weight_outlier_rows"]

    static func columnType(_ columns: Int) -> ElementType { columns <= 32_768 ? .int16 : .int32 }

    static func layout(rows: Int, columns: Int, count: Int, type: ScaleType) -> [StoredLayout] {
        zip(suffixes, [(type.elementType, count), (columnType(columns), count), (.int32, rows + 1)]).map {
            StoredLayout(suffix: $0, type: $1.0, shape: [$1.1])
        }
    }

    /// Bytes of the layout's sizes that a compressor made.
    init(_ storages: [StoredBytes], columns: Int, type: ScaleType) {
        (values, places, starts) = (TensorBytes(storages[0]), TensorBytes(storages[1]), TensorBytes(storages[2]))
        (self.type, areShort) = (type, Self.columnType(columns) == .int16)
    }

    /// Those of a file, if it has any; what lies outside the weight or out of order is refused.
    init?(_ module: ModuleTensors, rows: Int, columns: Int) throws(CompressionError) {
        guard let stored = module[Self.suffixes[0]] else { return nil }
        let count = stored.info.elementCount
        type = try ScaleType(of: stored)
        let places = try module.tensor(Self.suffixes[1], type: Self.columnType(columns), count: count)
        let starts = try module.tensor(Self.suffixes[2], type: .int32, count: rows + 1)
        (values, areShort) = (TensorBytes(stored), Self.columnType(columns) == .int16)
        (self.places, self.starts) = (TensorBytes(places), TensorBytes(starts))
        guard start(0) == 0, start(rows) == count, (0..<rows).allSatisfy({ start($0) <= start($0 + 1) }) else {
            throw .wrongShape(
                tensor: starts.info.name, found: starts.info.shape, expected: "places that rise from 0 to \(count)")
        }
        let areOrdered = (0..<rows).allSatisfy { row in
            (start(row)..<start(row + 1)).allSatisfy { entry in
                (0..<columns).contains(column(entry)) && (entry == start(row) || column(entry - 1) < column(entry))
            }
        }
        guard areOrdered else {
            throw .wrongShape(
                tensor: places.info.name, found: places.info.shape,
                expected: "columns below \(columns) that rise in each row")
        }
    }

    private func start(_ row: Int) -> Int { Int(starts.number(Int32.self, at: 4 * row)) }

    private func column(_ entry: Int) -> Int {
        areShort ? Int(places.number(Int16.self, at: 2 * entry)) : Int(places.number(Int32.self, at: 4 * entry))
    }

    /// Puts the weights of a part of a row where they belong.
    func put(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
        let end = start(row + 1)
        var (entry, last) = (start(row), end)
        while entry < last {
            let middle = (entry + last) / 2
            if column(middle) < range.lowerBound { entry = middle + 1 } else { last = middle }
        }
        while entry < end {
            let place = column(entry)
            guard place < range.upperBound else { return }
            destination[place - range.lowerBound] = values.scale(entry, type)
            entry += 1
        }
    }
}
