import JSON

/// All methods, number formats and keys, for people.
package enum SpecCatalog {
    /// A table: its title, the names of its columns and its rows.
    private struct Table {
        let title: String
        let columns: [String]
        let rows: [[String]]
    }

    private static var tables: [Table] { [methods, formats, keys] }

    private static var methods: Table {
        Table(
            title: "Methods", columns: ["method", "what it does", "paper", "looks at", "numbers", "keys of its own"],
            rows: Method.all.map { method in
                [
                    method.name, method.summary, method.source ?? "", method.passage.words, method.formats.words,
                    method.keys.map { method.neededKeys.contains($0) ? $0.name + " (needed)" : $0.name }
                        .joined(separator: ", "),
                ]
            })
    }

    private static var formats: Table {
        Table(
            title: "Number formats", columns: ["format", "numbers", "bits", "groups"],
            rows: NumberFormat.named.map { format in
                let groups = format.groups?.map(\.number).joined(separator: ", ")
                let bits = (format.nominalBits * 1000).rounded() / 1000
                return [format.name ?? "", format.summary, JSONValue.number(bits).canonicalText, groups ?? "any"]
            })
    }

    private static var keys: Table {
        Table(
            title: "Keys of a spec", columns: ["key", "what it says", "values", "methods"],
            rows: SpecKey.all.map { key in
                [
                    key.name, key.summary, key.allowed,
                    key.isCommon ? "all" : key.takers.map(\.name).joined(separator: ", "),
                ]
            })
    }

    /// The tables in Markdown.
    package static var markdown: String {
        tables.map { table in
            let lines = [table.columns, table.columns.map { _ in "---" }] + table.rows
            return "## \(table.title)\n\n"
                + lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    /// Methods, formats and keys, one a line.
    package static var text: String {
        tables.map { table in
            let width = (table.rows.map { $0[0].count }.max() ?? 0) + 2
            let lines = table.rows.map { row in
                row[0] + String(repeating: " ", count: width - row[0].count) + row[1]
            }
            return "\(table.title)\n" + lines.map { "  " + $0 }.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }
}

extension Passage {
    /// What a method looks at.
    fileprivate var words: String {
        switch self {
        case .alone: "weights"
        case .sequential(.hessian): "inputs' second moments, layer after layer"
        case .sequential(.hessianAndDrift): "inputs' second moments there and in the uncompressed model"
        case .sequential(.norms): "inputs' lengths, layer after layer"
        case .scaling(let scaling): scaling.seesInputs ? "channels of inputs" : "channels of weights"
        }
    }
}
