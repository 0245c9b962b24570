/// Where the learning rate stood, as words of a name say it: `stable`, `cooldown256`, `olmo-anneal-step1000`.
package enum NamedPhase: String, Sendable {
    case warmUp = "warm-up"
    case stable
    case decay
    case annealed

    private static let words: [String: NamedPhase] = [
        "warmup": .warmUp, "stable": .stable, "constant": .stable, "decay": .decay, "decaying": .decay,
        "cooldown": .decay, "anneal": .decay, "annealing": .decay, "annealed": .annealed, "decayed": .annealed,
    ]

    /// The last word that says it; nil where none does.
    ///
    /// `weight-decay` is a setting and no phase.
    init?(_ name: String) {
        let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }
            .map { String($0.prefix { $0.isLetter }) }
        var found: NamedPhase?
        for (index, word) in words.enumerated() {
            let before = index == 0 ? "" : words[index - 1]
            if word == "up", before == "warm" { found = .warmUp }
            if word == "down", before == "cool" { found = .decay }
            guard let phase = Self.words[word], !["weight", "wd"].contains(before) else { continue }
            found = phase
        }
        guard let found else { return nil }
        self = found
    }
}
