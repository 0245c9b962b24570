import Archive
package import Compression
import FoundationEssentials
import JSON
import ScalingLaws
import System

// How the lines of a manifest's `archives` are read.

extension Manifest.Archive {
    init(_ field: Field, path: (Field) throws(ManifestError) -> URL) throws(ManifestError) {
        let keys = try field.mapping(
            required: ["path", "family"],
            optional: [
                "series", "name", "tokens_per_step", "tokens", "stages", "schedule", "annealed_from", "trained_as",
                "steps", "copy",
            ])
        self.path = try keys["path"].required(path)
        var rule = IngestRule(
            family: try keys["family"].required { (field) throws(ManifestError) in try field.string() })
        rule.series = try keys["series"].map { (field) throws(ManifestError) in try field.string() }
        rule.naming = try keys["name"].map { (field) throws(ManifestError) in try NamePattern(field) }
        rule.tokensPerStep = try keys["tokens_per_step"].map { (field) throws(ManifestError) in
            try TokensPerStep(field)
        }
        rule.table =
            try keys["tokens"].map { (field) throws(ManifestError) in try TokenTable(field, path: path) }
            ?? TokenTable()
        rule.stages = try keys["stages"].map { (field) throws(ManifestError) in try StageRule.stages(field) } ?? [:]
        rule.schedule = try keys["schedule"].map { (field) throws(ManifestError) in try LearningRateSchedule(field) }
        rule.annealedFrom = try keys["annealed_from"].map { (field) throws(ManifestError) in
            try field.integer(atLeast: 0)
        }
        if rule.schedule != nil, let annealed = keys["annealed_from"] {
            throw annealed.invalid("'annealed_from' and 'schedule' exclude each other: a schedule says where it ends")
        }
        rule.trainedAs = try keys["trained_as"].map { (field) throws(ManifestError) in try NativeSpec(field) }
        rule.copy = try keys["copy"].map { (field) throws(ManifestError) in try field.flag() } ?? false
        self.rule = rule
        steps = try keys["steps"].map { (field) throws(ManifestError) in
            Set(try field.list().map { (step) throws(ManifestError) in try step.integer(atLeast: 0) })
        }
    }
}

extension NativeSpec {
    /// Reads what a person writes on a command line, `{bits: 1.58, activations: 8}`.
    package init(option text: String) throws(ManifestError) {
        try self.init(Field(yaml: text, file: "--trained-as"))
    }

    fileprivate init(_ field: Field) throws(ManifestError) {
        guard case .object(let object) = field.json else {
            throw field.invalid("what models were trained under is a mapping such as {bits: 1.58, activations: 8}")
        }
        do { try self.init(json: object) } catch { throw field.invalid(error.description) }
    }
}

extension NamePattern {
    fileprivate init(_ field: Field) throws(ManifestError) {
        let text = try field.string()
        do throws(NamePatternError) { try self.init(text) } catch { throw field.invalid(error.description) }
    }
}

extension TokensPerStep {
    /// A number, or a list of `{from, tokens}`.
    fileprivate init(_ field: Field) throws(ManifestError) {
        guard case .list(let elements) = field.value else {
            self.init(try field.integer(atLeast: 1))
            return
        }
        let segments = try elements.map { (element) throws(ManifestError) in
            let keys = try element.mapping(required: ["from", "tokens"])
            return Segment(
                from: try keys["from"].required { (field) throws(ManifestError) in try field.integer(atLeast: 0) },
                tokens: try keys["tokens"].required { (field) throws(ManifestError) in try field.integer(atLeast: 1) })
        }
        guard let schedule = TokensPerStep(segments) else {
            throw field.invalid("its steps rise from 0, such as [{from: 0, tokens: 100}, {from: 60, tokens: 200}]")
        }
        self = schedule
    }
}

extension StageRule {
    fileprivate static func stages(_ field: Field) throws(ManifestError) -> [Int: StageRule] {
        var stages: [Int: StageRule] = [:]
        for member in try field.members() {
            guard let number = Int(member.key), number >= 0 else {
                throw member.invalid("the keys of 'stages' are the numbers of stages")
            }
            stages[number] = try StageRule(member)
        }
        return stages
    }

    private init(_ field: Field) throws(ManifestError) {
        let keys = try field.mapping(
            required: ["tokens_before"], optional: ["tokens_per_step", "schedule", "phase"])
        self.init(
            tokensBefore: try keys["tokens_before"].required { (field) throws(ManifestError) in
                try field.integer(atLeast: 0)
            },
            tokensPerStep: try keys["tokens_per_step"].map { (field) throws(ManifestError) in
                try TokensPerStep(field)
            },
            schedule: try keys["schedule"].map { (field) throws(ManifestError) in try LearningRateSchedule(field) },
            phase: try keys["phase"].map { (field) throws(ManifestError) in try field.choice() })
    }
}

extension LearningRateSchedule {
    fileprivate init(_ field: Field) throws(ManifestError) {
        let keys = try field.mapping(
            required: ["shape"], optional: ["warm_up", "decay_from", "decay", "steps", "peak", "final"])
        let whole = { (field: Field) throws(ManifestError) in try field.integer(atLeast: 0) }
        self.init(
            try keys["shape"].required { (field) throws(ManifestError) in try field.choice() },
            warmUp: try keys["warm_up"].map(whole) ?? 0, decayFrom: try keys["decay_from"].map(whole),
            decay: try keys["decay"].map { (field) throws(ManifestError) in try field.choice() } ?? .linear,
            steps: try keys["steps"].map(whole),
            peak: try keys["peak"].map { (field) throws(ManifestError) in try field.positive() },
            final: try keys["final"].map { (field) throws(ManifestError) in try field.number(atLeast: 0) } ?? 0)
        switch shape {
        case .wsd:
            if decayFrom == nil, steps != nil || keys["decay"] != nil {
                throw field.invalid("a rate that falls needs 'decay_from', the last step that it stands at")
            }
            if let decayFrom, let steps, steps <= max(decayFrom, warmUp) {
                throw field.invalid("'steps' \(steps), where the decay ends, comes before it begins")
            }
            if let decayFrom, decayFrom < warmUp { throw field.invalid("'decay_from' comes before 'warm_up' ends") }
        case .cosine, .linear:
            for (name, key) in keys where name.hasPrefix("decay") { throw key.invalid("only shape 'wsd' has it") }
            guard let steps, steps > warmUp else {
                throw field.invalid("shape '\(shape.rawValue)' needs 'steps', the last step, beyond 'warm_up'")
            }
        }
        if let peak, final > peak { throw field.invalid("'final' is above 'peak'") }
    }
}

extension TokenTable {
    /// D by step, `{64: 262144}`; by series and step; a list of rows; or a CSV file with a header.
    fileprivate init(_ field: Field, path: (Field) throws(ManifestError) -> URL) throws(ManifestError) {
        var rows: [Row] = []
        switch field.value {
        case .scalar: rows = try Self.rows(csv: try path(field), field)
        case .list(let elements):
            rows = try elements.map { (element) throws(ManifestError) in try Row(element) }
        case .mapping(let members):
            for member in members {
                guard case .mapping(let steps) = member.value else {
                    rows.append(try Row(member, series: nil))
                    continue
                }
                rows += try steps.map { (step) throws(ManifestError) in try Row(step, series: member.key) }
            }
        }
        var seen: Set<Row> = []
        for var row in rows {
            row.tokens = 0
            guard seen.insert(row).inserted else { throw field.invalid("step \(row.step) of one run stands twice") }
        }
        self.init(rows)
    }

    private static func rows(csv file: URL, _ field: Field) throws(ManifestError) -> [Row] {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try readFile(file) } catch {
            throw field.invalid("'\(file.path)': \(error.isMissing ? "no such file" : error.reason)")
        }
        let table: CSVTable
        do throws(ScalingLawsError) { table = try CSVTable(bytes) } catch {
            throw field.invalid("'\(file.path)': \(error)")
        }
        let known = ["series", "seed", "stage", "step", "tokens"]
        if let other = table.header.first(where: { !known.contains($0) }) {
            throw field.invalid("'\(file.path)' has a column '\(other)'; there are \(known.joined(separator: ", "))")
        }
        for needed in ["step", "tokens"] where !table.header.contains(needed) {
            throw field.invalid("'\(file.path)' has no column '\(needed)'")
        }
        return try table.rows.map { (row) throws(ManifestError) in
            let texts = Dictionary(zip(table.header, row.fields), uniquingKeysWith: { first, _ in first })
            func whole(_ name: String) throws(ManifestError) -> Int? {
                guard let text = texts[name], !text.isEmpty else { return nil }
                guard let number = Double(text).flatMap({ Int(exactly: $0) }), number >= 0 else {
                    throw field.invalid("line \(row.line) of '\(file.path)': \(name) '\(text)' is no whole number")
                }
                return number
            }
            guard let step = try whole("step"), let tokens = try whole("tokens") else {
                throw field.invalid("line \(row.line) of '\(file.path)' lacks its step or its tokens")
            }
            let named = { (name: String) in texts[name].flatMap { $0.isEmpty ? nil : $0 } }
            return Row(
                series: named("series"), seed: named("seed"), stage: try whole("stage"), step: step, tokens: tokens)
        }
    }
}

extension TokenTable.Row {
    /// `64: 262144`.
    fileprivate init(_ member: Field, series: String?) throws(ManifestError) {
        guard let step = Int(member.key), step >= 0 else {
            throw member.invalid("the keys of 'tokens' are training steps, or series with a mapping of steps each")
        }
        self.init(series: series, step: step, tokens: try member.integer(atLeast: 0))
    }

    /// `{series: a, step: 64, tokens: 262144}`.
    fileprivate init(_ field: Field) throws(ManifestError) {
        let keys = try field.mapping(required: ["step", "tokens"], optional: ["series", "seed", "stage"])
        let whole = { (field: Field) throws(ManifestError) in try field.integer(atLeast: 0) }
        self.init(
            series: try keys["series"].map { (field) throws(ManifestError) in try field.string() },
            seed: try keys["seed"].map { (field) throws(ManifestError) in try field.label() },
            stage: try keys["stage"].map(whole), step: try keys["step"].required(whole),
            tokens: try keys["tokens"].required(whole))
    }
}
