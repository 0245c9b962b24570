import Foundation
import Records
import ScalingLaws
import Testing
import Warehouse

@Suite struct WarehouseTests {
    let folder: Folder

    init() throws { folder = try Folder() }

    @Test func recordingTwiceInAnotherOrderIsRecordingOnce() throws {
        let first = try Folder()
        let second = try Folder()
        let measurements = try [
            Samples.baseline("a"), Samples.compressed("a"), Samples.baseline("b", params: 900),
            Samples.compressed("b", params: 900),
        ]
        let warehouse = try Warehouse(writing: first.warehouse)
        for measurement in measurements { #expect(try warehouse.record(measurement) == .added) }
        #expect(try warehouse.record(Samples.source("a", tokens: 1000)) == .added)
        #expect(try warehouse.record(Samples.fit()) == .added)
        #expect(try warehouse.record(Samples.run("lock", startedAt: "2026-01-01T00:00:00Z")) == .added)

        let other = try Warehouse(writing: second.warehouse)
        #expect(try other.record(Samples.fit()) == .added)
        #expect(try other.record(Samples.source("a", tokens: 1000)) == .added)
        for measurement in (measurements + measurements).reversed() { try other.record(measurement) }
        for measurement in measurements { #expect(try other.record(measurement) == .present) }
        #expect(try other.record(Samples.run("lock", startedAt: "2026-02-02T00:00:00Z")) == .added)
        #expect(try other.record(Samples.run("lock", startedAt: "2026-03-03T00:00:00Z")) == .present)
        #expect(try other.record(Samples.fit()) == .present)
        #expect(try other.record(Samples.source("a", tokens: 1000)) == .present)

        let contents = try warehouse.reader.contents()
        #expect(contents == (try other.reader.contents()))
        #expect(contents.split(separator: "\n").count == 26)
        #expect(contents.contains("window evaluation='a/rtn-asym-w4-g16/1' position=2 nll_nats=35.0"))
    }

    @Test func anotherMeasurementUnderTheSameKeyIsAConflictAndChangesNothing() throws {
        let warehouse = try Warehouse(writing: folder.warehouse)
        try warehouse.record(Samples.compressed("a"))
        let before = try warehouse.reader.contents()
        #expect(
            throws: WarehouseError.conflict(
                table: "evaluation", key: "a/rtn-asym-w4-g16/1", column: "loss_nats", recorded: "3.25", offered: "3.5")
        ) { try warehouse.record(Samples.compressed("a", qid: 0.5)) }

        var otherWindows = try Samples.compressed("a")
        otherWindows.score.windows[1].nll = 36
        #expect(
            throws: WarehouseError.conflict(
                table: "window", key: "a/rtn-asym-w4-g16/1 2", column: "nll_nats", recorded: "35.0", offered: "36.0")
        ) { try warehouse.record(otherWindows) }

        var otherCheckpoint = try Samples.compressed("a", params: 801)
        otherCheckpoint.key = "new"
        #expect(
            throws: WarehouseError.conflict(
                table: "checkpoint", key: "a", column: "params_total", recorded: "1000", offered: "1001")
        ) { try warehouse.record(otherCheckpoint) }
        #expect(try warehouse.reader.contents() == before)
    }

    @Test func aFitWithOtherParametersUnderTheSameKeyIsAConflict() throws {
        let warehouse = try Warehouse(writing: folder.warehouse)
        try warehouse.record(Samples.fit())
        var other = try Samples.fit()
        var parameter = other.fitted.fit.parameters[0]
        parameter.name = "k"
        other.fitted.fit.parameters.append(parameter)
        // The whole fit is one of its columns, so that is where two differ first.
        let error = #expect(throws: WarehouseError.self) { try warehouse.record(other) }
        guard case .conflict(table: "fit", key: "fit", column: "detail", _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func aRunThatIsRepeatedPointsToWhatItFoundTheLastTime() throws {
        let warehouse = try Warehouse(writing: folder.warehouse)
        for name in ["a", "b"] { try warehouse.record(Samples.baseline(name)) }
        try warehouse.record(Samples.fit())
        var run = Samples.run("lock", startedAt: "2026-01-01T00:00:00Z")
        try warehouse.record(run)
        run.evaluations = ["b/baseline", "a/baseline"]
        run.fits = []
        #expect(try warehouse.record(run) == .added)
        #expect(try warehouse.record(run) == .present)
        let links = try warehouse.reader.query(
            "SELECT evaluation FROM run_evaluation UNION ALL SELECT fit FROM run_fit")
        #expect(links.rows == [[.text("a/baseline")], [.text("b/baseline")]])
        run.lock = "other"
        #expect(
            throws: WarehouseError.conflict(
                table: "run", key: "lock", column: "lock", recorded: "'version: 1\n'", offered: "'other'")
        ) { try warehouse.record(run) }
    }

    @Test func aLaterBuildThatMeasuresTheSameIsNoConflict() throws {
        try Warehouse(writing: folder.warehouse).record(Samples.compressed("a"))
        let later = try Warehouse(writing: folder.warehouse, programVersion: "99.0")
        #expect(try later.record(Samples.compressed("a")) == .present)
    }

    @Test func whatIsSaidOfAnArchiveMayBeCorrected() throws {
        let warehouse = try Warehouse(writing: folder.warehouse)
        try warehouse.record(Samples.compressed("a"))
        try warehouse.record(Samples.source("a", tokens: 1000))
        #expect(try warehouse.record(Samples.source("a", tokens: 2000)) == .added)
        #expect(try warehouse.reader.cells().map(\.tokens) == [2000])

        #expect(try warehouse.record(Samples.compressed("a"), shardName: "other.jsonl") == .present)
        #expect(try warehouse.reader.cells().map(\.scored.shard) == ["other.jsonl"])
        // Who does not know the name leaves it.
        try warehouse.record(Samples.baseline("b"))
        #expect(try warehouse.reader.cells().map(\.scored.shard) == ["other.jsonl"])
    }

    @Test func recordsThatBreakARuleAreRefusedByName() throws {
        let warehouse = try Warehouse(writing: folder.warehouse)
        var contradictory = try Samples.compressed("a")
        contradictory.score.loss = 4
        #expect(
            throws: WarehouseError.refused(
                table: "evaluation", key: "a/rtn-asym-w4-g16/1",
                reason: "CHECK constraint failed: abs(loss_nats - baseline_loss_nats - qid_nats) < 1e-6")
        ) { try warehouse.record(contradictory) }

        var infinite = try Samples.compressed("a")
        infinite.score.windows[0].nll = .infinity
        #expect(
            throws: WarehouseError.notFinite(table: "window", key: "a/rtn-asym-w4-g16/1 5", column: "nll_nats")
        ) { try warehouse.record(infinite) }

        #expect(
            throws: WarehouseError.refused(
                table: "run_evaluation", key: "lock a/baseline", reason: "FOREIGN KEY constraint failed")
        ) { try warehouse.record(Samples.run("lock", startedAt: "2026-01-01T00:00:00Z")) }
        #expect(try warehouse.reader.evaluationKeys().isEmpty)
    }

    @Test func failuresAreThoseOfTheLastTime() throws {
        let warehouse = try Warehouse(writing: folder.warehouse)
        try warehouse.record(failures: [Failure(stage: "ingest", subject: "a", reason: "x")], of: "ingest")
        try warehouse.record(
            failures: [
                Failure(
                    stage: "evaluate", subject: "b", reason: "y", cell: .init(checkpoint: "c", spec: "baseline"))
            ], of: "evaluate")
        try warehouse.record(failures: [Failure(stage: "ingest", subject: "c", reason: "z")], of: "ingest")
        let failures = try warehouse.reader.failures()
        #expect(failures.map(\.stage) == ["evaluate", "ingest"])
        #expect(failures.map(\.subject) == ["b", "c"])
        #expect(failures.map(\.cell) == [.init(checkpoint: "c", spec: "baseline"), nil])
    }
}
