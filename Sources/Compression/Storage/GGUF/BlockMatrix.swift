import Checkpoint
import GGUF
import Kernels

/// A weight in ggml's blocks, row after row.
struct BlockMatrix: WeightMatrix {
    private let bytes: TensorBytes
    private let form: BlockForm
    private let bytesPerRow: Int

    var rows: Int { form.rows }
    var columns: Int { form.columns }

    /// Takes bytes that are as many as the rows have.
    init(_ bytes: TensorBytes, _ form: BlockForm) {
        let bytesPerRow = form.type.byteCount(weights: form.columns) ?? 0
        precondition(bytes.count == form.rows * bytesPerRow, "a tensor has the bytes of its rows")
        (self.bytes, self.form, self.bytesPerRow) = (bytes, form, bytesPerRow)
    }

    func decode(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
        precondition(destination.count == range.count, "there is room for just the columns asked for")
        let length = form.type.weightsPerBlock
        let blocks = range.lowerBound / length..<(range.upperBound + length - 1) / length
        let place = form.order?.stored(row) ?? row
        bytes.withRow(place, byteCount: bytesPerRow) { row in
            let part = row.extracting(
                blocks.lowerBound * form.type.bytesPerBlock..<blocks.upperBound * form.type.bytesPerBlock)
            guard blocks.lowerBound * length != range.lowerBound || blocks.upperBound * length != range.upperBound
            else { return decode(part, into: &destination) }
            withScratch(blocks.count * length, of: Float(0)) { values in
                decode(part, into: &values)
                let first = range.lowerBound - blocks.lowerBound * length
                for index in 0..<range.count { destination[index] = values[first + index] }
            }
        }
    }

    private func decode(_ blocks: RawSpan, into values: inout MutableSpan<Float>) {
        do { try form.type.decode(blocks, into: &values) } catch {
            preconditionFailure("whole blocks are as many bytes as they have: \(error)")
        }
    }
}
