import Foundation
import JSON
import Pipeline
import Records
import System
import TestSupport
import Testing
import Warehouse

/// What an archive holds that is not what its names say: it is named, recorded, and no law is fitted to it.
struct AuditTests {
    private func copy(_ archive: SmallArchive, _ from: String, _ to: String) throws {
        let place = archive.archive.appending(path: to)
        if try exists(place) { try removeTree(place) }
        try FileManager.default.copyItem(at: archive.archive.appending(path: from), to: place)
    }

    @Test func theSameWeightsAtSeveralStepsAreLeftOut() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            try copy(archive, "d16/step64", "d16/step512")
            try copy(archive, "d24/step256", "d24/main")
            let workspace = directory.appending(path: "workspace")
            let dry = try qid(["ingest", "--dry-run", "--manifest", archive.manifest.path])
            #expect(dry.status == 65)
            #expect(dry.errors.contains("its weights are those of 'd16/step512' (step 512)"))
            #expect(dry.output.contains("same-weights"))
            #expect(!dry.errors.contains("'d24/step256' (step 256)"))

            let outcome = try qid(["run", archive.manifest.path, "--workspace", workspace.path])
            #expect(outcome.status == 65)
            #expect(outcome.errors.contains("its weights are those of 'd16/step64' (step 64)"))
            #expect(outcome.errors.contains("3 of checkpoints that are doubtful"))
            let reader = try WarehouseReader(reading: workspace.appending(path: "warehouse.sqlite"))
            let findings = try reader.query(
                "SELECT kind, count(*), sum(is_fault) FROM finding GROUP BY kind ORDER BY kind")
            #expect(
                findings.rows == [
                    [.text("no-tokens"), .integer(1), .integer(0)], [.text("same-weights"), .integer(2), .integer(2)],
                ])
            #expect(
                try reader.query("SELECT count(DISTINCT checkpoint), count(*) FROM qid WHERE doubtful").rows == [
                    [.integer(1), .integer(3)]
                ])
            // Both places of one checkpoint are known.
            let places = try reader.query(
                "SELECT step FROM source WHERE checkpoint = (SELECT checkpoint FROM qid WHERE doubtful) ORDER BY step")
            #expect(places.rows == [[.integer(64)], [.integer(512)]])
            #expect(try reader.query("SELECT max(n) FROM fit").rows == [[.integer(15)]])
            let report = try #require(
                try FileManager.default.contentsOfDirectory(atPath: workspace.appending(path: "runs").path).first)
            let page = try String(
                contentsOf: workspace.appending(path: "runs/\(report)/report/report.md"), encoding: .utf8)
            #expect(page.contains("Checkpoints that are not what they seem"))
            #expect(page.contains("Fits leave out 1 checkpoint that is doubtful"))

            // A person may know better.
            let text = try String(contentsOf: archive.manifest, encoding: .utf8)
            try replaceFile(Array((text + "doubtful: keep\n").utf8), at: archive.manifest)
            let kept = try qid(["run", archive.manifest.path, "--workspace", workspace.path])
            #expect(kept.status == 65)
            #expect(!kept.errors.contains("left out the measurements 3"))
            #expect(try reader.query("SELECT max(n) FROM fit").rows == [[.integer(18)]])

            // When the archive is mended nothing is doubtful.
            try FileManager.default.removeItem(at: archive.archive.appending(path: "d16/step512"))
            let mended = try qid(["ingest", "--manifest", archive.manifest.path, "--workspace", workspace.path])
            #expect(mended.status == 0, "\(mended.errors)")
        }
    }

    @Test func weightsOfAnotherStepAreFoundWithoutBeingTheSame() throws {
        try withScratchDirectory { directory in
            let layouts = ArchiveLayouts(in: directory)
            for step in 1...6 {
                try DriftingModel(step: step == 2 ? 6.3 : Double(step)).write(
                    to: directory.appending(path: "archive/run/step\(step)"))
                try DriftingModel(step: Double(step), seed: 2).write(
                    to: directory.appending(path: "archive/sound/step\(step)"))
            }
            try layouts.plain("archive/other/step1", seed: 1)
            let outcome = try qid(
                [
                    "ingest", "--dry-run", "--family", "f", "--tokens-per-step", "10",
                    directory.appending(path: "archive").path,
                ])
            #expect(outcome.status == 65)
            let doubtful = outcome.errors.split(separator: "\n").filter { $0.contains("doubtful") }
            #expect(doubtful.count == 1, "\(outcome.errors)")
            #expect(doubtful.first?.contains("run/step2'") == true)
            #expect(doubtful.first?.contains("do not lie on the way between those of 'run/step1'") == true)
        }
    }

    @Test func matricesOfAnotherStepAndAnotherSizeAreFound() throws {
        try withScratchDirectory { directory in
            let archive = directory.appending(path: "archive")
            for step in 1...6 {
                let model = DriftingModel(step: Double(step), frozen: step == 5 ? 2 : nil)
                try model.write(to: archive.appending(path: "run/step\(step)"))
            }
            try SmallArchive.writeModel(width: 24, step: 7, to: archive.appending(path: "run/step7"))
            let workspace = directory.appending(path: "workspace")
            let outcome = try qid(
                ["ingest", "--family", "f", "--tokens-per-step", "10", "--workspace", workspace.path, archive.path])
            #expect(outcome.status == 65)
            #expect(outcome.errors.contains("largest parts are those of 'run/step2' (step 2)"), "\(outcome.errors)")
            #expect(outcome.errors.contains("largest parts are those of 'run/step5' (step 5)"))
            #expect(outcome.errors.contains("'run/step7'") || outcome.errors.contains("run/step7"))
            #expect(outcome.output.contains("other-model"))
        }
    }

    @Test func tokensThatFallAreFound() throws {
        try withScratchDirectory { directory in
            let layouts = ArchiveLayouts(in: directory)
            try layouts.plain("archive/run/step10-tokens5B", seed: 1)
            try layouts.plain("archive/run/step20-tokens3B", seed: 2)
            let outcome = try qid(
                ["ingest", "--dry-run", "--family", "f", directory.appending(path: "archive").path])
            #expect(outcome.status == 65)
            #expect(outcome.errors.contains("D falls from 5000000000 at step 10 to 3000000000 at step 20 of one run"))
        }
    }

    /// A cell whose D nobody says is measured and reported.
    @Test func checkpointsWithoutAStepStayInTheReport() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            try removeTree(archive.archive.appending(path: "d24"))
            for (step, name) in [(64, "ep0-x"), (128, "final"), (256, "last")] {
                try FileManager.default.moveItem(
                    at: archive.archive.appending(path: "d16/step\(step)"),
                    to: archive.archive.appending(path: "d16/\(name)"))
            }
            let workspace = directory.appending(path: "workspace")
            let outcome = try qid(["run", archive.manifest.path, "--workspace", workspace.path])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("no step was found in its name"))
            #expect(outcome.errors.contains("9 of checkpoints whose D nobody says"))
            #expect(outcome.output.contains("Fits leave out 3 checkpoints whose tokens nobody says"))
            #expect(outcome.output.contains("No law was fitted to these points."))
        }
    }
}

/// A model whose weights move on with the step, as training moves them: along a way of their own, with a little noise.
struct DriftingModel {
    var step: Double
    var seed = 1
    /// A step whose first tensors it has instead of its own.
    var frozen: Int?

    func write(to directory: URL) throws {
        try SmallArchive.writeModel(width: 16, to: directory) { tensor, count in
            let moment = tensor < 6 ? frozen.map(Double.init) ?? step : step
            var way = SeededGenerator(seed: UInt64(seed * 1000 + tensor))
            var noise = SeededGenerator(seed: UInt64(seed * 100_000 + Int(moment * 10) * 100 + tensor))
            return (0..<count).map { _ in
                let (start, speed) = (Float.random(in: -1...1, using: &way), Float.random(in: -1...1, using: &way))
                return start / 8 + speed * Float(moment) / 16 + Float.random(in: -1...1, using: &noise) / 100
            }
        }
    }
}
