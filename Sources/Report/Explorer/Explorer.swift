internal import Compression
internal import JSON
internal import RealModule
internal import Records
internal import ScalingLaws

/// The part of a page that is for exploring: all cells as data, and the script that draws and lists them.
///
/// The script is our own, some four hundred lines: it draws with the page's colours, and nobody has to keep a
/// library that is embedded in it up to date. Without JavaScript, and on paper, the page is as it is without this.
struct Explorer: Sendable, Equatable {
    private let cells: [MeasuredCell]

    /// Nil where there is nothing to compare.
    init?(_ content: ReportContent) {
        guard content.measurements.count > 1 else { return nil }
        cells = content.measurements
    }

    static let script = String(decoding: PackageResources.explorer_js, as: UTF8.self)

    /// The columns with their titles, and a row for each cell; labels stand as places in their column's `levels`.
    ///
    /// Numbers have seven digits here; `report.json` and the warehouse have all.
    var data: JSONValue {
        let columns =
            Self.numbers.map { number in
                Column(number: number.key, number.title, number.error, cells.map(number.value))
            } + Self.labels.map { label in Column(label: label.key, label.title, cells.map(label.value)) }
        return [
            "columns": .array(columns.map(\.json)),
            "rows": .array(cells.indices.map { row in .array(columns.map { $0.values[row] }) }),
        ]
    }

    private typealias Number = (key: String, title: String, error: String?, value: (MeasuredCell) -> Double?)
    private typealias Label = (key: String, title: String, value: (MeasuredCell) -> String?)

    private static var numbers: [Number] {
        [
            ("tokens", "D, training tokens", nil, \.tokens), ("params", "N, non-embedding parameters", nil, \.params),
            ("bits", "bits, nominal", nil, \.bits),
            ("bits_per_weight", "bits per weight, as stored", nil, \.bitsPerWeight),
            ("kl", "KL, nats", "kl_stderr", \.degradation.kl), ("qid", "QiD, nats", "qid_stderr", \.qid),
            ("loss", "loss, nats", nil, \.loss), ("loss16", "loss in 16 bits, nats", nil, \.degradation.baselineLoss),
            ("agreement", "agreement", nil, \.degradation.agreement),
            ("bits_per_byte", "loss, bits per byte", nil, \.bitsPerByte),
            ("kl_stderr", "s.e. of KL", nil, \.degradation.klStderr),
            ("qid_stderr", "s.e. of QiD", nil, \.degradation.qidStderr),
            ("step", "step", nil, { $0.model.step.map { Double($0) } }),
            ("windows", "windows", nil, { Double($0.scored.windows) }),
        ]
    }

    private static var labels: [Label] {
        [
            ("spec", "spec", \.spec.name), ("scheme", "scheme", \.scheme), ("method", "method", \.spec.method.name),
            ("family", "family", \.family), ("series", "series", \.model.run.series),
            ("seed", "seed", \.model.run.seed),
            ("stage", "stage", { $0.model.run.stage.map { "\($0)" } }),
            ("phase", "phase", { $0.model.phase == .unknown ? nil : $0.model.phase.rawValue }),
            ("doubtful", "doubtful", { $0.model.isDoubtful ? "doubtful" : nil }),
            ("checkpoint", "checkpoint", { String($0.model.checkpoint.prefix(12)) }),
            ("evaluation", "evaluation", { String($0.evaluation.prefix(12)) }),
        ]
    }

    /// What one column says of itself, and its value in each row.
    private struct Column {
        let json: JSONValue
        let values: [JSONValue]

        init(number key: String, _ title: String, _ error: String?, _ numbers: [Double?]) {
            var description = JSONObject([
                .init(key: "key", value: .string(key)), .init(key: "title", value: .string(title)),
                .init(key: "kind", value: "number"),
            ])
            description["error"] = error.map { .string($0) }
            json = .object(description)
            values = numbers.map(JSONValue.rounded)
        }

        init(label key: String, _ title: String, _ texts: [String?]) {
            var places: [String: Int] = [:]
            var levels: [JSONValue] = []
            values = texts.map { text in
                guard let text else { return .null }
                if let place = places[text] { return .integer(place) }
                places[text] = levels.count
                levels.append(.string(text))
                return .integer(levels.count - 1)
            }
            json = ["key": .string(key), "title": .string(title), "kind": "label", "levels": .array(levels)]
        }
    }
}

extension JSONValue {
    /// Seven significant digits; null for what is no number.
    fileprivate static func rounded(_ value: Double?) -> JSONValue {
        guard let value, value.isFinite, value != 0 else { return value == 0 ? .integer(0) : .null }
        if let whole = Int(exactly: value) { return .integer(whole) }
        let scale = Double.pow(10, 6 - Double.log10(value.magnitude).rounded(.down))
        guard scale.isFinite, scale > 0 else { return .number(value) }
        return .number((value * scale).rounded() / scale)
    }
}
