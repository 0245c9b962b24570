import Foundation
import JSON
import Pipeline
import System
import TestSupport
import Testing
import Warehouse

/// Errors of layers and probes through all stages.
struct DistortionTests {
    private static let specs = """
        [{method: [rtn, awq], bits: [8, 4], group: 8, symmetric: false}, {method: rtn, bits: 8, activations: [8, 4]}, \
        {method: none, kv: int8}]
        """

    private func manifest(_ archive: SmallArchive, laws: String, specs: String = specs) throws {
        let text = """
            name: small
            archives: [{path: archive, family: made-up, tokens_per_step: 1000}]
            shard: heldout.txt
            context: 32
            windows: 6
            calibration: {shard: heldout.txt, context: 16, windows: 4}
            specs: \(specs)
            laws: [\(laws)]

            """
        try replaceFile(Array(text.utf8), at: archive.manifest)
    }

    private func count(_ sql: String, _ workspace: URL) throws -> Int {
        let reader = try WarehouseReader(reading: workspace.appending(path: "warehouse.sqlite"))
        guard case .integer(let count)? = try reader.query(sql).rows.first?.first else { return -1 }
        return count
    }

    /// A law that asks for them makes what an earlier run did not, and no evaluation anew.
    @Test func aLawOfDistortionProbesWhatIsMeasured() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let workspace = directory.appending(path: "workspace")
            try manifest(archive, laws: "kl-unified")
            let first = try qid(["run", archive.manifest.path, "--workspace", workspace.path])
            try #require(first.status == 0, "\(first.errors)")
            #expect(try count("SELECT count(DISTINCT compressed_key) FROM distortion", workspace) == 42)
            #expect(try count("SELECT count(*) FROM distortion WHERE is_unseen", workspace) == 42)
            #expect(!first.errors.contains("calibration text ends"), "\(first.errors)")
            #expect(try count("SELECT count(*) FROM probe", workspace) == 0)
            let before = try names(in: workspace.appending(path: "store/evaluations"))
            try manifest(archive, laws: "kl-unified, kl-distortion, qid-distortion")
            let second = try qid(["run", archive.manifest.path, "--workspace", workspace.path])
            try #require(second.status == 0, "\(second.errors)")
            #expect(try names(in: workspace.appending(path: "store/evaluations")) == before)
            #expect(try count("SELECT count(DISTINCT checkpoint) FROM probe", workspace) == 6)
            // What rounds more than weights and inputs is not foretold, nor where damage is not in proportion to noise.
            let usable = try count("SELECT count(*) FROM sensitive", workspace)
            #expect(
                try usable > 0 && usable == count("SELECT count(DISTINCT key) FROM probe WHERE is_usable", workspace))
            #expect(try count("SELECT count(*) FROM qid WHERE predicted_kl IS NOT NULL", workspace) == 5 * usable)
            let outside = "activation_bits = 4 OR spec LIKE '%kv%'"
            #expect(try count("SELECT count(*) FROM qid WHERE predicted_kl IS NULL AND (\(outside))", workspace) == 12)
            #expect(
                try count("SELECT count(*) FROM law WHERE law = 'kl-distortion' AND parameter = 'p'", workspace) > 0)
            try modelsThatAreNotThereAreForetold(workspace, probes: usable)
            let third = try qid(["run", archive.manifest.path, "--workspace", workspace.path])
            #expect(third.status == 0 && third.errors.contains("nothing new"), "\(third.errors)")
            try artifactsOfBeforeStayAside(workspace)
        }
    }

    /// Errors of layers and probes that an earlier version wrote, with one number for all sublayers, are neither recorded nor damaged.
    private func artifactsOfBeforeStayAside(_ workspace: URL) throws {
        func write(_ folder: String, _ change: (inout JSONObject) -> Void) throws {
            let folder = workspace.appending(path: "store/\(folder)")
            let name = try #require(try names(in: folder).first)
            var object = try #require(
                try JSONValue(parsing: Array(Data(contentsOf: folder.appending(path: name)))).object)
            change(&object)
            try replaceFile(Array(JSONValue.object(object).prettyText.utf8), at: folder.appending(path: "former.json"))
        }
        try write("distortions") { object in
            object["key"] = "former"
            object["distortion"] = 0.5
        }
        try write("probes") { object in
            object["key"] = "former"
            var trial = object["trials"]?.array?.first?.object ?? JSONObject([])
            trial["read_errors"] = nil
            trial["distortion"] = 0.5
            object["trials"] = .array([.object(trial)])
        }
        let outcome = try qid(["record", "--workspace", workspace.path])
        #expect(outcome.status == 0 && !outcome.errors.contains("former"), "\(outcome.errors)")
        #expect(try count("SELECT count(*) FROM distortion WHERE key = 'former'", workspace) == 0)
        #expect(try count("SELECT count(*) FROM probe WHERE key = 'former'", workspace) == 0)
    }

    private func modelsThatAreNotThereAreForetold(_ workspace: URL, probes: Int) throws {
        let place = ["--params", "5e3", "--tokens", "1.28e5", "--workspace", workspace.path]
        let specs = ["bits=4", "bits=2", "bits=8,activations=4"].map { "method=rtn,group=8,symmetric=false,\($0)" }
        let outcome = try qid(["predict"] + place + specs.flatMap { ["--spec", $0] } + ["--json"])
        try #require(outcome.status == 0, "\(outcome.errors)")
        let answer = try #require(try JSONValue(parsing: Array(outcome.output.utf8)).object)
        #expect(answer["sensitivity"]?.object?["checkpoints"]?.int == probes)
        let results = try #require(answer["results"]?.array).compactMap(\.object)
        #expect(results.map { $0["name"]?.string } == ["rtn-asym-w4-g8"])
        let kl = try #require(results[0]["kl"]?.object)
        let value = try #require(kl["value"]?.double)
        #expect(value > 0 && (kl["low"]?.double ?? .infinity) < value && (kl["high"]?.double ?? 0) > value)
        let others = try #require(answer["others"]?.array).compactMap { $0.object?["reason"]?.string }
        #expect(
            others == [
                "no checkpoint of made-up has its layers measured under it",
                "inputs in 4-bit integers are not foretold",
            ])
        let text = try qid(["predict"] + place + ["--spec", specs[0]])
        #expect(text.output.contains("by S = k·D^β/N^α over \(probes) checkpoints"), "\(text.output)")
        let unknown = try qid(["predict"] + place + ["--spec", specs[0], "--family", "llama"])
        #expect(unknown.errors.contains("no checkpoint of family 'llama' has a probe"), "\(unknown.errors)")
        for wrong in [["--params", "1e6"], ["--family", "x"], ["--params", "1", "--tokens", "1", "--shard", "x"]] {
            #expect(try qid(["predict", "--spec", specs[0]] + wrong).status == 64)
        }
    }

    @Test func linesAreRankedBeforeAnythingIsEvaluated() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let workspace = directory.appending(path: "workspace")
            try manifest(archive, laws: "kl-unified")
            let ranked = try qid(["rank", archive.manifest.path, "--workspace", workspace.path, "--json"])
            let lines = try #require(try JSONValue(parsing: Array(ranked.output.utf8)).object?["lines"]?.array)
            #expect(try names(in: workspace.appending(path: "store/evaluations")).isEmpty)
            #expect(try names(in: workspace.appending(path: "store/compressed")).isEmpty)
            let foretold = lines.compactMap { $0.object?["kl"]?.double }
            #expect(foretold == foretold.sorted())
            let names = lines.compactMap { $0.object?["name"]?.string }
            #expect(names.count == 5 && !names.contains { $0.contains("a4") || $0.contains("kv") })
        }
    }

    /// Two bits whose scales take another four are beaten by four bits a row for certain, and need no window; of inputs
    /// in four bits nothing is foretold, so they are measured.
    @Test func onlyOpenLinesAreEvaluated() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let (workspace, lock) = (directory.appending(path: "workspace"), directory.appending(path: "open.yaml"))
            try manifest(
                archive, laws: "kl-unified",
                specs:
                    "[{method: rtn, bits: 4}, {method: rtn, bits: 2, group: 4}, {method: rtn, bits: 8, activations: 4}]"
            )
            let ranked = try qid([
                "rank", archive.manifest.path, "--workspace", workspace.path, "--open", lock.path, "--json",
            ])
            try #require(ranked.status == 0, "\(ranked.errors)")
            let answer = try #require(try JSONValue(parsing: Array(ranked.output.utf8)).object)
            let lines = try #require(answer["lines"]?.array).compactMap(\.object)
            for line in lines {
                func figure(_ key: String) -> Double { line[key]?.double ?? .nan }
                #expect(figure("kl_low") <= figure("kl") && figure("kl") <= figure("kl_high"))
            }
            #expect(lines.map { $0["open"]?.bool } == [true, false], "\(ranked.output)")
            #expect(lines.map { $0["front"]?.bool } == [true, false])
            let run = try qid(["run", lock.path, "--workspace", workspace.path])
            try #require(run.status == 0, "\(run.errors)")
            let reader = try WarehouseReader(reading: workspace.appending(path: "warehouse.sqlite"))
            let measured = try reader.query("SELECT DISTINCT spec FROM qid ORDER BY spec").rows.map { $0[0] }
            #expect(measured == [.text("rtn-sym-w4-channel"), .text("rtn-sym-w8-channel-a4")])
        }
    }

    /// On the text that a method was fitted to errors look smaller than they are.
    @Test func errorsAreToldOnTextThatNoMethodWasFittedTo() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let checkpoint = archive.archive.appending(path: "d24/step128").path
            // A token is a byte: four windows of 16 for the method, 32 for the errors.
            let text = try readFile(archive.root.appending(path: "heldout.txt"))
            let other = [UInt8](repeating: UInt8(ascii: "x"), count: 64)
            let texts = [
                "all": text, "other calibration": other + text[64...],
                "other comparison": Array(text[..<64]) + other + text[128...],
                "beyond": Array(text[..<576]) + other, "few": Array(text[..<192]), "short": Array(text[..<176]),
            ]
            for (name, text) in texts {
                try replaceFile(text, at: directory.appending(path: "\(name).txt"))
                for method in ["rtn", "gptq"] {
                    let outcome = try qid(
                        [
                            "--checkpoint", checkpoint, "--method", method, "--bits", "3", "--group", "8",
                            "--calibration", directory.appending(path: "\(name).txt").path, "--context", "16",
                            "--windows", "4", "--output", directory.appending(path: "\(method) \(name)").path,
                        ], command: "qid-quantize")
                    try #require(outcome.status == 0, "\(outcome.errors)")
                    #expect(outcome.errors.contains("told on its last 11") == (name == "short"), "\(outcome.errors)")
                }
            }
            func errors(_ name: String) throws -> [Double] {
                let file = directory.appending(path: "\(name)/provenance.json")
                let layers = try #require(try JSONValue(parsing: readFile(file)).object?["layers"]?.array)
                return layers.compactMap { $0.object?["output_error"]?.double }
            }
            #expect(try errors("rtn all") == errors("rtn other calibration"))
            #expect(try errors("rtn all") == errors("rtn beyond"))
            #expect(try errors("rtn all") != errors("rtn other comparison"))
            #expect(try errors("gptq all") == errors("gptq beyond"))
            #expect(try errors("gptq few") != errors("gptq short"))
        }
    }

    /// Round to nearest needs no text, and says the errors of its layers where it is given some.
    @Test func provenanceHasTheErrorsOfLayers() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let checkpoint = archive.archive.appending(path: "d16/step128").path
            let text = archive.root.appending(path: "heldout.txt").path
            let plain = ["--checkpoint", checkpoint, "--method", "rtn", "--bits", "4", "--group", "8"]
            let with = plain + ["--calibration", text, "--context", "16", "--windows", "4"]
            for (name, options) in [("plain", plain), ("with", with)] {
                let output = directory.appending(path: name).path
                let outcome = try qid(options + ["--output", output], command: "qid-quantize")
                try #require(outcome.status == 0, "\(outcome.errors)")
            }
            func provenance(_ name: String) throws -> JSONObject? {
                try JSONValue(parsing: readFile(directory.appending(path: "\(name)/provenance.json"))).object
            }
            #expect(try provenance("plain")?["layers"] == nil)
            let layers = try #require(try provenance("with")?["layers"]?.array).compactMap(\.object)
            #expect(layers.count == 8)
            for layer in layers {
                #expect(layer["name"]?.string != nil && (layer["weights"]?.int ?? 0) > 0)
                #expect((layer["weight_error"]?.double ?? 0) > 0 && (layer["output_error"]?.double ?? 0) > 0)
            }
            #expect(
                try readFile(directory.appending(path: "plain/model.safetensors"))
                    == readFile(directory.appending(path: "with/model.safetensors")))
        }
    }
}
