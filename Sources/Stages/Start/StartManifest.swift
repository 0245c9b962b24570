import Archive
import Checkpoint
import Compression
import Evaluation
package import FoundationEssentials
import JSON
import LanguageModel
import Pipeline
import Records
import System
import Tokenization

/// What a manifest is to be started from.
package struct StartRequest: Sendable {
    package let archives: [URL]
    /// Nil: guessed from names.
    package let family: String?
    package let tokensPerStep: Int?
    /// The held-out text.
    package let shard: URL
    package let calibration: URL?

    package init(archives: [URL], family: String?, tokensPerStep: Int?, shard: URL, calibration: URL?) {
        (self.archives, self.family, self.tokensPerStep) = (archives, family, tokensPerStep)
        (self.shard, self.calibration) = (shard, calibration)
    }
}

/// A manifest for what lies in archives, valid as it is and meant to be edited.
///
/// Looks at names and headers; of text it reads as many tokens as it asks for.
package func startManifest(_ request: StartRequest) throws(StageError) -> String {
    for text in [request.shard, request.calibration].compactMap(\.self) {
        guard try exists(text) else { throw .missing(path: text.path, what: "it is text to measure on") }
    }
    var archives: [StartArchive] = []
    for archive in request.archives {
        for part in try repositories(in: archive) { archives.append(try StartArchive(part, request)) }
    }
    guard archives.contains(where: { !$0.checkpoints.isEmpty }) else {
        throw .nothingToMeasure(
            archives: request.archives.map(\.path), reasons: archives.flatMap { $0.places.compactMap(\.problem) })
    }
    return try StartManifest(archives.filter { !$0.places.isEmpty }, request).text
}

/// The repositories of a Hugging Face cache, each a recipe of its own; of another archive itself.
private func repositories(in archive: URL) throws(StageError) -> [URL] {
    guard try exists(archive) else { throw .missing(path: archive.path, what: "it is an archive to look through") }
    let status = try attempt { () throws(SystemError) in try FileStatus(of: archive) }
    guard status.kind == .directory else { return [archive] }
    let names = try attempt { () throws(SystemError) in try System.names(in: archive) }
    let repositories = names.filter { HubRepository.name(ofFolder: $0) != nil }.sorted()
    return repositories.isEmpty ? [archive] : repositories.map { archive.appending(path: $0) }
}

private struct StartManifest {
    private let archives: [StartArchive]
    private let request: StartRequest
    private let windows: (context: Int, count: Int)
    private let calibration: (context: Int, count: Int)

    init(_ archives: [StartArchive], _ request: StartRequest) throws(StageError) {
        (self.archives, self.request) = (archives, request)
        let samples = archives.flatMap(\.samples)
        let positions = samples.compactMap(\.positions).min() ?? .max
        let tokens = { (text: URL) throws(StageError) -> Int in
            guard let first = samples.first else { return .max }
            return try TokenStreams().stream(
                shard: text, tokenizer: first.tokenizerFile, endOfText: first.endOfText, rules: WindowRules(),
                context: Self.contexts[0], windows: Self.calibrationCount + DistortionRecord.windows, order: .shard
            ).ids.count
        }
        let available = try tokens(request.shard)
        let contexts = Self.contexts.filter { $0 <= positions }
        let context = contexts.first { available / $0 >= Self.windowCount } ?? contexts.last ?? positions
        windows = (context, max(1, min(Self.windowCount, available / context)))
        // Windows that follow tell what compression did to layers.
        let text = try request.calibration.map(tokens).map { $0 / context } ?? 0
        let compared = min(DistortionRecord.windows, max(DistortionRecord.fewestUnseenWindows, text / 4))
        calibration = (context, max(1, min(Self.calibrationCount, text - compared)))
    }

    /// The longest asks for half the tokens of 2,048, and a first look is there in half the time.
    private static let contexts = [1024, 512, 256, 128, 64, 32, 16]
    /// Enough for standard errors.
    private static let windowCount = 32
    /// To calibrate on.
    private static let calibrationCount = 64

    var text: String {
        get throws(StageError) {
            var text =
                "# Made by 'qid init': edit it, 'qid check' says what it asks for, 'qid run --dry-run' what it takes.\n"
            text += (["name": .string(name)] as JSONValue).yamlText + "archives:\n"
            for archive in archives {
                var line = JSONObject()
                line["path"] = .string(archive.path.path)
                line["family"] = .string(archive.family)
                line["tokens_per_step"] = request.tokensPerStep.map { .integer($0) }
                text += "# \(archive.summary)\n" + JSONValue.array([.object(line)]).yamlText
            }
            var measured = JSONObject()
            measured["shard"] = .string(request.shard.path)
            measured["context"] = .integer(windows.context)
            measured["windows"] = .integer(windows.count)
            measured["calibration"] = request.calibration.map { (text) -> JSONValue in
                [
                    "shard": .string(text.path), "context": .integer(calibration.context),
                    "windows": .integer(calibration.count),
                ]
            }
            text += JSONValue.object(measured).yamlText
            if request.calibration == nil {
                text += "# calibration: {shard: …}   # other text, for gptq, awq and what else looks at activations\n"
            }
            text += "specs:   # 'qid methods' lists what may stand here\n"
            for spec in try specs { text += "- {\(spec)}\n" }
            return text + laws + "\n"
        }
    }

    /// The name of the one family, else of the first archive, of characters that a run's directory may have.
    private var name: String {
        let families = Set(archives.map(\.family))
        let source = families.count == 1 ? archives[0].family : request.archives[0].lastPathComponent
        let name = source.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let text = String(name).split(separator: "-").joined(separator: "-")
        return text.isEmpty ? "archive" : text
    }

    /// Specs that fit all checkpoints that can be opened where they lie.
    private var specs: [String] {
        get throws(StageError) {
            let groups = [128, 64, 32, 16, 8]
            var fitting = "channel"
            for group in groups where try fits("method=rtn,bits=4,group=\(group),symmetric=false") {
                fitting = "\(group)"
                break
            }
            let settings = "group: \(fitting), symmetric: false"
            var lines = ["method: rtn, bits: [4, 3, 2], \(settings)"]
            if request.calibration != nil { lines.append("method: gptq, bits: [4, 3], \(settings)") }
            if try fits("method=rtn,format=q4_k_m") { lines.append("method: rtn, format: q4_k_m") }
            return lines
        }
    }

    private func fits(_ text: String) throws(StageError) -> Bool {
        let spec = try spec(text: text)
        for checkpoint in archives.flatMap(\.samples) {
            let modules = try description(of: checkpoint).compressibleModules
            let misfits = try? Compression.misfits(of: [spec], to: checkpoint, modules: modules)
            // What cannot be compressed at all, such as a checkpoint that is compressed already, says nothing of specs.
            if let misfits, misfits.contains(where: { $0 != nil }) { return false }
        }
        return true
    }

    /// Those of damage over N and D, where enough is known of D.
    private var laws: String {
        let known = archives.flatMap(\.checkpoints).count { $0.facts.tokens != nil }
        return known >= 4
            ? "laws: [kl-unified, kl-per-bit, qid-unified]"
            : "laws: []   # say D of four checkpoints or more: [kl-unified, kl-per-bit, qid-unified]"
    }
}
