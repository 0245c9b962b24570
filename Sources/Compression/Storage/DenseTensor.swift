import Checkpoint
import Kernels

extension Tensor {
    /// The weight of a linear layer, outputs by inputs, read straight from the mapped bytes.
    func denseMatrix(transposed: Bool) throws(CompressionError) -> DenseMatrix {
        guard info.shape.count == 2 else {
            throw .wrongShape(tensor: info.name, found: info.shape, expected: "of two dimensions")
        }
        let (rows, columns) = transposed ? (info.shape[1], info.shape[0]) : (info.shape[0], info.shape[1])
        return DenseMatrix(
            bytes: baseAddress, type: try floatType, rows: rows, columns: columns, transposed: transposed,
            owner: mapping)
    }

    /// How the values are read as floats.
    var floatType: FloatType {
        get throws(CompressionError) {
            switch info.type {
            case .float64: .float64
            case .float32: .float32
            case .float16: .float16
            case .bfloat16: .bfloat16
            case .float8E4M3: .float8E4M3
            case .float8E5M2: .float8E5M2
            default:
                throw .wrongType(
                    tensor: info.name, found: info.type.rawValue, expected: "F64, F32, F16, BF16, F8_E4M3 or F8_E5M2")
            }
        }
    }
}
