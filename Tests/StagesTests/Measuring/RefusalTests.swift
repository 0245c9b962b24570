import Foundation
import JSON
import Pipeline
import System
import TestSupport
import Testing
import Warehouse

/// A spec that does not fit a checkpoint costs its own cell and no other.
struct RefusalTests {
    /// Groups of 16 do not divide rows of 24, blocks of 32 neither those of 16 nor of 24.
    private static let specs = """
        [{method: rtn, bits: 4, group: [8, 16], symmetric: false}, {method: rtn, format: nf4, group: 32}]
        """

    @Test func theOtherCellsGoOnAndNothingIsRepeated() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            try archive.writeManifest(specs: Self.specs)
            let workspace = directory.appending(path: "workspace")
            let run = { try qid(["run", archive.manifest.path, "--workspace", workspace.path]) }
            for (done, known) in [
                ("9 compressed, 0 known", "15 cells evaluated, 0 known"),
                ("0 compressed, 9 known", "0 cells evaluated, 15 known"),
            ] {
                let outcome = try run()
                #expect(outcome.status == 65, "\(outcome.errors)")
                #expect(outcome.errors.contains("quantize: \(done), 9 failed"), "\(outcome.errors)")
                #expect(outcome.errors.contains("evaluate: \(known), 9 refused"), "\(outcome.errors)")
                #expect(outcome.errors.contains("record: 15 evaluations added") == known.hasPrefix("15"))
                #expect(try Self.rows(workspace, "SELECT 1 FROM qid") == 9)
                #expect(try Self.rows(workspace, "SELECT 1 FROM failure WHERE stage = 'quantize'") == 9)
            }
            let found = try Self.rows(
                workspace,
                """
                SELECT 1 FROM failure WHERE subject LIKE 'rtn-nf4-g32 of checkpoint % (%/d24/step64)'
                    AND reason LIKE '%rows of 24 weights, which blocks of 32 do not divide%'
                """)
            #expect(found == 1)
            let lock = try Self.lock(workspace)
            let report = try readFile(lock.deletingLastPathComponent().appending(path: "report/report.md"))
            #expect(String(decoding: report, as: UTF8.self).contains("| quantize | rtn-asym-w4-g16 of checkpoint "))
            let verified = try qid(["verify", lock.path, "--workspace", workspace.path])
            #expect(verified.status == 0 && verified.output.contains("all 15 cells"), "\(verified.output)")
            #expect(verified.output.contains("9 were refused again"))
            let dryRun = try qid(["run", archive.manifest.path, "--workspace", workspace.path, "--dry-run"])
            #expect(dryRun.output == "nothing to do; 9 cells cannot be made, as an earlier run found\n")
            #expect(
                try qid(["status", "--workspace", workspace.path]).output.contains(
                    "15 of 24 cells evaluated, 9 refused"))

            // Another manifest's report is not about them.
            try archive.writeManifest(specs: "[{method: rtn, bits: 4, group: 8, symmetric: false}]", windows: 5)
            let other = try run()
            #expect(other.status == 0, "\(other.errors)")
            #expect(
                !String(
                    decoding: try readFile(
                        Self.lock(workspace).deletingLastPathComponent().appending(path: "report/report.md")),
                    as: UTF8.self
                ).contains("| quantize |"))
        }
    }

    /// Whatever the refusal, a directory that was to be made is not there, and one that was there is as empty as before.
    @Test(arguments: [
        ["--bits", "4", "--group", "7"], ["--format", "nf4", "--group", "64"],
        ["--method", "codebook", "--levels", "200"], ["--method", "gptq", "--bits", "4"],
    ])
    func quantizeLeavesNothingBehindWhenItRefuses(_ spec: [String]) throws {
        try withScratchDirectory { directory in
            // Its rows have 96 and 384 weights.
            let checkpoint = Fixtures.demoArchive.appending(path: "neox-560k-seed1/step128").path
            for isThere in [false, true] {
                let output = directory.appending(path: "output")
                if isThere { try makeDirectory(output) }
                let outcome = try qid(["quantize", "--checkpoint", checkpoint, "--output", output.path] + spec)
                #expect(outcome.status != 0 && !outcome.errors.isEmpty)
                #expect(try namesIfThere(in: output).isEmpty && exists(output) == isThere, "\(spec)")
                #expect(try names(in: directory) == (isThere ? ["output"] : []))
            }
        }
    }

    /// Rotary positions go on beyond those of training, and the note says so once; learned ones are refused elsewhere.
    @Test func windowsBeyondTheModelsPositionsAreNamed() throws {
        let checkpoint = Fixtures.demoArchive.appending(path: "neox-200k-seed1/step64").path
        let shard = Fixtures.demo.appending(path: "heldout.jsonl.zst").path
        for (context, isNamed) in [(512, true), (256, false)] {
            let outcome = try qid([
                "evaluate", "--checkpoint", checkpoint, "--shard", shard, "--context", "\(context)", "--windows", "1",
            ])
            #expect(outcome.status == 0)
            let note = "windows of \(context) tokens are longer than the 256 positions it was made for"
            #expect(outcome.errors.contains(note) == isNamed, "\(outcome.errors)")
        }
    }

    @Test func whatFailsForItsValuesFailsAloneAndIsNotTriedAgain() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let weights = archive.archive.appending(path: "d16/step64/model.safetensors")
            try Self.makeBrainFloats(weights)
            try archive.writeManifest(
                specs: "[{method: rtn, bits: [4, 3], group: 8}, {method: rtn, bits: 4, group: 8, scales: float16}]")
            let workspace = directory.appending(path: "workspace")
            let options = ["--workspace", workspace.path, "--manifest", archive.manifest.path]
            try #require(try qid(options, command: "qid-ingest").status == 0)
            for done in ["17 compressed, 0 known", "0 compressed, 17 known"] {
                let outcome = try qid(options, command: "qid-quantize")
                #expect(
                    outcome.status == 65 && outcome.errors.contains("quantize: \(done), 1 failed"), "\(outcome.errors)")
                #expect(outcome.errors.contains("rtn-sym-w4-g8-float16 of checkpoint "))
                #expect(outcome.errors.contains("needs a scale in row 0 that float16 cannot hold"), "\(outcome.errors)")
            }
            let refusals = workspace.appending(path: "store/refusals")
            let name = try #require(try names(in: refusals).first)
            let file = refusals.appending(path: name)
            let text = String(decoding: try readFile(file), as: UTF8.self)
            #expect(text.contains("\"final\": true"))
            // What another version of the program said does not count.
            try replaceFile(
                Array(text.replacing("\"program_version\": \"", with: "\"program_version\": \"0").utf8), at: file)
            #expect(try qid(options, command: "qid-quantize").status == 65)
            #expect(String(decoding: try readFile(file), as: UTF8.self) == text)
        }
    }

    @Test func aCheckpointThatIsNotFiniteIsRefusedOnce() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let weights = archive.archive.appending(path: "d24/step256/model.safetensors")
            var bytes = try readFile(weights)
            bytes.replaceSubrange(bytes.count - 2..<bytes.count, with: [0, 0x7e])
            try replaceFile(bytes, at: weights)
            let workspace = directory.appending(path: "workspace")
            for done in ["evaluate: 20 cells evaluated, 0 known", "run: nothing new: all of 20 cells are measured"] {
                let outcome = try qid(["run", archive.manifest.path, "--workspace", workspace.path])
                #expect(outcome.status == 65)
                #expect(outcome.errors.contains(done), "\(outcome.errors)")
                #expect(try Self.rows(workspace, "SELECT 1 FROM failure WHERE stage IN ('quantize', 'evaluate')") == 4)
            }
        }
    }

    /// Turns a file's float16 tensors into bfloat16 ones of the same bits, and one weight into 6.6e35.
    private static func makeBrainFloats(_ file: URL) throws {
        let bytes = try readFile(file)
        let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        var header = String(decoding: bytes[8..<8 + length], as: UTF8.self).replacing("\"F16\"", with: "\"BF16\"")
        while !header.utf8.count.isMultiple(of: 8) { header += " " }
        var values = Array(bytes[(8 + length)...])
        let tensor = try JSONValue(parsing: Array(header.utf8)).object?["gpt_neox.layers.0.mlp.dense_4h_to_h.weight"]
        let start = try #require(tensor?.object?["data_offsets"]?.array?.first?.int)
        values.replaceSubrange(start..<start + 2, with: [0, 0x7b])
        let count = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
        try replaceFile(count + Array(header.utf8) + values, at: file)
    }

    private static func rows(_ workspace: URL, _ question: String) throws -> Int {
        try WarehouseReader(reading: workspace.appending(path: "warehouse.sqlite")).query(question).rows.count
    }

    /// The lock of the run that began last.
    private static func lock(_ workspace: URL) throws -> URL {
        let run = try #require(try names(in: workspace.appending(path: "runs")).last)
        return workspace.appending(path: "runs/\(run)/manifest.lock.yaml")
    }
}
