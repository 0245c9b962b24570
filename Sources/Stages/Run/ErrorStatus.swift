import Archive
import Checkpoint
import Compression
import Pipeline
import System
import Warehouse

// How a command ends after an error of a module that knows no commands: what cannot be written ends it, what is wrong with
// one input does not stop the others.

extension ArchiveError {
    var exitStatus: ExitStatus {
        switch self {
        case .system(let error) where error.isOfWriting: .inputOutput
        case .outOfMemory: .inputOutput
        default: .badInput
        }
    }
}

extension CheckpointError {
    var exitStatus: ExitStatus {
        switch self {
        case .system(let error) where error.isOfWriting: .inputOutput
        case .unknownTensor, .wrongByteCount: .software
        default: .badInput
        }
    }
}

extension CompressionError {
    var exitStatus: ExitStatus {
        switch self {
        case .invalidValue, .unknownKey, .repeatedKey, .missingKey, .unsupported, .missingCalibration: .usage
        case .system(let error) where error.isOfWriting: .inputOutput
        case .checkpoint(let error): error.exitStatus
        default: .badInput
        }
    }
}

extension WarehouseError {
    var exitStatus: ExitStatus {
        switch self {
        case .locked: .tryAgain
        case .missing: .noInput
        case .cannotOpen: .cannotCreate
        case .cannotWrite: .inputOutput
        case .notAWarehouse, .damaged, .newerSchema, .olderSchema, .conflict, .refused, .notFinite, .unreadableSpec:
            .badInput
        case .query: .usage
        }
    }
}
