package import FoundationEssentials
import System

extension WorkspaceStatus {
    /// Writes gauges in the text format of Prometheus, the whole file at once, as node_exporter's textfile collector needs.
    package func writeMetrics(to file: URL) throws(StageError) {
        try attempt { () throws(SystemError) in try writeResult(Array(metrics.utf8), to: file) }
    }

    var metrics: String {
        var families: [Family] = [
            Family(
                "qid_store_artifacts", "Artifacts in the store.", holdings.map { (["kind": $0.name], Double($0.count)) }
            ),
            Family(
                "qid_store_bytes", "Bytes in the store.", holdings.map { (["kind": $0.name], Double($0.byteCount)) }),
            Family("qid_bad_sources", "Places of archives without a usable checkpoint.", [([:], Double(badSources))]),
            Family("qid_run_cells", "Cells of each run by their state.", runs.flatMap(\.cellGauges)),
        ]
        if let (run, activity) = lastActivity {
            let name = ["run": run.name]
            families += [
                Family(
                    "qid_last_run_seconds", "Seconds that each stage of the last run took.",
                    activity.stages.map { (name.merging(["stage": $0.name]) { $1 }, $0.seconds) }),
                Family("qid_last_run_failures", "Failures of the last run.", [(name, Double(activity.failures.count))]),
                Family(
                    "qid_last_run_status", "The exit status that the last run ended with.",
                    activity.status.map { [(name, Double($0))] } ?? []),
                Family(
                    "qid_last_run_evaluated_cells", "Cells that the last run evaluated.",
                    [(name, Double(activity.evaluated))]),
            ]
        }
        return families.map(\.text).joined()
    }

    /// A metric's samples with its help.
    private struct Family {
        let name: String
        let help: String
        let samples: [(labels: [String: String], value: Double)]

        init(_ name: String, _ help: String, _ samples: [(labels: [String: String], value: Double)]) {
            (self.name, self.help, self.samples) = (name, help, samples)
        }

        var text: String {
            guard !samples.isEmpty else { return "" }
            let lines = samples.map { sample in
                let labels = sample.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
                return name + (labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}") + " \(sample.value)\n"
            }
            return "# HELP \(name) \(help)\n# TYPE \(name) gauge\n" + lines.joined()
        }

        private static func escaped(_ label: String) -> String {
            label.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        }
    }
}

extension WorkspaceStatus.Run {
    fileprivate var cellGauges: [(labels: [String: String], value: Double)] {
        [("evaluated", evaluated), ("refused", refused), ("left", left)].map { state, count in
            (["run": name, "state": state], Double(count))
        }
    }
}
