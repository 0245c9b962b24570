import Checkpoint

extension Tensor {
    /// The sizes of a weight, both above 0.
    func twoSizes() throws(CompressionError) -> [Int] {
        let shape = info.shape
        guard shape.count == 2, shape.allSatisfy({ $0 > 0 }) else {
            throw .wrongShape(tensor: info.name, found: shape, expected: "two sizes above 0")
        }
        return shape
    }

    /// The groups of a row, this being scales of rows × groups.
    func groups(rows: Int, columns: Int) throws(CompressionError) -> Int {
        let shape = info.shape
        guard shape.count == 2, shape[0] == rows, shape[1] > 0, columns.isMultiple(of: shape[1]) else {
            throw .wrongShape(
                tensor: info.name, found: shape,
                expected: "[\(rows), groups] with groups that divide \(columns) columns")
        }
        return shape[1]
    }
}
