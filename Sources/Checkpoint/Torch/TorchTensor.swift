/// A run of elements that tensors are views of.
struct TorchStorage: Equatable {
    let key: String
    /// Nil of a storage that says only how many bytes it has.
    let type: ElementType?
    /// Elements, or bytes where there is no type.
    let count: Int
    /// Where this is a part of the storage (torch before 1.13): its first element.
    var start = 0

    /// Nil where the product overflows.
    var byteCount: Int? {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: type.map { $0.bitCount / 8 } ?? 1)
        return overflow ? nil : bytes
    }
}

/// A view of a storage, whose element [i, j, …] stands at offset + i·strides[0] + j·strides[1] and so on.
struct TorchTensor: Equatable {
    let storage: TorchStorage
    let type: ElementType
    let offset: Int
    let shape: [Int]
    let strides: [Int]
}

/// The functions and classes that tensors need; a pickle that names another is refused.
enum TorchGlobal: Equatable {
    case storage(ElementType)
    case untypedStorage
    case elementType(ElementType)
    case rebuildTensor
    case rebuildParameter
    case rebuildFromType
    /// The class of a tensor, or of one that is a parameter.
    case tensorClass
    case orderedDictionary
    case size

    init?(_ module: String, _ name: String) {
        switch (module, name) {
        case ("collections", "OrderedDict"): self = .orderedDictionary
        case ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2"),
            ("torch._utils", "_rebuild_tensor_v3"):
            self = .rebuildTensor
        case ("torch._utils", "_rebuild_parameter"), ("torch._utils", "_rebuild_parameter_with_state"):
            self = .rebuildParameter
        case ("torch._tensor", "_rebuild_from_type_v2"): self = .rebuildFromType
        case ("torch", "Tensor"), ("torch._tensor", "Tensor"), ("torch.nn.parameter", "Parameter"):
            self = .tensorClass
        case ("torch", "Size"): self = .size
        case ("torch", "UntypedStorage"), ("torch.storage", "UntypedStorage"), ("torch.storage", "_UntypedStorage"):
            self = .untypedStorage
        case ("torch", _), ("torch.cuda", _):
            if let type = Self.storages[name] {
                self = .storage(type)
            } else if let type = Self.types[name], module == "torch" {
                self = .elementType(type)
            } else {
                return nil
            }
        default: return nil
        }
    }

    private static let storages: [String: ElementType] = [
        "FloatStorage": .float32, "DoubleStorage": .float64, "HalfStorage": .float16, "BFloat16Storage": .bfloat16,
        "ByteStorage": .uint8, "CharStorage": .int8, "ShortStorage": .int16, "IntStorage": .int32,
        "LongStorage": .int64, "BoolStorage": .bool, "ComplexFloatStorage": .complex64,
    ]

    private static let types: [String: ElementType] = [
        "float32": .float32, "float64": .float64, "float16": .float16, "bfloat16": .bfloat16, "uint8": .uint8,
        "int8": .int8, "int16": .int16, "int32": .int32, "int64": .int64, "uint16": .uint16, "uint32": .uint32,
        "uint64": .uint64, "bool": .bool, "complex64": .complex64, "float8_e4m3fn": .float8E4M3,
        "float8_e5m2": .float8E5M2, "float8_e8m0fnu": .float8E8M0, "float8_e4m3fnuz": .float8E4M3FNUZ,
        "float8_e5m2fnuz": .float8E5M2FNUZ,
    ]
}
