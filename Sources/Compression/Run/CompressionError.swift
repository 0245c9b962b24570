package import Checkpoint
package import GGUF
package import System

/// Why a spec, a weight or a compressed checkpoint cannot be taken, or an output cannot be written.
package enum CompressionError: SystemFailure, Equatable {
    /// A key of a spec has a value that makes no sense; `allowed` says which would.
    case invalidValue(key: String, value: String, allowed: String)
    case unknownKey(String, allowed: [String])
    case repeatedKey(String)
    case missingKey(String, allowed: String)
    /// What is wrong with the spec of some modules.
    case inModules(selector: String, String)
    /// A spec asks for what its method cannot do.
    case unsupported(spec: String, reason: String)

    case groupDoesNotDivide(tensor: String, rowLength: Int, group: Int, allowed: [Int])
    case notFinite(tensor: String, row: Int, column: Int)
    /// A group's values span more than its 16-bit scale can hold.
    case scaleOutOfRange(tensor: String, row: Int, scaleType: String)
    /// A row is no multiple of an n:m pattern's length.
    case patternDoesNotDivide(tensor: String, rowLength: Int, pattern: Int)
    /// A value that is not quantized is larger than the type it is stored in can hold.
    case valueOutOfRange(tensor: String, row: Int, column: Int, type: String)
    /// A low-rank form is to have more dimensions than the weight.
    case rankTooHigh(tensor: String, rank: Int, full: Int)
    case noTargets(checkpoint: String)
    case alreadyCompressed(checkpoint: String, method: String)

    case missingTensor(name: String, known: [String])
    case wrongShape(tensor: String, found: [Int], expected: String)
    case wrongType(tensor: String, found: String, expected: String)
    case groupOutOfRange(tensor: String, column: Int, found: Int, groups: Int)
    case invalidConfiguration(checkpoint: String, key: String, found: String, expected: String)

    /// The Hessian of a layer is not positive definite even when damped.
    case singularHessian(tensor: String, column: Int)
    case missingCalibration(method: String)
    /// A row that ggml's blocks cannot hold.
    case blocks(tensor: String, row: Int, BlockError)

    case checkpoint(CheckpointError)
    case system(SystemError)
}

extension CompressionError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidValue(let key, let value, let allowed): "\(key) is \(value) but must be \(allowed)"
        case .unknownKey(let key, let allowed): "unknown key '\(key)'; known are \(allowed.joined(separator: ", "))"
        case .repeatedKey(let key): "key '\(key)' is given twice"
        case .missingKey(let key, let allowed): "key '\(key)' is missing; it must be \(allowed)"
        case .inModules(let selector, let reason): "modules '\(selector)': \(reason)"
        case .unsupported(let spec, let reason): "\(spec): \(reason)"
        case .groupDoesNotDivide(let tensor, let rowLength, let group, let allowed):
            "tensor '\(tensor)' has rows of \(rowLength) weights, which groups of \(group) do not divide; "
                + (allowed.isEmpty
                    ? "no other group is there"
                    : "groups of \(allowed.map(String.init).joined(separator: ", ")) or channel would")
        case .notFinite(let tensor, let row, let column):
            "tensor '\(tensor)' is not finite at row \(row), column \(column)"
        case .scaleOutOfRange(let tensor, let row, let scaleType):
            "tensor '\(tensor)' needs a scale in row \(row) that \(scaleType) cannot hold"
        case .patternDoesNotDivide(let tensor, let rowLength, let pattern):
            "tensor '\(tensor)' has rows of \(rowLength) weights, which patterns of \(pattern) do not divide; "
                + "a share such as 0.5 would do"
        case .valueOutOfRange(let tensor, let row, let column, let type):
            "tensor '\(tensor)' would have a value at row \(row), column \(column) that \(type) cannot hold"
        case .rankTooHigh(let tensor, let rank, let full):
            "tensor '\(tensor)' has the rank \(full), less than \(rank); a share such as 0.25 would do"
        case .noTargets(let checkpoint):
            "checkpoint '\(checkpoint)' has no linear weights inside decoder layers"
        case .alreadyCompressed(let checkpoint, let method):
            "checkpoint '\(checkpoint)' is already compressed by '\(method)'; a 16-bit one is needed"
        case .missingTensor(let name, let known):
            "no tensor '\(name)'" + (known.isEmpty ? "" : "; near it are \(known.joined(separator: ", "))")
        case .wrongShape(let tensor, let found, let expected):
            "tensor '\(tensor)' has shape \(found) but must be \(expected)"
        case .wrongType(let tensor, let found, let expected): "tensor '\(tensor)' is \(found) but must be \(expected)"
        case .groupOutOfRange(let tensor, let column, let found, let groups):
            "tensor '\(tensor)' puts column \(column) into group \(found) of \(groups)"
        case .invalidConfiguration(let checkpoint, let key, let found, let expected):
            "\(checkpoint): \(key) is \(found) but must be \(expected)"
        case .singularHessian(let tensor, let column):
            "the Hessian of '\(tensor)' is not positive definite at column \(column), though damped; more calibration text helps"
        case .missingCalibration(let method): "method '\(method)' needs a calibration shard"
        case .blocks(let tensor, let row, let error): "row \(row) of tensor '\(tensor)': \(error)"
        case .checkpoint(let error): error.description
        case .system(let error): error.description
        }
    }
}
