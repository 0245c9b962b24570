package import Checkpoint
package import Kernels

extension ScaleType {
    /// The type that goes with weights of a type: their own where it has 16 bits, float16 otherwise.
    package init(weights type: ElementType) { self = type == .bfloat16 ? .bfloat16 : .float16 }

    /// The type of a tensor of scales.
    init(of tensor: Tensor) throws(CompressionError) {
        guard let type = Self.allCases.first(where: { $0.elementType == tensor.info.type }) else {
            throw .wrongType(
                tensor: tensor.info.name, found: tensor.info.type.rawValue, expected: "F16, BF16 or F32")
        }
        self = type
    }

    /// The type of a tensor that holds such scales.
    package var elementType: ElementType {
        switch self {
        case .float16: .float16
        case .bfloat16: .bfloat16
        case .float32: .float32
        }
    }
}
