package import Archive
package import Checkpoint
package import Compression
package import Evaluation
package import LanguageModel
package import Pipeline
package import Records
package import ScalingLaws
package import System
package import Tokenization
package import Warehouse

/// Whatever stops a stage, in the words of the module that found it.
package enum StageError: Error, Equatable {
    case workspace(WorkspaceError)
    case manifest(ManifestError)
    case archive(ArchiveError)
    case checkpoint(CheckpointError)
    case compression(CompressionError)
    case tokenization(TokenizationError)
    case model(LanguageModelError)
    case evaluation(EvaluationError)
    case warehouse(WarehouseError)
    case laws(ScalingLawsError)
    /// A table of points that cannot be read.
    case points(path: String, ScalingLawsError)
    /// Views were named where evaluations are exported.
    case noViews(format: String)
    /// An input that was named is not there.
    case missing(path: String, what: String)
    /// An input that the system does not let us read, or that changed while it was read.
    case input(SystemError)
    /// A source that somebody may still be writing.
    case unsettled(path: String, reason: String)
    /// A checkpoint is not what it was when it was ingested; empty digests are of what is not there.
    case changedSource(path: String, what: String, expected: String, found: String)
    /// Two checkpoints with the same tensors and another configuration: the laws could not tell them apart.
    case sameTensors(path: String, other: String)
    /// A directory that is to be made holds something already.
    case outputNotEmpty(path: String)
    /// A manifest's archives hold nothing that could be measured.
    case nothingToMeasure(archives: [String], reasons: [String])
    /// Calibration text that does not fill a window.
    case shortCalibration(path: String, tokens: Int, context: Int)
    /// Documents are to be scored apart, and nothing says where they begin.
    case noDocuments(path: String)
    /// The inputs of a lock are not what they were.
    case changed(path: String, expected: String, found: String)
    /// A cell that needs more of the disk than a run may use.
    case diskTooSmall(cell: String, needed: Int, capacity: Int)
    /// Nothing more can make room in a workspace.
    case diskFull(path: String, held: Int, needed: Int, budget: Int)
    /// Weights that made room, and no place has them any more.
    case sourceGone(checkpoint: String, sources: [String])
    /// A stage that `qid run` started ended badly.
    case stageFailed(Stage, ProcessEnd)
}

extension StageError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .workspace(let error): error.description
        case .manifest(let error): error.description
        case .archive(let error): error.description
        case .checkpoint(let error): error.description
        case .compression(let error): error.description
        case .tokenization(let error): error.description
        case .model(let error): error.description
        case .evaluation(let error): error.description
        case .warehouse(let error): error.description
        case .laws(let error): error.description
        case .points(let path, let error): "'\(path)': \(error)"
        case .noViews(let format): "'--format \(format)' writes evaluations, and no views"
        case .missing(let path, let what): "'\(path)' is not there; \(what)"
        case .input(let error): error.description
        case .unsettled(let path, let reason): "'\(path)': \(reason)"
        case .changedSource(let path, let what, let expected, let found):
            "'\(path)' changed since it was ingested: SHA-256 of \(what) is \(Self.digest(found)), not \(Self.digest(expected)); ingest it again"
        case .sameTensors(let path, let other):
            "'\(path)' has the tensors of '\(other)' but another config.json or tokenizer.json"
        case .outputNotEmpty(let path): "'\(path)' is not empty; name a directory that is, or none"
        case .nothingToMeasure(let archives, let reasons):
            "no checkpoint is known in \(archives.map { "'\($0)'" }.joined(separator: ", "))"
                + (reasons.isEmpty ? "" : ": " + reasons.joined(separator: "; "))
        case .shortCalibration(let path, let tokens, let context):
            "'\(path)' has \(tokens) tokens, fewer than one calibration window of \(context)"
        case .noDocuments(let path):
            "'\(path)' holds token ids, and neither config.json nor 'separator' says which of them ends a document"
        case .changed(let path, let expected, let found):
            "'\(path)' is not what the lock was made of: its SHA-256 is \(found), not \(expected)"
        case .diskTooSmall(let cell, let needed, let capacity):
            "\(cell) may need \(bytesText(needed)) of disk, but only \(bytesText(max(0, capacity))) are to be had: give 'disk' more, or free some"
        case .diskFull(let path, let held, let needed, let budget):
            "'\(path)' holds \(bytesText(held)) that cannot make room for \(bytesText(needed)) more within 'disk: \(bytesText(budget))'"
        case .sourceGone(let checkpoint, let sources):
            "the weights of checkpoint \(checkpoint.prefix(12)) made room and cannot be unpacked again: "
                + (sources.isEmpty ? "no source of it is known" : sources.map { "'\($0)'" }.joined(separator: ", "))
                + " is gone or holds something else"
        case .stageFailed(let stage, let end): "\(stage.command) \(end)"
        }
    }

    private static func digest(_ text: String) -> String { text.isEmpty ? "of nothing" : "\(text.prefix(12))…" }

    package var exitStatus: ExitStatus {
        switch self {
        case .workspace(let error): error.exitStatus
        case .manifest(.unreadable), .missing, .nothingToMeasure: .noInput
        case .manifest: .usage
        case .archive(let error): error.exitStatus
        case .checkpoint(let error): error.exitStatus
        case .compression(let error): error.exitStatus
        case .warehouse(let error): error.exitStatus
        case .tokenization(.system(let error)) where error.isOfWriting: .inputOutput
        case .input, .unsettled, .changedSource: .badInput
        case .tokenization, .model, .evaluation, .changed, .sameTensors, .shortCalibration, .noDocuments,
            .points:
            .badInput
        case .laws, .outputNotEmpty, .noViews: .usage
        case .diskTooSmall, .diskFull: .inputOutput
        case .sourceGone: .badInput
        case .stageFailed(_, let end): ExitStatus(end) ?? .software
        }
    }
}

extension StageError {
    /// What the system refused, if that is all that stands behind the error.
    var system: SystemError? {
        switch self {
        case .input(let error), .workspace(.system(let error)), .archive(.system(let error)),
            .checkpoint(.system(let error)), .compression(.system(let error)),
            .compression(.checkpoint(.system(let error))), .tokenization(.system(let error)),
            .tokenization(.archive(.system(let error))):
            error
        case .model(let error): error.system
        default: nil
        }
    }

    /// Whether it says what the system answered today and not what an input is.
    var isOfToday: Bool {
        if case .archive(.outOfMemory) = self { true } else { system?.isOfToday ?? false }
    }
}

extension LanguageModelError {
    fileprivate var system: SystemError? {
        switch self {
        case .checkpoint(let error): StageError.checkpoint(error).system
        case .compression(let error): StageError.compression(error).system
        case .inCheckpoint(_, let error): error.system
        default: nil
        }
    }
}
