import Checkpoint
import JSON
import Kernels

/// A format of compressed-tensors whose blocks lie along rows, where compressed-tensors has no place for it: in modules
/// that are stored inputs by outputs (GPT-2).
///
/// The tensors are those of its own layout, outputs by inputs.
protocol RowBlockLayout: QidLayout {
    static var stored: QuantizationConfiguration.Format { get }

    init()
}

extension RowBlockLayout {
    static var format: String? { stored.rawValue }

    init(_ object: JSONObject, _ reading: ConfigurationReading) { self.init() }

    var scheme: String { Self.stored.rawValue.split(separator: "-")[0].description }

    func holds(_ module: ModuleTensors) -> Bool {
        module["weight_packed"] != nil || module["weight"]?.info.type == .float8E4M3
    }

    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix {
        guard let matrix = try Self.stored.rowBlocks(module) else {
            preconditionFailure("a format listed here is of blocks along rows")
        }
        return matrix
    }
}

struct MXFP4Layout: RowBlockLayout { static let stored = QuantizationConfiguration.Format.mxfp4 }
struct MXFP6Layout: RowBlockLayout { static let stored = QuantizationConfiguration.Format.mxfp6 }
struct MXFP8Layout: RowBlockLayout { static let stored = QuantizationConfiguration.Format.mxfp8 }
struct NVFP4Layout: RowBlockLayout { static let stored = QuantizationConfiguration.Format.nvfp4 }

extension QuantizationConfiguration.Format {
    /// The weight of a module in a format whose blocks lie along rows; nil for others.
    func rowBlocks(_ module: ModuleTensors) throws(CompressionError) -> (any WeightMatrix)? {
        switch self {
        case .mxfp4: try MXMatrix(.fp4, module)
        case .mxfp6: try MXMatrix(.fp6, module)
        case .mxfp8: try MXMatrix(.fp8, module)
        case .nvfp4: try NVFP4Matrix(module)
        case .packed, .integers, .floats, .naive: nil
        }
    }
}
