package import Checkpoint
import Kernels

/// Values of other origin in the type of a stored tensor.
extension Tensor {
    /// The nearest values that the tensor's type holds.
    package func nearest(_ values: [Float]) throws(CompressionError) -> [Float] {
        switch try floatType {
        case .float64, .float32: values
        case .float16: values.map { Float(Float16($0)) }
        case .bfloat16: values.map { ScaleType.bfloat16.roundedSigned($0) }
        case .float8E4M3, .float8E5M2:
            throw .wrongType(tensor: info.name, found: info.type.rawValue, expected: "F64, F32, F16 or BF16")
        }
    }

    /// The bytes of values that ``nearest(_:)`` has made.
    func bytes(of values: [Float]) throws(CompressionError) -> StoredBytes {
        func bytes<Bits: FixedWidthInteger & BitwiseCopyable>(_ bits: (Float) -> Bits) -> StoredBytes {
            let size = MemoryLayout<Bits>.size
            let result = StoredBytes(byteCount: values.count * size)
            for (index, value) in values.enumerated() {
                result.store(bits(value).littleEndian, at: index * size)
            }
            return result
        }
        switch try floatType {
        case .float64: return bytes { Double($0).bitPattern }
        case .float32: return bytes { $0.bitPattern }
        case .float16: return bytes { Float16($0).bitPattern }
        case .bfloat16: return bytes { UInt16($0.bitPattern >> 16) }
        case .float8E4M3, .float8E5M2:
            throw .wrongType(tensor: info.name, found: info.type.rawValue, expected: "F64, F32, F16 or BF16")
        }
    }
}
