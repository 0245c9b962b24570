import Compression
package import FoundationEssentials
import JSON
package import Pipeline
import Presentation
import RealModule
import Records
import ScalingLaws
import System

/// Orders all lines of a manifest by the damage that distortion and probes foretell, before anything is evaluated.
///
/// What is measured for that stays in the store, and a run of the manifest finds it there. Status 65 says that some cell
/// or checkpoint has none; each was named.
package func rank(
    manifest: URL, workspace location: URL, memory: Int, asJSON: Bool
) throws(StageError) -> (text: String, status: ExitStatus) {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(creating: location) }
    var stages = StageSequence(StageRunner(pipeline: .local), workspace)
    try stages.perform(.ingest, on: manifest)
    let storeLock = try hold(workspace.storeLock, .shared)
    defer { storeLock.release() }
    let lock = try resolve(manifest: manifest, workspace: workspace).lock.withDistortions()
    guard lock.calibration != nil else {
        throw .laws(.noAnswer("nothing to rank by: the manifest has no calibration text"))
    }
    try measureDistortions(of: lock, in: workspace, memory: memory, try lock.checkInputs())
    let ranking = try SpecRanking(lock, in: workspace, try .measured(in: workspace))
    return (asJSON ? ranking.json.prettyText : ranking.text, ranking.isWhole ? stages.worst : .badInput)
}

/// Makes the errors of layers and the probes that a lock's cells lack.
private func measureDistortions(of lock: Lock, in workspace: Workspace, memory: Int, _ inputs: WatchedInputs)
    throws(StageError)
{
    let contents = try StoreContents(workspace)
    let cells = lock.cells
    let unknown = cells.filter { !contents.isDistortionKnown(of: $0) }
    let progress = Progress("rank")
    let compression = CellCompression(lock: lock, workspace: workspace, memory: memory, inputs: inputs, kept: [])
    var done = 0
    for group in grouped(unknown) {
        try attempt { () throws(WorkspaceError) in try Interruption.check() }
        progress.update(Double(done) / Double(unknown.count) / 2, "layers of \(group[0].checkpoint.digest.prefix(12))")
        _ = try compression.compress(group) { _ in }
        done += group.count
    }
    let unprobed = cells.filter { !contents.isProbed($0) }
    let probes = CheckpointProbes(lock: lock, workspace: workspace, memory: memory, inputs: inputs)
    for (index, cell) in unprobed.enumerated() {
        try attempt { () throws(WorkspaceError) in try Interruption.check() }
        progress.update(
            0.5 + Double(index) / Double(2 * unprobed.count), "probe of \(cell.checkpoint.digest.prefix(12))")
        _ = try probes.probe(cell) { _ in }
    }
    progress.finish("errors of layers of \(unknown.count) cells and \(unprobed.count) probes measured, none evaluated")
}

/// The lines of a manifest in the order of what they cost.
private struct SpecRanking {
    /// One spec over all checkpoints.
    struct Line {
        let name: String
        /// As stored, the mean over checkpoints.
        let bitsPerWeight: Double
        /// ō, the mean over checkpoints.
        let distortion: Double
        /// The geometric mean of the KL that is foretold, nats per token.
        let kl: Double
        let checkpoints: Int
        /// Whether no other line costs less in as few bits.
        var isOnFront = false
    }

    private(set) var lines: [Line] = []
    /// Lines of which nothing is foretold, with the reason.
    private var others: [(name: String, reason: String)] = []
    private let source: String
    /// Whether all that was asked for is known.
    private(set) var isWhole = true

    init(_ lock: Lock, in workspace: Workspace, _ constants: DamageConstants) throws(StageError) {
        source = constants.source
        var probes: [String: ProbeRecord] = [:]
        var found: [String: [(record: DistortionRecord, kl: Double)]] = [:]
        let cells = lock.cells
        for cell in cells {
            guard let wanted = cell.probe else { continue }
            let probe = try Self.document(workspace.probe(wanted.key)).flatMap(ProbeRecord.init)
            probes[cell.checkpoint.digest] = probe
            if probe?.trials.isUsable != true { isWhole = false }
        }
        for cell in cells {
            guard let wanted = cell.distortion, let spec = cell.spec else { continue }
            guard let record = try Self.document(workspace.distortion(wanted.key)).flatMap(DistortionRecord.init) else {
                isWhole = false
                continue
            }
            guard spec.whyNothingIsForetold == nil, let distortion = record.layers.distortion,
                let probe = probes[cell.checkpoint.digest], let sensitivity = probe.trials.sensitivity
            else { continue }
            let damage = ForetoldDamage(
                distortion: distortion, sensitivity: sensitivity, ceiling: probe.ceiling, constants.kl)
            found[spec.name, default: []].append((record, damage.value))
        }
        for spec in lock.specs where found[spec.name] == nil && !others.contains(where: { $0.name == spec.name }) {
            others.append((spec.name, spec.whyNothingIsForetold ?? "nothing is known"))
        }
        lines = found.map { name, cells in Line(name, cells) }.sorted { ($0.kl, $0.name) < ($1.kl, $1.name) }
        for index in lines.indices {
            lines[index].isOnFront = !lines[..<index].contains { $0.bitsPerWeight <= lines[index].bitsPerWeight }
        }
    }

    private static func document(_ place: URL) throws(StageError) -> JSONValue? {
        try exists(place) ? readJSON(place) : nil
    }

    /// The document for programs.
    ///
    ///     {"constants", "lines": [{"name", "bits_per_weight", "distortion", "kl", "checkpoints", "front"}],
    ///      "others": [{"name", "reason"}]}
    var json: JSONValue {
        [
            "constants": .string(source),
            "lines": .array(
                lines.map { line in
                    [
                        "name": .string(line.name), "bits_per_weight": .number(line.bitsPerWeight),
                        "distortion": .number(line.distortion), "kl": .number(line.kl),
                        "checkpoints": .integer(line.checkpoints), "front": .bool(line.isOnFront),
                    ]
                }),
            "others": .array(others.map { ["name": .string($0.name), "reason": .string($0.reason)] }),
        ]
    }

    var text: String {
        let rows = lines.enumerated().map { place, line in
            [
                "\(place + 1)", line.name, Figures.fixed(line.bitsPerWeight, decimals: 2),
                Figures.significant(line.distortion), Figures.significant(line.kl), "\(line.checkpoints)",
                line.isOnFront ? "front" : "",
            ]
        }
        let header = ["", "spec", "bits/weight", "distortion", "KL foretold", "checkpoints", ""]
        var text = TextTable(header, text: [1, 6], rows: rows).aligned()
        for other in others { text += "\(other.name): \(other.reason)\n" }
        text += "KL by \(source), the geometric mean over checkpoints; front: no line costs less in as few bits\n"
        return text
    }
}

extension SpecRanking.Line {
    fileprivate init(_ name: String, _ cells: [(record: DistortionRecord, kl: Double)]) {
        let count = Double(cells.count)
        self.name = name
        checkpoints = cells.count
        bitsPerWeight = cells.reduce(0) { $0 + $1.record.bitsPerWeight } / count
        distortion = cells.reduce(0) { $0 + ($1.record.layers.distortion ?? 0) } / count
        kl = .exp(cells.reduce(0) { $0 + Double.log(max($1.kl, .leastNormalMagnitude)) } / count)
    }
}
