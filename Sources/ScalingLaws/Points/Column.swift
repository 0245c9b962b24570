/// A column of a table of points: what it means, the headers that say so, and the factor to the unit used here.
enum Column: String, CaseIterable {
    case params, tokens, bits, activationBits, group, sparsity, scheme
    case loss, qid, qidStderr, kl, klStderr, lossAtChance, vocabulary, family, series, seed, stage, checkpoint, phase

    /// Headers in the order of preference; compared without case.
    private var headers: [(header: String, factor: Double)] {
        switch self {
        case .params:
            [
                ("params", 1), ("n", 1), ("n_nonemb", 1), ("n_nonzero", 1), ("params_million", 1e6),
                ("params_billion", 1e9),
            ]
        case .tokens:
            [
                ("tokens", 1), ("d", 1), ("d_tokens", 1), ("total_examples", 1), ("tokens_million", 1e6),
                ("tokens_billion", 1e9), ("tokens_trillion", 1e12),
            ]
        case .bits: [("bits", 1), ("p", 1), ("w_bits", 1)]
        case .activationBits: [("activation_bits", 1), ("a_bits", 1)]
        case .group: [("group", 1), ("group_size", 1)]
        case .sparsity: [("sparsity", 1), ("s", 1)]
        case .scheme: [("scheme", 1)]
        case .loss: [("loss", 1), ("val_loss", 1)]
        case .qid: [("qid", 1)]
        case .qidStderr: [("qid_stderr", 1)]
        case .kl: [("kl", 1)]
        case .klStderr: [("kl_stderr", 1)]
        case .lossAtChance: [("loss_at_chance", 1)]
        case .vocabulary: [("vocabulary", 1), ("vocab_size", 1)]
        case .family: [("family", 1)]
        case .series: [("series", 1)]
        case .seed: [("seed", 1)]
        case .stage: [("stage", 1)]
        case .checkpoint: [("checkpoint", 1), ("label", 1)]
        case .phase: [("phase", 1)]
        }
    }

    /// The header that a message names.
    var header: String { headers[0].header }

    /// Finds each column in a header line.
    ///
    /// Columns that mean nothing here are ignored; `renamed` maps a meaning (`scheme`) to the header that carries it
    /// (`w_quant`).
    static func find(
        in header: [String], renamed: [String: String]
    ) throws(ScalingLawsError) -> [Column: (place: Int, factor: Double)] {
        let lowercased = header.map { $0.lowercased() }
        if let repeated = firstRepeated(lowercased) { throw .duplicateColumn(repeated) }
        var found: [Column: (place: Int, factor: Double)] = [:]
        for (meaning, wanted) in renamed.sorted(by: { $0.key < $1.key }) {
            guard let column = allCases.first(where: { $0.header == meaning.lowercased() }) else {
                throw .missingColumn(meaning, found: allCases.map(\.header))
            }
            guard let place = lowercased.firstIndex(of: wanted.lowercased()) else {
                throw .missingColumn(wanted, found: header)
            }
            found[column] = (place, 1)
        }
        for column in allCases where found[column] == nil {
            let hits = column.headers.compactMap { name, factor in
                lowercased.firstIndex(of: name).map { (place: $0, factor: factor) }
            }.filter { hit in !renamed.values.contains { $0.lowercased() == lowercased[hit.place] } }
            guard hits.count <= 1 else { throw .duplicateColumn(column.header) }
            found[column] = hits.first
        }
        return found
    }

    private static func firstRepeated(_ names: [String]) -> String? {
        var seen: Set<String> = []
        return names.first { !$0.isEmpty && !seen.insert($0).inserted }
    }
}
