import RealModule

/// Reading measured points from text.
package enum Points {
    /// Reads a CSV table with a header.
    ///
    /// Columns by name: `params,tokens` always; `bits` with `kl` [`kl_stderr`] or `qid` [`qid_stderr`], or `loss` [`scheme`, `group`, `sparsity`];
    /// also `activation_bits`, `family`, `series`, `seed`, `stage`, `checkpoint`, `phase` (`LearningRatePhase`),
    /// `loss_at_chance` or `vocabulary`. Usual names in published tables are understood (`N`, `D`, `N_nonemb`,
    /// `tokens_trillion`, `val_loss`). A `group` column with anything but sizes and `channel`, in a table without
    /// `scheme`, is read as the scheme. Tokens all printed with the same number of decimals are taken to be rounded
    /// there (`tokensStderr`). Every other column is there for laws to name: its numbers, and its texts as labels. An empty
    /// field is an unknown value. `renamed` maps a meaning to the header
    /// that carries it, as `["scheme": "w_quant"]`.
    package static func parse(csv text: String, renamed: [String: String] = [:]) throws(ScalingLawsError) -> [Point] {
        try points(of: CSVTable(text), renamed: renamed)
    }

    /// The same of a file's bytes.
    package static func parse(csv bytes: [UInt8]) throws(ScalingLawsError) -> [Point] {
        try points(of: CSVTable(bytes), renamed: [:])
    }

    private static func points(
        of table: CSVTable, renamed: [String: String]
    ) throws(ScalingLawsError) -> [Point] {
        var columns = try Column.find(in: table.header, renamed: renamed)
        if columns[.scheme] == nil, let group = columns[.group], groupsAreLabels(table, at: group.place) {
            columns[.scheme] = group
            columns[.group] = nil
        }
        for needed in [Column.params, .tokens] where columns[needed] == nil {
            throw .missingColumn(needed.header, found: table.header)
        }
        guard [.loss, .qid, .kl].contains(where: { columns[$0] != nil }) else {
            throw .missingColumn("kl, qid or loss", found: table.header)
        }
        guard !table.rows.isEmpty else { throw .noRows }
        let rounding = columns[.tokens].flatMap { Self.rounding(table, at: $0.place, factor: $0.factor) }
        var points: [Point] = []
        points.reserveCapacity(table.rows.count)
        for row in table.rows {
            var point = try RowReader(row: row, header: table.header, columns: columns).point()
            point.tokensStderr = rounding
            points.append(point)
        }
        return points
    }

    /// The standard error of numbers all printed with the same number of decimals: half a unit of the last, over √3.
    ///
    /// Nil for whole numbers and for columns with no common number of decimals, whose digits say nothing.
    private static func rounding(_ table: CSVTable, at place: Int, factor: Double) -> Double? {
        let decimals = Set(
            table.rows.map { row -> Int in
                let field = row.fields[place]
                guard field.allSatisfy({ $0.isNumber || $0 == "." }), let dot = field.firstIndex(of: ".") else {
                    return 0
                }
                return field.distance(from: dot, to: field.endIndex) - 1
            })
        guard decimals.count == 1, let count = decimals.first, count > 0 else { return nil }
        return factor * .pow(10, -Double(count)) / 12.0.squareRoot()
    }

    private static func groupsAreLabels(_ table: CSVTable, at place: Int) -> Bool {
        table.rows.contains { row in
            let field = row.fields[place]
            guard !field.isEmpty, field.lowercased() != "channel" else { return false }
            guard let size = Double(field) else { return true }
            return size != size.rounded()
        }
    }
}

/// One row of the table as a point.
private struct RowReader {
    let row: (line: Int, fields: [String])
    let header: [String]
    let columns: [Column: (place: Int, factor: Double)]

    func point() throws(ScalingLawsError) -> Point {
        let (params, tokens) = (try required(.params), try required(.tokens))
        var conditions = Conditions(params: params, tokens: tokens)
        conditions.bits = try number(.bits, "a positive number of bits") { $0 > 0 }
        conditions.activationBits = try number(.activationBits, "a positive number of bits") { $0 > 0 }
        if text(.group)?.lowercased() != "channel" {
            conditions.group = try number(.group, "a group size or 'channel'") { $0 >= 1 }
        }
        conditions.sparsity = try number(.sparsity, "a share from 0 to below 1") { $0 >= 0 && $0 < 1 }
        conditions.scheme = text(.scheme)
        for (name, field) in zip(header, row.fields)
        where !field.isEmpty && Variable(rawValue: name) == nil && !Self.isMeasured(name) {
            conditions.labels[name] = field
            if let number = Double(field), number.isFinite { conditions.columns[name] = number }
        }
        return try measured(Point(conditions))
    }

    /// Whether a column is what laws predict, which is no condition for it.
    private static func isMeasured(_ name: String) -> Bool {
        ["loss", "val_loss", "qid", "qid_stderr", "kl", "kl_stderr"].contains(name.lowercased())
    }

    private func measured(_ bare: Point) throws(ScalingLawsError) -> Point {
        var point = bare
        point.loss = try number(.loss, "a loss in nats") { $0 > 0 }
        point.qid = try number(.qid, "a difference of losses in nats") { _ in true }
        point.qidStderr = try number(.qidStderr, "a standard error, 0 or more") { $0 >= 0 }
        point.kl = try number(.kl, "a divergence in nats") { _ in true }
        point.klStderr = try number(.klStderr, "a standard error, 0 or more") { $0 >= 0 }
        point.lossAtChance = try number(.lossAtChance, "a loss in nats") { $0 > 0 }
        if point.lossAtChance == nil {
            point.lossAtChance = try number(.vocabulary, "a number of tokens above 1") { $0 > 1 }.map { .log($0) }
        }
        point.family = text(.family)
        (point.series, point.seed, point.stage) = (text(.series), text(.seed), text(.stage))
        point.checkpoint = text(.checkpoint)
        if let field = text(.phase) {
            guard let phase = LearningRatePhase(rawValue: field) else {
                let known = LearningRatePhase.allCases.map(\.rawValue).joined(separator: ", ")
                throw bad(.phase, field, "one of \(known)")
            }
            point.phase = phase
        }
        return point
    }

    private func required(_ column: Column) throws(ScalingLawsError) -> Double {
        guard let value = try number(column, "a positive number", where: { $0 > 0 }) else {
            throw bad(column, "", "a positive number")
        }
        return value
    }

    private func text(_ column: Column) -> String? {
        guard let place = columns[column]?.place, !row.fields[place].isEmpty else { return nil }
        return row.fields[place]
    }

    private func number(
        _ column: Column, _ expected: String, where isAllowed: (Double) -> Bool
    ) throws(ScalingLawsError) -> Double? {
        guard let field = text(column), let factor = columns[column]?.factor else { return nil }
        guard let value = Double(field), (value * factor).isFinite, isAllowed(value) else {
            throw bad(column, field, expected)
        }
        return value * factor
    }

    private func bad(_ column: Column, _ found: String, _ expected: String) -> ScalingLawsError {
        let name = columns[column].map { header[$0.place] } ?? column.header
        return .badValue(line: row.line, column: name, found: found, expected: expected)
    }
}
