package import JSON
import Pipeline
import Records

/// What a run's log says of the last time that the run was asked for.
package struct RunActivity: Sendable {
    /// A cell that could not be made, or what stopped the run.
    package struct Failure: Sendable, Equatable {
        package let stage: String
        /// The spec's name, or `baseline`; nil where a whole stage or place failed.
        package let cell: String?
        package let reason: String

        package init(stage: String, cell: String?, reason: String) {
            (self.stage, self.cell, self.reason) = (stage, cell, reason)
        }
    }

    /// When it began, in ISO 8601.
    package let begun: String
    /// When it ended, likewise; nil if it goes on or was killed.
    package let ended: String?
    /// The exit status that it ended with; nil likewise.
    package let status: Int?
    /// Seconds that each stage took, in their order; a stage that came in several turns is summed.
    package let stages: [(name: String, seconds: Double)]
    /// Cells that were evaluated.
    package let evaluated: Int
    /// Seconds that evaluating them took.
    package let evaluationSeconds: Double
    /// The most memory that one of its processes held.
    package let peakMemoryBytes: Int
    package let failures: [Failure]

    /// Nil where the log says nothing of it.
    package init?(_ events: [JSONObject]) {
        guard let start = events.lastIndex(where: { $0["event"]?.string == "run" }),
            let begun = events[start]["time"]?.string
        else { return nil }
        let events = events[start...]
        func all(_ name: String) -> [JSONObject] { events.filter { $0["event"]?.string == name } }
        self.begun = begun
        let end = events.last { ["end", "error"].contains($0["event"]?.string) && $0["stage"] == nil }
        ended = end?["time"]?.string
        status = end?["status"]?.int
        var stages: [(name: String, seconds: Double)] = []
        for stage in all("stage") {
            let (name, seconds) = (stage["stage"]?.string ?? "", stage["seconds"]?.double ?? 0)
            if let place = stages.firstIndex(where: { $0.name == name }) {
                stages[place].seconds += seconds
            } else {
                stages.append((name, seconds))
            }
        }
        self.stages = stages
        let cells = all("cell")
        let made = cells.filter { $0["stage"]?.string == Stage.evaluate.rawValue && $0["status"]?.string == "made" }
        evaluated = made.count
        evaluationSeconds = made.reduce(0) { sum, cell in
            sum + (cell["seconds"]?.double ?? 0) / Double(max(1, cell["cells_together"]?.int ?? 1))
        }
        peakMemoryBytes = cells.compactMap { $0["peak_memory_bytes"]?.int }.max() ?? 0
        failures =
            cells.compactMap(Failure.init(cell:)) + all("left-out").map(Failure.init(place:))
            + all("error").map(Failure.init(error:))
    }

    /// Seconds that so many more cells will take; nil where none was evaluated yet.
    package func secondsLeft(for cells: Int) -> Double? {
        evaluated == 0 ? nil : evaluationSeconds / Double(evaluated) * Double(cells)
    }
}

extension RunActivity.Failure {
    /// Nil for a cell that was made.
    fileprivate init?(cell event: JSONObject) {
        guard event["status"]?.string == "failed" else { return nil }
        self.init(
            stage: event["stage"]?.string ?? "", cell: event["cell"]?.string,
            reason: event["reason"]?.string ?? "the stage's own messages say why")
    }

    fileprivate init(place event: JSONObject) {
        let (path, reason) = (event["path"]?.string ?? "", event["reason"]?.string ?? "")
        self.init(stage: Stage.ingest.rawValue, cell: nil, reason: "'\(path)': \(reason)")
    }

    fileprivate init(error event: JSONObject) {
        self.init(stage: event["stage"]?.string ?? "run", cell: nil, reason: event["message"]?.string ?? "")
    }
}
