import FoundationEssentials
import Pipeline

extension WorkspaceStatus {
    /// For people: a line for what is held and for each run, and what the last run did.
    package var text: String {
        var lines = ["workspace \(root.path)"]
        lines += holdings.map { "  \($0.name): \($0.count), \(bytesText($0.byteCount))" }
        if badSources > 0 { lines.append("  bad sources: \(badSources)") }
        if leftovers > 0 { lines.append("  left by crashes in tmp/: \(leftovers) ('qid gc' deletes them)") }
        lines += runs.map(\.line)
        if let (run, activity) = lastActivity { lines += activity.lines(left: run.left) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The run that was asked for last, with what its log says of that.
    var lastActivity: (run: Run, activity: RunActivity)? {
        runs.compactMap { run in run.activity.map { (run: run, activity: $0) } }.max {
            $0.activity.begun < $1.activity.begun
        }
    }
}

extension WorkspaceStatus.Run {
    fileprivate var line: String {
        let impossible = refused == 0 ? "" : ", \(refused) refused"
        return "run \(name): \(evaluated) of \(cells) cells evaluated\(impossible), "
            + (isReported ? "reported" : "no report yet")
    }
}

extension RunActivity {
    /// Failures that are shown; the log has all.
    private static let shownFailures = 10

    fileprivate func lines(left: Int) -> [String] {
        let outcome =
            switch (ended, status) {
            case (let time?, let status?): "ended \(time) with status \(status)"
            case (let time?, nil): "stopped \(time) by an error"
            case (nil, _): "has not ended"
            }
        var lines = ["last run: begun \(begun), \(outcome)"]
        if !stages.isEmpty {
            lines.append("  " + stages.map { "\($0.name) \(Progress.duration($0.seconds))" }.joined(separator: ", "))
        }
        if evaluated > 0 {
            let rate = evaluationSeconds > 0 ? ", \(Int(Double(evaluated) / evaluationSeconds * 3600)) an hour" : ""
            lines.append("  evaluated \(evaluated) cells\(rate), at most \(bytesText(peakMemoryBytes)) of memory")
        }
        if left > 0, let seconds = secondsLeft(for: left) {
            lines.append("  left: \(left) cells, about \(Progress.duration(seconds)) to evaluate")
        }
        lines += failures.prefix(Self.shownFailures).map {
            "  \($0.stage)\($0.cell.map { " \($0)" } ?? ""): \($0.reason)"
        }
        if failures.count > Self.shownFailures {
            lines.append("  and \(failures.count - Self.shownFailures) more failures: see the run's log.jsonl")
        }
        return lines
    }
}
