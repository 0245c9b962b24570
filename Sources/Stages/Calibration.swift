import Archive
import Checkpoint
import Compression
package import FoundationEssentials
import JSON
import LanguageModel
package import Pipeline

/// Text for methods that look at activations, and what turns it into tokens.
package struct CalibrationRequest: Sendable {
    package let text: Manifest.Calibration
    /// Nil: the one beside the checkpoint.
    package let tokenizer: URL?

    package init(_ text: Manifest.Calibration, tokenizer: URL?) {
        self.text = text
        self.tokenizer = tokenizer
    }

    /// The first windows of the text for a checkpoint, as many as are wanted and there.
    func windows(for checkpoint: Checkpoint, _ streams: TokenStreams) throws(StageError) -> TokenWindows {
        let context = text.context
        let ids = try streams.stream(
            shard: text.shard, tokenizer: tokenizer ?? checkpoint.tokenizerFile, context: context,
            windows: text.windows)
        let count = min(text.windows, ids.count / context)
        guard count > 0 else { throw .shortCalibration(path: text.shard.path, tokens: ids.count, context: context) }
        return TokenWindows(ids: Array(ids.prefix(count * context)), context: context)
    }

    /// What the text is, by digests.
    func identity(for checkpoint: Checkpoint) throws(StageError) -> JSONValue {
        let digest = try (tokenizer ?? checkpoint.tokenizerFile).map { (file) throws(StageError) in
            try fileDigest(file, what: "it is the tokenizer")
        }
        let shard = try fileDigest(text.shard, what: "it is the calibration shard")
        return Lock.Calibration(text, sha256: shard).identity(tokenizer: digest)
    }
}

/// Compresses by specs of which all are calibrated, on the same text, or none is.
///
/// - Parameter identity: what the text is, for the result's provenance.
func compress(
    _ checkpoint: Checkpoint, into targets: [CompressionTarget], source: String,
    calibration: (windows: TokenWindows, identity: JSONValue)?, memory: Int,
    progress: @escaping @Sendable (Double) -> Void
) throws(StageError) {
    let version = String(Stage.quantize.version)
    guard let (windows, identity) = calibration else {
        let provenance = Provenance(source: source, version: version)
        return try attempt { () throws(CompressionError) in
            try compress(checkpoint, into: targets, provenance: provenance) { progress(Double($0) / Double($1)) }
        }
    }
    var facts = identity.object ?? JSONObject()
    facts["windows"] = .integer(windows.count)
    let provenance = Provenance(source: source, version: version, calibration: facts)
    let control = RunControl(progress: progress, isCancelled: { Interruption.current.isRequested })
    do throws(LanguageModelError) {
        try compress(
            checkpoint, into: targets, calibratedOn: windows, provenance: provenance, memoryBudget: memory,
            control: control)
    } catch .cancelled {
        throw .workspace(.stopped)
    } catch .compression(let error) {
        throw .compression(error)
    } catch {
        throw .model(error)
    }
}
