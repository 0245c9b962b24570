import Checkpoint
import Kernels

/// A matrix in the layout of `MaskedGeometry`, read value by value: what is left out is 0.
struct MaskedMatrix: WeightMatrix {
    let geometry: MaskedGeometry
    private let mask: TensorBytes?
    /// The place of each row's first value among the kept ones, then their count.
    private let starts: [Int]
    private let stored: TensorBytes
    private let scales: TensorBytes?
    private let zeros: TensorBytes?

    var rows: Int { geometry.rows }
    var columns: Int { geometry.columns }

    /// Joins parts whose sizes are those of the geometry; nil if the mask does not keep as many values as are stored.
    init?(
        _ geometry: MaskedGeometry, mask: TensorBytes?, stored: TensorBytes, scales: TensorBytes?, zeros: TensorBytes?
    ) {
        (self.geometry, self.mask, self.stored, self.scales, self.zeros) = (geometry, mask, stored, scales, zeros)
        starts = Self.starts(geometry, mask)
        guard starts.last == geometry.storedCount else { return nil }
    }

    private static func starts(_ geometry: MaskedGeometry, _ mask: TensorBytes?) -> [Int] {
        guard let mask else { return (0...geometry.rows).map { $0 * geometry.columns } }
        var (starts, sum) = ([0], 0)
        starts.reserveCapacity(geometry.rows + 1)
        for row in 0..<geometry.rows {
            for word in 0..<(geometry.columns + 63) / 64 {
                sum += Self.bits(mask, geometry, row: row, word: word).nonzeroBitCount
            }
            starts.append(sum)
        }
        return starts
    }

    /// The mask of 64 columns of a row; zero for those behind the last.
    @inline(__always)
    private static func bits(_ mask: TensorBytes, _ geometry: MaskedGeometry, row: Int, word: Int) -> UInt64 {
        let (first, perRow) = (8 * word, geometry.maskBytesPerRow)
        let columns = geometry.columns - 64 * word
        if columns >= 64 { return mask.number(UInt64.self, at: row * perRow + first) }
        var bits: UInt64 = 0
        for byte in 0..<perRow - first {
            bits |= UInt64(mask.number(UInt8.self, at: row * perRow + first + byte)) << (8 * byte)
        }
        return bits & (1 << UInt64(columns) - 1)
    }

    func decode(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
        precondition(destination.count == range.count, "there is room for just the columns asked for")
        guard let mask else {
            let first = row * columns + range.lowerBound
            return values(row, first, columns: range) { column, value in
                destination[column - range.lowerBound] = value
            }
        }
        destination.update(repeating: 0)
        var index = starts[row]
        for word in 0..<range.lowerBound / 64 {
            index += Self.bits(mask, geometry, row: row, word: word).nonzeroBitCount
        }
        var word = range.lowerBound / 64
        while 64 * word < range.upperBound {
            var bits = Self.bits(mask, geometry, row: row, word: word)
            if 64 * word < range.lowerBound {
                let before = UInt64(1) << UInt64(range.lowerBound - 64 * word) - 1
                index += (bits & before).nonzeroBitCount
                bits &= ~before
            }
            if range.upperBound < 64 * (word + 1) { bits &= UInt64(1) << UInt64(range.upperBound - 64 * word) - 1 }
            scatter(bits, row, from: index, firstColumn: 64 * word - range.lowerBound, of: range, into: &destination)
            index += bits.nonzeroBitCount
            word += 1
        }
    }

    /// Puts the values of the columns whose bits are set where those columns are.
    @inline(__always)
    private func scatter(
        _ bits: UInt64, _ row: Int, from index: Int, firstColumn: Int, of range: Range<Int>,
        into destination: inout MutableSpan<Float>
    ) {
        var (bits, index) = (bits, index)
        switch geometry.coding {
        case .values(let type):
            while bits != 0 {
                destination[firstColumn + bits.trailingZeroBitCount] = stored.scale(index, type)
                index += 1
                bits &= bits - 1
            }
        case .codes(let width, _, let length, _):
            var (group, grid) = (-1, UniformGrid(scale: 1, zero: 0))
            while bits != 0 {
                let column = firstColumn + bits.trailingZeroBitCount
                if (range.lowerBound + column) / length != group {
                    group = (range.lowerBound + column) / length
                    grid = self.grid(row, group: group)
                }
                destination[column] = grid.value(code(index, width))
                index += 1
                bits &= bits - 1
            }
        }
    }

    /// Hands over the values of a matrix without a mask.
    @inline(__always)
    private func values(_ row: Int, _ first: Int, columns range: Range<Int>, _ body: (Int, Float) -> Void) {
        switch geometry.coding {
        case .values(let type):
            for column in range { body(column, stored.scale(first + column - range.lowerBound, type)) }
        case .codes(let width, _, let length, _):
            var (group, grid) = (-1, UniformGrid(scale: 1, zero: 0))
            for column in range {
                if column / length != group {
                    group = column / length
                    grid = self.grid(row, group: group)
                }
                body(column, grid.value(code(first + column - range.lowerBound, width)))
            }
        }
    }

    @inline(__always)
    private func grid(_ row: Int, group: Int) -> UniformGrid {
        guard case .codes(let bits, _, _, let scaleType) = geometry.coding, let scales else {
            return UniformGrid(scale: 1, zero: 0)
        }
        let index = row * geometry.groups + group
        let zero = zeros.map { zeros in Int32(zeros.withSpan { BitStream.code(index, bits: bits, in: $0) }) }
        return UniformGrid(scale: scales.scale(index, scaleType), zero: zero ?? Int32(1) << Int32(bits - 1))
    }

    @inline(__always)
    private func code(_ index: Int, _ bits: Int) -> UInt8 {
        stored.withSpan { BitStream.code(index, bits: bits, in: $0) }
    }
}
