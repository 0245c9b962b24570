package import JSON
import Presentation

/// What became of each part since an earlier run, by what it came to of its limit.
///
/// The limit is taken in turn with the part, in each run, so a machine that others use more or less than then changes
/// both. A part has fallen if even the upper end of its interval lies below the lower end of what it was.
package struct BenchmarkComparison: Sendable, Equatable {
    package let rows: [Row]

    /// One part with so many threads.
    package struct Row: Sendable, Equatable {
        package let group: String
        package let name: String
        package let threads: Int
        package let before: MedianEstimate
        package let now: MedianEstimate

        package init(group: String, name: String, threads: Int, before: MedianEstimate, now: MedianEstimate) {
            (self.group, self.name, self.threads, self.before, self.now) = (group, name, threads, before, now)
        }

        package var change: Change {
            guard let before = before.interval, let now = now.interval else { return .withinNoise }
            if now.upperBound < before.lowerBound { return .slower }
            return now.lowerBound > before.upperBound ? .faster : .withinNoise
        }
    }

    /// The raw value is the word for it in table and JSON.
    package enum Change: String, Sendable {
        case slower
        case faster
        case withinNoise = "within noise"
    }

    package var hasFallen: Bool { rows.contains { $0.change == .slower } }

    /// Sets a run beside an earlier one, of which `text` is the `--json` in a file of that name.
    ///
    /// Parts that one of them has not measured are left out.
    package init(of report: BenchmarkReport, to text: [UInt8], file: String) throws(BenchmarkError) {
        let base = try BaseMeasurement.all(in: text, file: file)
        var rows: [Row] = []
        for measurement in report.measurements {
            guard let now = measurement.share,
                let before = base.first(where: { $0.isOf(measurement) })
            else { continue }
            guard before.limit == measurement.limit.rawValue else {
                throw .notComparable(
                    file: file,
                    reason: "'\(measurement.name)' is bound by \(before.limit) there and by "
                        + "\(measurement.limit.rawValue) here: other kernels (QID_KERNELS) or another processor")
            }
            guard before.share.interval != nil, now.interval != nil else {
                throw .notComparable(
                    file: file, reason: "'\(measurement.name)' has no interval: both runs need --rounds 6 or more")
            }
            rows.append(
                Row(
                    group: measurement.group, name: measurement.name, threads: measurement.threads,
                    before: before.share, now: now))
        }
        guard !rows.isEmpty else {
            throw .notComparable(file: file, reason: "no part of it was measured now")
        }
        self.rows = rows
    }

    /// For people, with a line break at the end.
    package var table: String {
        let header = ["", "threads", "of limit then", "of limit now", ""]
        return TextTable(
            header, text: [0, 4],
            rows: rows.map {
                [
                    "\($0.group): \($0.name)", "\($0.threads)", Self.text($0.before), Self.text($0.now),
                    $0.change.rawValue,
                ]
            }
        ).aligned()
    }

    private static func text(_ share: MedianEstimate) -> String {
        func percent(_ value: Double) -> String { Figures.fixed(100 * value, decimals: 1) }
        let interval = share.interval.map { " (\(percent($0.lowerBound)) to \(percent($0.upperBound)))" }
        return percent(share.value) + " %" + (interval ?? "")
    }

    /// The member `comparison` of the document of `qid bench --json`.
    package var json: JSONValue {
        .array(
            rows.map { row in
                [
                    "group": .string(row.group), "name": .string(row.name), "threads": .integer(row.threads),
                    "before": row.before.json, "now": row.now.json, "change": .string(row.change.rawValue),
                ]
            })
    }
}

/// A measurement of an earlier run, as far as it is compared.
private struct BaseMeasurement {
    let group: String
    let name: String
    let threads: Int
    let limit: String
    let share: MedianEstimate

    func isOf(_ measurement: Measurement) -> Bool {
        (group, name, threads) == (measurement.group, measurement.name, measurement.threads)
    }

    /// All that have a share; a file that is none of ours is an error.
    static func all(in text: [UInt8], file: String) throws(BenchmarkError) -> [BaseMeasurement] {
        let document: JSONValue
        do { document = try JSONValue(parsing: text) } catch {
            throw .notComparable(file: file, reason: "it is no JSON: \(error)")
        }
        guard let entries = document.object?["measurements"]?.array else {
            throw .notComparable(
                file: file, reason: "it has no member 'measurements', as what qid bench --json prints has")
        }
        var found: [BaseMeasurement] = []
        for (index, entry) in entries.enumerated() {
            guard let object = entry.object, let group = object["group"]?.string, let name = object["name"]?.string,
                let threads = object["threads"]?.int, let limit = object["limit"]?.string,
                let share = object["share_of_limit"]
            else { throw .notComparable(file: file, reason: "measurement \(index) is none of qid bench --json") }
            guard share != .null else { continue }
            guard let estimate = MedianEstimate(json: share) else {
                throw .notComparable(
                    file: file, reason: "measurement \(index) has a share_of_limit without a median and its interval")
            }
            found.append(BaseMeasurement(group: group, name: name, threads: threads, limit: limit, share: estimate))
        }
        return found
    }
}

extension MedianEstimate {
    /// The median and its interval, null where there is none.
    var json: JSONValue {
        let interval = interval.map { JSONValue.array([.number($0.lowerBound), .number($0.upperBound)]) }
        return ["median": .number(value), "interval": interval ?? .null]
    }

    /// Reads what `json` writes.
    init?(json: JSONValue) {
        guard let object = json.object, let value = object["median"]?.double, let interval = object["interval"] else {
            return nil
        }
        guard interval != .null else {
            self.init(value: value, interval: nil)
            return
        }
        guard let ends = interval.array, ends.count == 2, let low = ends[0].double, let high = ends[1].double,
            low <= high
        else { return nil }
        self.init(value: value, interval: low...high)
    }
}
