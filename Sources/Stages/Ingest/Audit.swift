import FoundationEssentials
import Pipeline
import Records

/// What is wrong or doubtful about places in archives, before anything is spent on them.
struct Audit {
    let places: [AuditedPlace]
    /// Of each place.
    private(set) var findings: [[Finding]]
    /// Places with the same weights as each.
    private(set) var twins: [[Int]]

    /// `leastSharedParts` is how many parts of two checkpoints must be the same to be doubtful: one matrix may be frozen.
    init(_ places: [AuditedPlace], leastSharedParts: Int = 2) {
        self.places = places
        findings = places.map { $0.claims.findings + $0.findings }
        twins = places.map { _ in [] }
        findSameWeights()
        for run in runs { findSharedParts(run, atLeast: leastSharedParts) }
        for run in runs {
            findOutOfLine(run)
            findOtherModels(run)
            findFallingTokens(run)
        }
        findRestartedCounters()
        findMissingTokens()
    }

    var hasFaults: Bool { findings.contains { $0.contains(where: \.isFault) } }

    /// Says on standard error what was found, each finding of several places once.
    func report() {
        var said: [Finding: [String]] = [:]
        var order: [Finding] = []
        for (place, found) in zip(places, findings) {
            for finding in found {
                if said[finding] == nil { order.append(finding) }
                said[finding, default: []].append(place.path)
            }
        }
        for finding in order {
            let paths = said[finding] ?? []
            let shown = paths.prefix(3).map { "'\($0)'" }.joined(separator: ", ")
            let more = paths.count > 3 ? " and \(paths.count - 3) more" : ""
            Pipeline.report("ingest: \(finding.isFault ? "doubtful" : "note on") \(shown)\(more): \(finding.message)")
        }
    }

    private mutating func add(_ kind: Finding.Kind, _ message: String, to place: Int) {
        findings[place].append(Finding(kind, message))
    }

    /// The places of each training run that were read, by step.
    private var runs: [[Int]] {
        let known = places.indices.filter { places[$0].problem == nil && places[$0].facts.run.series != nil }
        let runs = Dictionary(grouping: known) { [places[$0].facts.family, places[$0].facts.run.series ?? ""] }
        return runs.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { _, run in
            run.sorted { (places[$0].facts.step ?? .max, $0) < (places[$1].facts.step ?? .max, $1) }
        }
    }

    /// How a message names a place.
    private func title(_ place: Int) -> String {
        let step: String = places[place].facts.step.map { " (step \($0))" } ?? ""
        return "'\(places[place].name)'\(step)"
    }
}

// MARK: Weights

extension Audit {
    private mutating func findSameWeights() {
        let known = places.indices.filter { places[$0].problem == nil && places[$0].identity != nil }
        let groups = Dictionary(grouping: known) { places[$0].identity ?? "" }.filter { $0.value.count > 1 }
        for (_, group) in groups.sorted(by: { $0.value[0] < $1.value[0] }) {
            for place in group {
                twins[place] = group.filter { $0 != place }
                let others = twins[place].filter { places[place].facts.cannotShareWeights(with: places[$0].facts) }
                guard !others.isEmpty else { continue }
                let names = others.prefix(3).map(title).joined(separator: ", ")
                let more = others.count > 3 ? " and \(others.count - 3) more" : ""
                add(
                    .sameWeights,
                    "its weights are those of \(names)\(more), so not all of them are what they are called",
                    to: place)
            }
        }
    }

    /// Parts that two steps of a run have in common; those that most steps have are frozen and no fault.
    private mutating func findSharedParts(_ run: [Int], atLeast least: Int) {
        var holders: [String: [Int]] = [:]
        for place in run {
            for (index, part) in (places[place].traits?.parts ?? []).enumerated() {
                holders["\(index) \(part)", default: []].append(place)
            }
        }
        var shared: [[Int]: Int] = [:]
        for (_, group) in holders where group.count > 1 && group.count * 2 <= max(4, run.count) {
            for (index, first) in group.enumerated() {
                for second in group[(index + 1)...] where !twins[first].contains(second) {
                    guard places[first].facts.step != places[second].facts.step else { continue }
                    shared[[first, second], default: 0] += 1
                }
            }
        }
        for (pair, count) in shared.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) where count >= least {
            for (place, other) in [(pair[0], pair[1]), (pair[1], pair[0])] {
                let all = places[place].traits?.parts.count ?? 0
                add(.sharedWeights, "\(count) of its \(all) largest parts are those of \(title(other))", to: place)
            }
        }
    }

    /// Steps whose weights lie off the way from those before to those after.
    private mutating func findOutOfLine(_ run: [Int]) {
        let steps = run.filter { place in
            places[place].facts.step != nil && places[place].traits?.sample.isEmpty == false
                && !findings[place].contains { $0.kind == .sameWeights }
        }
        var line: [Int] = []
        for place in steps where line.last.map({ places[$0].facts.step != places[place].facts.step }) ?? true {
            line.append(place)
        }
        let trajectory = Trajectory(line.compactMap { places[$0].traits })
        guard line.count == trajectory.count else { return }
        for (index, others) in trajectory.outOfLine {
            let names = others.map { title(line[$0]) }.joined(separator: " and ")
            let finding =
                others.count == 1
                ? "its weights are nearly those of \(names), though another step lies between"
                : "its weights do not lie on the way between those of \(names)"
            add(.outOfLine, finding, to: line[index])
        }
    }

    /// Checkpoints of another size or architecture than most of their run.
    private mutating func findOtherModels(_ run: [Int]) {
        let known = run.filter { places[$0].size != nil }
        let kinds = Dictionary(grouping: known) { model(of: $0) }
        guard kinds.count > 1, let usual = kinds.max(by: { ($0.value.count, $1.key) < ($1.value.count, $0.key) }) else {
            return
        }
        for place in known where model(of: place) != usual.key {
            add(
                .otherModel,
                "its config.json and weights are of \(model(of: place)), those of most others of its run of "
                    + usual.key, to: place)
        }
    }

    private func model(of place: Int) -> String {
        "\(places[place].architecture ?? "") with \(places[place].size?.nonEmbeddingParameters ?? 0) parameters"
    }
}

// MARK: Tokens

extension Audit {
    private mutating func findFallingTokens(_ run: [Int]) {
        let counted = run.filter { places[$0].facts.step != nil && places[$0].facts.tokens != nil }
        for (first, second) in zip(counted, counted.dropFirst()) {
            guard let before = places[first].facts.tokens, let after = places[second].facts.tokens,
                let (early, late) = places[first].facts.step.flatMap({ a in places[second].facts.step.map { (a, $0) } }
                ),
                early < late, Double(after) < 0.99 * Double(before)
            else { continue }
            let message = "D falls from \(before) at step \(early) to \(after) at step \(late) of one run"
            for place in [first, second] { add(.tokensFall, message, to: place) }
        }
    }

    /// Stages whose D is below that of the stage before, and no one said what they begin at.
    private mutating func findRestartedCounters() {
        for place in places.indices {
            let facts = places[place].facts
            guard let stage = facts.run.stage, places[place].rule.stages[stage] == nil, let tokens = facts.tokens,
                facts.tokensSource != .table
            else { continue }
            let before = places.filter { other in
                other.facts.family == facts.family && other.size == places[place].size
                    && (other.facts.run.stage ?? stage) < stage && (other.facts.tokens ?? 0) > tokens
            }.compactMap(\.facts.tokens).max()
            guard before != nil || facts.run.ingredient != nil else { continue }
            let earlier: String = before.map { ", while an earlier one has \($0)" } ?? ""
            add(
                .counterRestarts,
                "stage \(stage) counts from zero again: it has \(tokens) tokens\(earlier); say in the manifest "
                    + "what was before it, such as stages: {\(stage): {tokens_before: …}}", to: place)
        }
    }

    private mutating func findMissingTokens() {
        for place in places.indices where places[place].problem == nil && places[place].facts.tokens == nil {
            let (facts, rule) = (places[place].facts, places[place].rule)
            let message =
                facts.step == nil && rule.saysTokens
                ? "no step was found in its name, so tokens a step say nothing of D; it is measured, and no law is fitted to it"
                : "nobody says how many tokens it has seen: tokens_per_step would (--tokens-per-step), or a table of tokens; "
                    + "it is measured, and no law is fitted to it"
            add(.noTokens, message, to: place)
        }
    }
}

extension TrainingFacts {
    /// Whether a checkpoint of these facts and one of others cannot be the same: training would have had to stand still.
    fileprivate func cannotShareWeights(with other: TrainingFacts) -> Bool {
        if run.series == other.run.series {
            if let step, let otherStep = other.step { return step != otherStep }
            if let tokens, let otherTokens = other.tokens { return tokens != otherTokens }
            return false
        }
        // Runs may begin with the same weights; the last ones of a stage are the first ones of the next.
        if step == 0 || other.step == 0 { return false }
        if let seed = run.seed, let otherSeed = other.run.seed, seed != otherSeed { return true }
        if let ingredient = run.ingredient, let others = other.run.ingredient, ingredient != others { return true }
        guard let step, let otherStep = other.step, step != otherStep else { return false }
        return tokens == nil || tokens != other.tokens
    }
}
