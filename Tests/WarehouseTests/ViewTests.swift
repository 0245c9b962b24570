import Compression
import Evaluation
import Foundation
import Records
import ScalingLaws
import Testing
import Warehouse

@Suite struct ViewTests {
    let folder: Folder

    init() throws { folder = try Folder() }

    private func filled() throws -> Warehouse {
        let warehouse = try Warehouse(writing: folder.warehouse)
        try warehouse.record(Samples.source("b", tokens: 4000), params: 900)
        try warehouse.record(Samples.source("a", tokens: 1000))
        for (name, params) in [("a", 800), ("b", 900)] {
            try warehouse.record(Samples.baseline(name, params: params))
            try warehouse.record(Samples.compressed(name, params: params), shardName: "heldout.jsonl")
        }
        return warehouse
    }

    @Test func qidGivesTheCellsWithTheirCircumstances() throws {
        let reader = try filled().reader
        let answer = try reader.query(
            """
            SELECT family, params, tokens, step, bits, scheme, spec, shard, loss16, loss, qid, stderr, kl, kl_stderr, rho,
                rho_stderr, window_seed, agreement, bits_per_weight FROM qid ORDER BY params DESC
            """)
        #expect(
            answer.rows == [
                [
                    .text("neox"), .integer(900), .integer(4000), .integer(40), .integer(4), .text("rtn-asym-g16"),
                    .text("rtn-asym-w4-g16"), .text("heldout.jsonl"), .real(3), .real(3.25), .real(0.25), .real(0.125),
                    .real(0.5), .real(0.0625), .real(0.5), .real(0.375), .integer(1), .real(0.75), .real(5.25),
                ],
                [
                    .text("neox"), .integer(800), .integer(1000), .integer(10), .integer(4), .text("rtn-asym-g16"),
                    .text("rtn-asym-w4-g16"), .text("heldout.jsonl"), .real(3), .real(3.25), .real(0.25), .real(0.125),
                    .real(0.5), .real(0.0625), .real(0.5), .real(0.375), .integer(1), .real(0.75), .real(5.25),
                ],
            ])
    }

    @Test func numbersStandBesideWhatTheyAreAskedFor() throws {
        let warehouse = try filled()
        try warehouse.record(Samples.fit())
        for (lock, time) in [("old", "2026-01-01T00:00:00Z"), ("new", "2026-02-01T00:00:00Z")] {
            try warehouse.record(Samples.run(lock, startedAt: time))
        }
        let columns = "relative_qid * 12, tokens_per_param, bytes, stage_version, run"
        #expect(
            try warehouse.reader.query("SELECT \(columns) FROM qid WHERE params = 800").rows == [
                [.real(1), .real(1.25), .integer(525), .integer(1), .null]
            ])
        // The run that began last of those that used it.
        let baseline = try warehouse.reader.query(
            "SELECT bytes, run, run_started_at, lock_digest, program_version = '\(programVersion)' FROM loss WHERE run NOTNULL"
        )
        #expect(
            baseline.rows == [
                [.integer(1600), .text("demo"), .text("2026-02-01T00:00:00Z"), .text("new"), .integer(1)]
            ])
        for view in ["law", "forecast"] {
            #expect(
                try warehouse.reader.query("SELECT DISTINCT run, lock_digest FROM \(view)").rows
                    == [[.text("demo"), .text("new")]], "\(view)")
        }
    }

    /// Under a budget of nominal bits the same specs compete at every checkpoint, whatever they take when stored.
    @Test func theBestSpecIsThatOfLeastKLWithinABudget() throws {
        let warehouse = try filled()
        for (name, bits, kl, stored) in [("rtn", 3, 0.25, 4.5), ("gptq", 3, 0.125, 3.0), ("gptq", 4, 0.75, 4.0)] {
            for checkpoint in ["a", "b"] {
                var one = try Samples.compressed(checkpoint, params: checkpoint == "a" ? 800 : 900)
                one.compression?.spec = try Spec(options: [("method", name), ("bits", "\(bits)")])
                one.key = "\(checkpoint)/\(name)\(bits)"
                one.compression?.degradation.kl = kl
                one.score.bitsPerWeight = stored
                try warehouse.record(one)
            }
        }
        let answer = try warehouse.reader.query(
            "SELECT budget, candidates, count(*), min(spec), max(spec), max(kl) FROM best_spec GROUP BY budget, candidates"
        )
        #expect(
            answer.rows == [
                [
                    .integer(3), .integer(2), .integer(2), .text("gptq-sym-w3-channel"), .text("gptq-sym-w3-channel"),
                    .real(0.125),
                ],
                [
                    .integer(4), .integer(4), .integer(2), .text("gptq-sym-w3-channel"), .text("gptq-sym-w3-channel"),
                    .real(0.125),
                ],
            ])
    }

    /// What a program sees that goes by declared types; before 3.41 SQLite tells none of expressions.
    @Test func columnsOfViewsHaveOrdinaryTypes() throws {
        let reader = try filled().reader
        let version = try reader.query("SELECT sqlite_version()").rows
        guard case .text(let text)? = version.first?.first else { return }
        let isNew = text.compare("3.41", options: .numeric) != .orderedAscending
        let columns = try reader.query(
            """
            SELECT view.name || '.' || info.name, info.type FROM sqlite_schema AS view JOIN pragma_table_info(view.name) AS info
            WHERE view.type = 'view'
            """)
        for row in columns.rows {
            guard case .text(let type)? = row.last else { continue }
            #expect(["INTEGER", "INT", "REAL", "TEXT", "NUM"].contains(type) || type.isEmpty && !isNew, "\(row)")
        }
    }

    @Test func recipesAreChosenByWhatTheyDo() throws {
        let warehouse = try filled()
        var sparse = try Samples.compressed("a")
        sparse.key = "sparse"
        sparse.compression?.spec = try Spec(options: [
            ("method", "wanda"), ("bits", "4"), ("sparse", "2:4"), ("activations", "8"),
        ])
        let name = try #require(sparse.compression?.spec.name)
        try warehouse.record(sparse)
        try warehouse.record(sparse)
        let chosen = "WHERE sparsity = 0.5 AND sparsity_pattern = '2:4' AND activation_bits = 8 AND rank IS NULL"
        #expect(
            try warehouse.reader.query("SELECT spec FROM qid \(chosen)").rows == [[.text(name)]])
        #expect(
            try warehouse.reader.query("SELECT count(*) FROM loss WHERE sparsity = 0.5 AND activation_bits = 8").rows
                == [[.integer(1)]])
        #expect(try warehouse.reader.query("SELECT count(*) FROM qid WHERE sparsity IS NULL").rows == [[.integer(2)]])
    }

    @Test func lossSaysByWhichProtocolAndHowManyBitsAByteOfTextTakes() throws {
        let warehouse = try Warehouse(writing: folder.warehouse)
        for bos in [false, true] {
            var one = Samples.baseline("a", loss: 3)
            one.key = "\(bos)"
            one.scoring.rules = bos ? WindowRules(bos: true, documents: .separate, separator: 7) : WindowRules()
            one.scoring.bytesPerToken = bos ? 4 : nil
            try warehouse.record(one)
        }
        let answer = try warehouse.reader.query(
            """
            SELECT bos, documents, separator, tokenizer, window_seed, bits_per_byte > 1.08202, bits_per_byte < 1.08203
            FROM loss ORDER BY bos
            """)
        #expect(
            answer.rows == [
                [.integer(0), .text("joined"), .null, .text("tokenizer"), .integer(1), .null, .null],
                [
                    .integer(1), .text("separate"), .integer(7), .text("tokenizer"), .integer(1), .integer(1),
                    .integer(1),
                ],
            ])
    }

    @Test func lossGivesBaselinesToo() throws {
        let reader = try filled().reader
        let points = try reader.losses()
        #expect(points.map(\.form.scheme) == ["dense", "rtn-asym-g16", "dense", "rtn-asym-g16"])
        #expect(points.map(\.loss) == [3, 3.25, 3, 3.25])
        #expect(points.map(\.form.bits) == [nil, 4, nil, 4])
        #expect(try reader.losses(evaluations: ["b/baseline"]).map(\.model.params) == [900])
    }

    @Test func lossesOfEvaluationsThatStoppedByThemselvesCompareWithTheBaselines() throws {
        let warehouse = try Warehouse(writing: folder.warehouse)
        try warehouse.record(Samples.baseline("a", loss: 3))
        // On its own windows the baseline's loss is 4, not 3.
        var stopped = try Samples.compressed("a", loss16: 4, qid: 0.25)
        stopped.scoring.stopping = .init(
            target: PrecisionTarget(qidStderr: 0.125), availableWindows: 9, baseline: "a/baseline")
        try warehouse.record(stopped)
        #expect(try warehouse.reader.losses().map(\.loss) == [3, 3.25])
        let point = try #require(try warehouse.reader.cells().first)
        #expect(point.degradation.baselineLoss == 4 && point.loss == 4.25 && point.qid == 0.25)
        #expect(
            point.scored.windows == 2
                && point.scored.stopping == .init(availableWindows: 9, target: PrecisionTarget(qidStderr: 0.125)))
        // Another target is another measurement of the cell; another version is the same one.
        stopped.key = "other target"
        stopped.scoring.stopping?.target.qidStderr = 0.5
        stopped.scoring.stopping?.target.klError = 0.05
        try warehouse.record(stopped)
        #expect(try warehouse.reader.query("SELECT count(*) FROM qid").rows == [[.integer(2)]])
        stopped.key = "later version"
        stopped.version = 2
        stopped.score.windows.append(.init(place: 0, nll: 40, kl: 1))
        stopped.score.tokens = 30
        try warehouse.record(stopped)
        #expect(
            try warehouse.reader.query("SELECT windows FROM qid ORDER BY stderr_target").rows == [
                [.integer(2)], [.integer(3)],
            ])
    }

    @Test func moreWindowsThanThereWereAreRefused() throws {
        let warehouse = try Warehouse(writing: folder.warehouse)
        var stopped = try Samples.compressed("a")
        stopped.scoring.stopping = .init(
            target: PrecisionTarget(qidStderr: 0.125), availableWindows: 1, baseline: "a/baseline")
        #expect { try warehouse.record(stopped) } throws: { error in
            if case .refused(table: "evaluation", _, _)? = error as? WarehouseError { true } else { false }
        }
    }

    @Test func aCheckpointInTwoPlacesIsCountedOnce() throws {
        let warehouse = try filled()
        var copy = Samples.source("a", tokens: 500)
        copy.path = "elsewhere"
        copy.facts.family = "zebra"
        try warehouse.record(copy)
        let points = try warehouse.reader.cells()
        #expect(points.map(\.family) == ["neox", "neox"])
        #expect(points.map(\.tokens) == [1000, 4000])
        #expect(points.map(\.model.phase) == [.unannealed, .unannealed])
    }

    @Test func theRunOfACheckpointStandsBesideWhatItMeasured() throws {
        let warehouse = try filled()
        let run = TrainingRun(series: "neox-800/seed3", seed: "3", stage: 2, ingredient: 1)
        #expect(try warehouse.reader.cells().map(\.model.run) == [run, run])
        let answer = try warehouse.reader.query("SELECT DISTINCT tokens_source, learning_rate, doubtful FROM qid")
        #expect(answer.rows == [[.text("name"), .real(0.5), .integer(0)]])
    }

    @Test func aCheckpointWithoutASourceIsOfAnUnknownFamily() throws {
        let warehouse = try Warehouse(writing: folder.warehouse)
        try warehouse.record(Samples.compressed("a"))
        let point = try #require(try warehouse.reader.cells().first)
        #expect(point.family == "unknown" && point.tokens == nil && point.model.phase == .unknown)
    }

    /// A spec that gives other weights than it once did: the latest of its revisions counts, whichever was recorded first.
    @Test(arguments: [[1, 2], [2, 1]]) func theLatestRevisionOfASpecCounts(order: [Int]) throws {
        let warehouse = try Warehouse(writing: folder.warehouse)
        for revision in order {
            try warehouse.record(Samples.compressed("a", qid: 0.25 * Double(revision), revision: revision))
        }
        let answer = try warehouse.reader.query("SELECT qid FROM qid")
        #expect(answer.rows == [[.real(0.5)]])
        #expect(try warehouse.reader.query("SELECT count(*) FROM qid_history").rows == [[.integer(2)]])
    }

    @Test func qidGivesOfEachCellTheLatestVersion() throws {
        let warehouse = try filled()
        try warehouse.record(Samples.compressed("a", qid: 0.5, version: 2))
        #expect(try warehouse.reader.cells().map(\.qid) == [0.5, 0.25])
        #expect(try warehouse.reader.cells(evaluations: ["a/rtn-asym-w4-g16/1"]).map(\.qid) == [0.25])
        #expect(try warehouse.reader.query("SELECT count(*) FROM qid").rows == [[.integer(2)]])
    }

    @Test func qidGivesTheRandomOrderBeforeTheShards() throws {
        let warehouse = try filled()
        var inOrder = try Samples.compressed("a", qid: 0.5)
        (inOrder.key, inOrder.scoring.order) = ("in order", .shard)
        try warehouse.record(inOrder)
        let other = try Samples.compressed("a")
        #expect(try warehouse.reader.cells().map(\.qid) == [0.25, 0.25])
        let cell = try #require(try warehouse.reader.cells(evaluations: ["in order"]).first)
        #expect(cell.scored.order == .shard && cell.degradation == inOrder.compression?.degradation)
        #expect(try warehouse.reader.cells().first?.scored.order == other.scoring.order)
        let windows = try warehouse.reader.query(
            "SELECT position, nll_nats, kl_nats FROM window WHERE evaluation = '\(other.key)' ORDER BY position")
        #expect(windows.rows == [[.integer(2), .real(35), .real(6)], [.integer(5), .real(30), .real(4)]])
    }

    @Test func lawsForecastsAndTracesAreRows() throws {
        let warehouse = try filled()
        try warehouse.record(Samples.fit())
        var older = try Samples.fit()
        older.key = "older"
        try warehouse.record(older)
        try warehouse.record(Samples.run("lock", startedAt: "2026-01-02T00:00:00Z"))
        let law = try warehouse.reader.query("SELECT law, parameter, value, low, high, at_bound, n, r2 FROM latest_law")
        #expect(
            law.rows == [
                [
                    .text("qid-unified"), .text("alpha"), .real(0), .null, .null, .integer(1), .integer(12), .real(0.9),
                ],
                [
                    .text("qid-unified"), .text("beta"), .real(0.5), .real(0.4), .real(0.625), .integer(0),
                    .integer(12),
                    .real(0.9),
                ],
            ])
        #expect(try warehouse.reader.query("SELECT count(*) FROM law").rows == [[.integer(4)]])
        let forecast = try warehouse.reader.query(
            "SELECT params, tokens, bits, value, beyond_hull FROM forecast LIMIT 1")
        #expect(forecast.rows == [[.real(1e9), .real(1e12), .integer(4), .real(0.25), .real(2)]])
        let trace = try warehouse.reader.query("SELECT evaluation, run, lock_digest FROM trace")
        #expect(trace.rows == [[.text("a/baseline"), .text("demo"), .text("lock")]])
    }
}
