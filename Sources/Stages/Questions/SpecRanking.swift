import Compression
import FoundationEssentials
import JSON
import Pipeline
import Presentation
import RealModule
import Records

/// The lines of a manifest in the order of what they cost.
struct SpecRanking {
    /// One spec over all checkpoints.
    struct Line {
        let name: String
        /// As stored, the mean over checkpoints.
        let bitsPerWeight: Double
        /// ō, the mean over checkpoints.
        let distortion: Double
        /// The geometric mean of the KL that is foretold, nats per token.
        let kl: Double
        /// The same of the ends of its 95 % intervals.
        let (low, high): (Double, Double)
        let checkpoints: Int
        var standing = Standing.open
    }

    /// How a line stands among those of as few bits.
    enum Standing: String {
        /// None costs less.
        case front
        /// One costs less, but not for certain.
        case open
        /// One costs less for certain: its interval lies below.
        case decided = ""
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
        var found: [String: [(record: DistortionRecord, damage: ForetoldDamage)]] = [:]
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
            found[spec.name, default: []].append((record, damage))
        }
        for spec in lock.specs where found[spec.name] == nil && !others.contains(where: { $0.name == spec.name }) {
            others.append((spec.name, spec.whyNothingIsForetold ?? "nothing is known"))
        }
        lines = found.map { name, cells in Line(name, cells) }.sorted { ($0.kl, $0.name) < ($1.kl, $1.name) }
        for index in lines.indices {
            let line = lines[index]
            let better = lines[..<index].filter { $0.bitsPerWeight <= line.bitsPerWeight }
            lines[index].standing =
                better.isEmpty ? .front : better.contains { $0.high < line.low } ? .decided : .open
        }
    }

    /// Whether another line is foretold to cost less for certain, in as few bits.
    func isDecided(_ spec: Spec) -> Bool {
        lines.contains { $0.name == spec.name && $0.standing == .decided }
    }

    private static func document(_ place: URL) throws(StageError) -> JSONValue? {
        try exists(place) ? readJSON(place) : nil
    }

    /// The document for programs.
    ///
    ///     {"constants", "lines": [{"name", "bits_per_weight", "distortion", "kl", "kl_low", "kl_high", "checkpoints",
    ///      "front", "open"}], "others": [{"name", "reason"}]}
    var json: JSONValue {
        [
            "constants": .string(source),
            "lines": .array(
                lines.map { line in
                    [
                        "name": .string(line.name), "bits_per_weight": .number(line.bitsPerWeight),
                        "distortion": .number(line.distortion), "kl": .number(line.kl),
                        "kl_low": .number(line.low), "kl_high": .number(line.high),
                        "checkpoints": .integer(line.checkpoints), "front": .bool(line.standing == .front),
                        "open": .bool(line.standing != .decided),
                    ]
                }),
            "others": .array(others.map { ["name": .string($0.name), "reason": .string($0.reason)] }),
        ]
    }

    var text: String {
        let rows = lines.enumerated().map { place, line in
            [
                "\(place + 1)", line.name, Figures.fixed(line.bitsPerWeight, decimals: 2),
                Figures.significant(line.distortion), Figures.significant(line.kl),
                "\(Figures.significant(line.low)) to \(Figures.significant(line.high))", "\(line.checkpoints)",
                line.standing.rawValue,
            ]
        }
        let header = ["", "spec", "bits/weight", "distortion", "KL foretold", "95 %", "checkpoints", ""]
        var text = TextTable(header, text: [1, 5, 7], rows: rows).aligned()
        for other in others { text += "\(other.name): \(other.reason)\n" }
        text +=
            "KL by \(source), the geometric mean over checkpoints; front: no line costs less in as few bits; open: one does, "
            + "but not for certain\n"
        return text
    }
}

extension SpecRanking.Line {
    fileprivate init(_ name: String, _ cells: [(record: DistortionRecord, damage: ForetoldDamage)]) {
        let count = Double(cells.count)
        func geometricMean(_ value: (ForetoldDamage) -> Double) -> Double {
            .exp(cells.reduce(0) { $0 + Double.log(max(value($1.damage), .leastNormalMagnitude)) } / count)
        }
        self.name = name
        checkpoints = cells.count
        bitsPerWeight = cells.reduce(0) { $0 + $1.record.bitsPerWeight } / count
        distortion = cells.reduce(0) { $0 + ($1.record.layers.distortion ?? 0) } / count
        kl = geometricMean(\.value)
        // Without an interval nothing is certain.
        low = geometricMean { $0.low ?? 0 }
        high = geometricMean { $0.high ?? .greatestFiniteMagnitude }
    }
}
