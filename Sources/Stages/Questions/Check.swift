import Compression
import Evaluation
package import FoundationEssentials
package import Pipeline
import ScalingLaws
import System

/// Says what a manifest asks for, or what is wrong with it and where; needs no workspace and reads no checkpoint.
///
/// A mistake in the file is thrown with its line. Inputs that are not there are named one by one.
package func check(manifest file: URL, pipeline: URL?) throws(StageError) -> ExitStatus {
    if let pipeline { _ = try attempt { () throws(ManifestError) in try PipelineFile(file: pipeline) } }
    guard let manifest = try checkedManifest(file) else {
        print("\(file.lastPathComponent): a lock; 'qid verify' repeats it")
        return .success
    }
    print(manifest.overview, terminator: "")
    var missing = 0
    for input in manifest.inputs where try !exists(input.path) {
        report("check: \(input.what) '\(input.path.path)' is not there")
        missing += 1
    }
    return missing == 0 ? .success : .noInput
}

/// The manifest in a file, with laws that can be read; nil if the file is an earlier run's lock.
func checkedManifest(_ file: URL) throws(StageError) -> Manifest? {
    let lock = try readLock(file)
    let asked = try lock == nil ? attempt { () throws(ManifestError) in try Manifest(file: file) } : nil
    for law in lock?.laws ?? asked?.laws ?? [] {
        _ = try attempt { () throws(ScalingLawsError) in try Laws.named(law) }
    }
    return asked
}

extension Manifest {
    fileprivate var inputs: [(what: String, path: URL)] {
        archives.map { ("archive", $0.path) } + [("shard", evaluation.shard)]
            + [("tokenizer", evaluation.tokenizer), ("calibration shard", calibration?.shard)].compactMap {
                what, path in
                path.map { (what, $0) }
            }
    }

    /// What it asks for, a line for each key that decides what will be measured.
    fileprivate var overview: String {
        let order = evaluation.order == .shard ? "from its start" : "in random order"
        let windows: String = evaluation.windows.map { "\($0)" } ?? "all"
        let most = evaluation.target == nil ? "" : "at most "
        let lines: [(String, String?)] = [
            ("manifest", "\(name), valid"),
            ("archives", archives.map { "\($0.path.path) (\($0.rule.family))" }.joined(separator: ", ")),
            (
                "shard",
                "\(evaluation.shard.path): \(most)\(windows) windows of \(evaluation.context) tokens \(order)"
            ),
            ("calibration", calibration.map { "\($0.shard.path): \($0.windows) windows of \($0.context) tokens" }),
            ("specs", "\(specs.count): " + specs.map(\.name).joined(separator: ", ")),
            ("laws", laws.isEmpty ? "none" : laws.joined(separator: ", ")),
            ("predictions", predictions.isEmpty ? nil : "\(predictions.reduce(0) { $0 + $1.count })"),
        ]
        return lines.compactMap { key, text in
            text.map { key + String(repeating: " ", count: 13 - key.utf8.count) + $0 + "\n" }
        }.joined()
    }
}

extension Manifest.Prediction {
    fileprivate var count: Int { params.count * tokens.count * max(1, bits.count) }
}
