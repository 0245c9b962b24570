import FoundationEssentials
import JSON
import Pipeline
import Records
import System
import TestSupport
import Testing
import Warehouse

/// Methods that look at activations, by the commands, on a small archive made on the spot.
struct CalibrationTests {
    private static let specs = """
        [{method: [rtn, gptq], bits: [3, 2], group: 8, symmetric: false}, \
        {method: gptq, bits: 2, group: 8, act_order: true}]
        """

    private static func write(
        _ archive: SmallArchive, specs: String = Self.specs,
        text: String = "weights are rounded a little when its model",
        calibration: String = "{shard: calibration.txt, context: 16, windows: 4}"
    ) throws {
        let repeated = (0..<4).map { "\(text) \($0)" }.joined(separator: " ")
        try replaceFile(Array(repeated.utf8), at: archive.root.appending(path: "calibration.txt"))
        try archive.writeManifest(specs: specs)
        var manifest = String(decoding: try readFile(archive.manifest), as: UTF8.self)
        if !calibration.isEmpty { manifest += "calibration: \(calibration)\n" }
        try replaceFile(Array(manifest.utf8), at: archive.manifest)
    }

    private static func run(_ archive: SmallArchive, _ workspace: URL) throws -> Program.Outcome {
        let outcome = try qid(["run", archive.manifest.path, "--workspace", workspace.path])
        try #require(outcome.status == 0, "\(outcome.errors)")
        return outcome
    }

    private static func artifacts(_ workspace: URL, _ kind: String) throws -> Set<String> {
        Set(try names(in: workspace.appending(path: "store/\(kind)")).filter { !$0.hasPrefix(".") })
    }

    @Test func aManifestIsCalibratedOnceAndRepeats() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            try Self.write(archive)
            let workspace = directory.appending(path: "workspace")
            #expect(try Self.run(archive, workspace).errors.contains("quantize: 30 compressed, 0 known"))
            let made = try Self.artifacts(workspace, "compressed")
            let second = try Self.run(archive, workspace)
            #expect(second.errors.contains("run: nothing new: all of 36 cells are measured and reported"))
            #expect(try Self.artifacts(workspace, "compressed") == made)

            let reader = try WarehouseReader(reading: workspace.appending(path: "warehouse.sqlite"))
            let calibrated = "SELECT DISTINCT calibration_digest FROM evaluation WHERE calibration_digest IS NOT NULL"
            #expect(try reader.query(calibrated).rows.count == 1)
            let count = { (condition: String) in
                try reader.query("SELECT 1 FROM evaluation WHERE calibration_digest \(condition)").rows.count
            }
            #expect(try count("IS NOT NULL AND spec LIKE 'gptq%'") == 18)
            #expect(try count("IS NULL AND (spec LIKE 'rtn%' OR spec IS NULL)") == 18)

            let run = try #require(try names(in: workspace.appending(path: "runs")).first)
            let lock = workspace.appending(path: "runs/\(run)/manifest.lock.yaml").path
            let verified = try qid(["verify", lock, "--workspace", workspace.path])
            #expect(verified.output.contains("all 36 cells have the same digests and losses"), "\(verified.errors)")
        }
    }

    @Test func onlyCalibratedKeysDependOnTheText() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let plain = directory.appending(path: "plain")
            try Self.write(archive, specs: "[{method: rtn, bits: [3, 2], group: 8, symmetric: false}]", calibration: "")
            _ = try Self.run(archive, plain)

            let workspace = directory.appending(path: "workspace")
            try Self.write(archive)
            _ = try Self.run(archive, workspace)
            for kind in ["compressed", "evaluations"] {
                #expect(try Self.artifacts(workspace, kind).isSuperset(of: Self.artifacts(plain, kind)), "\(kind)")
            }
            for name in try Self.artifacts(plain, "evaluations") {
                let bytes = try [plain, workspace].map { try readFile($0.appending(path: "store/evaluations/\(name)")) }
                #expect(bytes[0] == bytes[1])
            }
            for change in ["text", "windows"] {
                if change == "text" {
                    try Self.write(archive, text: "the model loses a little when it is rounded down")
                } else {
                    try Self.write(archive, calibration: "{shard: calibration.txt, context: 16, windows: 3}")
                }
                let again = try Self.run(archive, workspace)
                #expect(again.errors.contains("quantize: 18 compressed, 12 known"), "\(change): \(again.errors)")
            }
        }
    }

    @Test func theCommandMakesWhatTheManifestMakes() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            try Self.write(
                archive, specs: "[{method: gptq, bits: 3, group: 8, symmetric: false, act_order: true}]")
            let workspace = directory.appending(path: "workspace")
            _ = try Self.run(archive, workspace)
            let output = directory.appending(path: "output")
            let command = try qid(
                [
                    "--checkpoint", archive.archive.appending(path: "d16/step64").path, "--method", "gptq", "--bits",
                    "3", "--group", "8", "--asymmetric", "--act-order", "--calibration",
                    archive.root.appending(path: "calibration.txt").path, "--context", "16", "--windows", "4",
                    "--output", output.path, "--digest",
                ], command: "qid-quantize")
            try #require(command.status == 0, "\(command.errors)")
            let provenance = try readFile(output.appending(path: "provenance.json"))
            let facts = try #require(try JSONValue(parsing: provenance).object?["calibration"]?.object)
            #expect(facts["windows"] == 4 && facts["context"] == 16)
            #expect(facts["shard"]?.string == sha256(try readFile(archive.root.appending(path: "calibration.txt"))))
            // Whoever runs the command sees the errors of layers there; of a cell they stand apart.
            var made = try #require(try JSONValue(parsing: provenance).object)
            #expect(made["layers"]?.array?.count == 8)
            made["layers"] = nil
            let twins = try Self.artifacts(workspace, "compressed").filter { name in
                let place = workspace.appending(path: "store/compressed/\(name)")
                return try JSONValue(parsing: readFile(place.appending(path: "provenance.json"))).object == made
            }
            let twin = workspace.appending(path: "store/compressed/\(try #require(twins.first))/model.safetensors")
            #expect(try readFile(twin) == readFile(output.appending(path: "model.safetensors")))
        }
    }

    /// As in evaluation, the configuration says what ends a document; the tokenizer only where it does not.
    @Test func documentsEndAsTheConfigurationSays() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let documents = (0..<40).map { "{\"text\": \"a model loses a little \($0)\"}" }.joined(separator: "\n")
            let text = directory.appending(path: "calibration.jsonl")
            try replaceFile(Array(documents.utf8), at: text)
            let checkpoint = archive.archive.appending(path: "d16/step64")
            let config = checkpoint.appending(path: "config.json")
            var object = try #require(try JSONValue(parsing: try readFile(config)).object)
            try #require(object["eos_token_id"] == 256)
            var weights: [[UInt8]] = []
            for (place, separator) in [JSONValue.integer(256), nil, 7].enumerated() {
                object["eos_token_id"] = separator
                try replaceFile(Array(JSONValue.object(object).prettyText.utf8), at: config)
                let output = directory.appending(path: "output-\(place)")
                let outcome = try qid(
                    [
                        "--checkpoint", checkpoint.path, "--method", "gptq", "--bits", "3", "--group", "8",
                        "--calibration", text.path, "--context", "16", "--windows", "8", "--output", output.path,
                    ], command: "qid-quantize")
                try #require(outcome.status == 0, "\(outcome.errors)")
                weights.append(try readFile(output.appending(path: "model.safetensors")))
            }
            #expect(weights[0] == weights[1] && weights[0] != weights[2])
        }
    }

    /// Text for fewer windows than asked for is used up, and the result says how many there were.
    ///
    /// Text for none fails the cells that it calibrates, no others; with enough of it a rerun makes those.
    @Test func shortTextFailsOnlyWhatItCalibrates() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let workspace = directory.appending(path: "workspace")
            let arguments = ["run", archive.manifest.path, "--workspace", workspace.path]
            try Self.write(archive, calibration: "{shard: calibration.txt, context: 4096, windows: 4}")
            let short = try qid(arguments)
            #expect(short.status == 65 && short.errors.contains("fewer than one calibration window of 4096"))
            #expect(try Self.artifacts(workspace, "compressed").count == 12, "those of rtn")

            try Self.write(archive, calibration: "{shard: calibration.txt, context: 16, windows: 4000}")
            let enough = try Self.run(archive, workspace)
            #expect(enough.errors.contains("quantize: 18 compressed, 12 known"), "\(enough.errors)")
            var windows: Set<Int> = []
            for name in try Self.artifacts(workspace, "compressed") {
                let file = workspace.appending(path: "store/compressed/\(name)/provenance.json")
                let facts = try JSONValue(parsing: try readFile(file)).object?["calibration"]?.object
                if let count = facts?["windows"]?.int { windows.insert(count) }
            }
            #expect(windows.count == 1 && (1..<100).contains(windows.first ?? 0))
        }
    }

    @Test(arguments: [
        ("", Int32(64), "manifest.yaml:6: 'specs[0]': method 'gptq' needs the manifest's key 'calibration'"),
        ("{shard: calibration.txt, context: 1}", 64, "'context' is 1 where a whole number of at least 2 was expected"),
        ("{shard: calibration.txt, windows: 0}", 64, "'windows' is 0 where a whole number of at least 1 was expected"),
        ("{context: 16}", 64, "manifest.yaml:9: key 'shard' is missing"),
        ("{shard: calibration.txt, tokens: 4}", 64, "unknown key 'tokens'; known here: shard, context, windows"),
        ("{shard: nowhere.txt}", 66, "it is the calibration shard of the manifest"),
        ("{shard: calibration.txt, context: 4096}", 65, "tokens, fewer than one calibration window of 4096"),
    ])
    func mistakesInAManifestAreNamed(_ calibration: String, _ status: Int32, _ message: String) throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            try Self.write(archive, calibration: calibration)
            let outcome = try qid([
                "run", archive.manifest.path, "--workspace", directory.appending(path: "workspace").path,
            ])
            #expect(outcome.status == status, "\(outcome.errors)")
            #expect(outcome.errors.contains(message), "\(outcome.errors)")
        }
    }

    @Test(arguments: [
        (["--method", "gptq"], Int32(64), "method 'gptq' needs a calibration shard"),
        (["--method", "gptq", "--calibration", "/nowhere.txt"], 65, "/nowhere.txt"),
        (["--method", "gptq", "--calibration", "TEXT", "--windows", "0"], 64, "--windows must be at least 1"),
        (["--method", "gptq", "--calibration", "TEXT", "--context", "1"], 64, "--context must be at least 2"),
        (["--method", "gptq", "--calibration", "TEXT", "--context", "4096"], 65, "one calibration window of 4096"),
        (["--method", "rtn", "--act-order"], 64, "act_order is true but must be left out for rtn"),
    ])
    func mistakesOnTheCommandLineAreNamed(_ options: [String], _ status: Int32, _ message: String) throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            try Self.write(archive)
            let text = archive.root.appending(path: "calibration.txt").path
            let output = directory.appending(path: "output")
            let outcome = try qid(
                [
                    "--checkpoint", archive.archive.appending(path: "d16/step64").path, "--bits", "4", "--output",
                    output.path,
                ] + options.map { $0 == "TEXT" ? text : $0 }, command: "qid-quantize")
            #expect(outcome.status == status, "\(outcome.errors)")
            #expect(outcome.errors.contains(message), "\(outcome.errors)")
            #expect(try namesIfThere(in: output).isEmpty)
        }
    }
}
