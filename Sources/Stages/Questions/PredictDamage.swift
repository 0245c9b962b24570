import Checkpoint
package import Compression
import Evaluation
package import FoundationEssentials
import JSON
import LanguageModel
import Pipeline
import Records
import System
import Tokenization

/// A checkpoint and specs that it was not evaluated under.
package struct DamageRequest: Sendable {
    package let checkpoint: URL
    package let specs: [Spec]
    /// The text that damage is foretold for.
    package let shard: URL
    package let context: Int
    /// Windows that the probe scores.
    package let windows: Int
    /// The text on which outputs of layers are compared.
    package let calibration: CalibrationRequest
    /// Whose measurements say how distortion turns into damage; nil for the probe alone.
    package let workspace: URL?
    package let memory: Int

    package init(
        checkpoint: URL, specs: [Spec], shard: URL, context: Int, windows: Int, calibration: CalibrationRequest,
        workspace: URL?, memory: Int
    ) {
        (self.checkpoint, self.specs, self.shard, self.context) = (checkpoint, specs, shard, context)
        (self.windows, self.calibration, self.workspace, self.memory) = (windows, calibration, workspace, memory)
    }
}

/// Foretells what specs cost a checkpoint, from its quantization and one probe; none is evaluated.
package func predictDamage(_ request: DamageRequest, asJSON: Bool) throws(StageError) -> String {
    let constants: DamageConstants
    if let location = request.workspace {
        constants = try .measured(
            in: try attempt { () throws(WorkspaceError) in try Workspace(existing: location) })
    } else {
        constants = .ofProbe
    }
    let checkpoint = try openNamed(request.checkpoint)
    let streams = TokenStreams()
    let text = try request.calibration.windows(for: checkpoint, streams)
    let stream = try streams.stream(
        shard: request.shard, tokenizer: request.calibration.tokenizer ?? checkpoint.tokenizerFile,
        endOfText: checkpoint.endOfText, rules: WindowRules(), context: request.context, windows: request.windows,
        order: .usual)
    if let reservation = text.reservation { report("predict: \(request.calibration.text.shard.path): \(reservation)") }
    let progress = Progress("predict")
    let outcome = try Probe(checkpoint: checkpoint, calibration: text.compared).run(
        on: stream,
        Evaluator.Request(
            context: request.context, windows: .first(request.windows),
            options: ScoringOptions(memoryBudget: request.memory))
    ) { progress.update($0 / 2, "probe") }
    let lines = try SpecDistortion.measure(request.specs, of: checkpoint, on: text, memory: request.memory) {
        progress.update(0.5 + $0 / 2, "layers")
    }
    progress.finish("\(lines.count) specs foretold")
    let answer = DamageAnswer(probe: outcome, lines: lines, constants: constants)
    return asJSON ? answer.json.prettyText : answer.text
}

/// A spec as a command line has it: `method=gptq,bits=3,group=128`.
package func spec(text: String) throws(StageError) -> Spec {
    var members: [(key: String, value: String)] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
        let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2, !halves[0].isEmpty, !halves[1].isEmpty else {
            throw .compression(
                .invalidValue(
                    key: "spec", value: "'\(text)'", allowed: "KEY=VALUE,KEY=VALUE, as method=rtn,bits=4,group=128"))
        }
        members.append((String(halves[0]), String(halves[1])))
    }
    return try spec(options: members)
}
