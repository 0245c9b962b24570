package import Archive
import JSON

/// D of single steps, as a person has it in a table.
package struct TokenTable: Sendable, Equatable {
    /// D of a step, of all runs or of those that the row names.
    package struct Row: Sendable, Hashable {
        package var series: String?
        package var seed: String?
        package var stage: Int?
        package var step: Int
        package var tokens: Int

        package init(series: String? = nil, seed: String? = nil, stage: Int? = nil, step: Int, tokens: Int) {
            (self.series, self.seed, self.stage, self.step, self.tokens) = (series, seed, stage, step, tokens)
        }

        /// How much the row says of which run it is about.
        fileprivate var precision: Int { [series != nil, seed != nil, stage != nil].count { $0 } }
    }

    package var rows: [Row]

    package init(_ rows: [Row] = []) { self.rows = rows }

    /// D of a step of a run; of several rows that say it the one that names the run most precisely.
    package func tokens(step: Int, of place: TrainingPlace, series: String) -> Int? {
        rows.filter { row in
            row.step == step && row.series.map { $0 == series } ?? true && row.seed.map { $0 == place.seed } ?? true
                && row.stage.map { $0 == place.stage } ?? true
        }.max { $0.precision < $1.precision }?.tokens
    }

    /// As it stands in a manifest; nil for an empty table.
    var json: JSONValue? {
        guard !rows.isEmpty else { return nil }
        guard rows.contains(where: { $0.precision > 0 }) else {
            return .object(JSONObject(rows.map { .init(key: "\($0.step)", value: .integer($0.tokens)) }))
        }
        return .array(
            rows.map { row in
                var object = JSONObject()
                object["series"] = row.series.map { .string($0) }
                object["seed"] = row.seed.map { .string($0) }
                object["stage"] = row.stage.map { .integer($0) }
                object["step"] = .integer(row.step)
                object["tokens"] = .integer(row.tokens)
                return .object(object)
            })
    }
}

/// Tokens a step, which may change at some steps.
package struct TokensPerStep: Sendable, Equatable {
    package struct Segment: Sendable, Equatable {
        /// The first step with as many.
        package let from: Int
        package let tokens: Int

        package init(from: Int, tokens: Int) {
            self.from = from
            self.tokens = tokens
        }
    }

    /// By rising steps, the first from step 0.
    package let segments: [Segment]

    package init(_ tokens: Int) { segments = [Segment(from: 0, tokens: tokens)] }

    /// Nil unless the steps rise from 0.
    package init?(_ segments: [Segment]) {
        guard segments.first?.from == 0, zip(segments, segments.dropFirst()).allSatisfy({ $0.from < $1.from }) else {
            return nil
        }
        self.segments = segments
    }

    /// Tokens that have been seen at a step; nil where they are too many to count.
    package func tokens(at step: Int) -> Int? {
        var sum = 0
        for (place, segment) in segments.enumerated() where segment.from < step {
            let next = place + 1 < segments.count ? segments[place + 1].from : step
            let (tokens, overflow) = (min(next, step) - segment.from).multipliedReportingOverflow(by: segment.tokens)
            let (total, overflows) = sum.addingReportingOverflow(tokens)
            guard !overflow, !overflows else { return nil }
            sum = total
        }
        return sum
    }

    /// The most that a step has.
    var largest: Int { segments.map(\.tokens).max() ?? 0 }

    var json: JSONValue {
        if segments.count == 1 { return .integer(segments[0].tokens) }
        return .array(segments.map { ["from": .integer($0.from), "tokens": .integer($0.tokens)] })
    }
}
