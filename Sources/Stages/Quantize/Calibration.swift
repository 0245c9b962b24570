import Archive
import Calibration
import Checkpoint
import Compression
import Evaluation
package import FoundationEssentials
import JSON
import LanguageModel
package import Pipeline
import Records
import System
import Tokenization

/// Text for methods that look at activations, and what turns it into tokens.
package struct CalibrationRequest: Sendable {
    package let text: Manifest.Calibration
    /// Nil: the one beside the checkpoint.
    package let tokenizer: URL?
    /// The id that follows each document; nil: what the configuration, else the tokenizer, says.
    package let separator: UInt32?

    package init(_ text: Manifest.Calibration, tokenizer: URL?, separator: UInt32? = nil) {
        (self.text, self.tokenizer, self.separator) = (text, tokenizer, separator)
    }

    /// The text as a checkpoint reads it.
    func windows(for checkpoint: Checkpoint, _ streams: TokenStreams) throws(StageError) -> CalibrationWindows {
        let context = text.context
        let (wanted, overflow) = text.windows.addingReportingOverflow(DistortionRecord.windows)
        let ids = try streams.stream(
            shard: text.shard, tokenizer: tokenizer ?? checkpoint.tokenizerFile, endOfText: checkpoint.endOfText,
            rules: WindowRules(separator: separator), context: context, windows: overflow ? .max : wanted,
            order: .shard
        ).ids
        let count = min(wanted, ids.count / context)
        guard count > 0 else { throw .shortCalibration(path: text.shard.path, tokens: ids.count, context: context) }
        let all = TokenWindows(ids: Array(ids.prefix(count * context)), context: context)
        let fitted = min(text.windows, count)
        let areUnseen = count - fitted >= DistortionRecord.fewestUnseenWindows
        return CalibrationWindows(
            fitted: all.windows(0..<fitted),
            compared: all.windows((areUnseen ? fitted : max(0, count - DistortionRecord.windows))..<count),
            areUnseen: areUnseen)
    }

    /// What the text is, by digests.
    func identity(for checkpoint: Checkpoint) throws(StageError) -> JSONValue {
        let digest = try (tokenizer ?? checkpoint.tokenizerFile).map { (file) throws(StageError) in
            try fileDigest(file, what: "it is the tokenizer")
        }
        let shard = try fileDigest(text.shard, what: "it is the calibration shard")
        return Lock.Calibration(text, sha256: shard).identity(tokenizer: digest, separator: separator)
    }
}

/// What methods are fitted to, and the text on which errors of layers are told.
struct CalibrationWindows {
    /// The first windows of the text, as many as are wanted and there.
    let fitted: TokenWindows
    /// Those that follow, up to 32; where the text has too few, its last ones.
    let compared: TokenWindows
    /// Whether no method is fitted to any of `compared`.
    let areUnseen: Bool

    /// What is to be said where it is so.
    var reservation: String? {
        areUnseen
            ? nil
            : "the calibration text ends before \(DistortionRecord.fewestUnseenWindows) windows follow those that methods are fitted to: "
                + "errors of layers are told on its last \(compared.count), where those of such methods look smaller than they are"
    }
}

/// What a checkpoint's model is, of a family that is known or refused by name.
func description(of checkpoint: Checkpoint) throws(StageError) -> DecoderDescription {
    let weights = try attempt { () throws(CompressionError) in try WeightStore(checkpoint) }
    return try attempt { () throws(LanguageModelError) in try ModelVariant(weights).description }
}

/// Compresses by specs of which all are calibrated, on the same text, or none is.
///
/// `identity` says what the text is, for the result's provenance. Returns the factors that each method moved between
/// channels.
func compress(
    _ checkpoint: Checkpoint, into targets: [CompressionTarget], source: String?,
    calibration: (windows: TokenWindows, identity: JSONValue)?, memory: Int,
    progress: @escaping @Sendable (Double) -> Void
) throws(StageError) -> [ChannelFactors] {
    let facts = calibration.map { calibration in
        var facts = calibration.identity.object ?? JSONObject()
        facts["windows"] = .integer(calibration.windows.count)
        return facts
    }
    let provenance = Provenance(source: source, version: String(Stage.quantize.version), calibration: facts)
    return try walk(progress) { (control) throws(LanguageModelError) in
        try Calibration.compress(
            checkpoint, into: targets, calibratedOn: calibration?.windows, provenance: provenance,
            memoryBudget: memory, control: control)
    }
}
