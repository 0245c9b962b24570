import FoundationEssentials
import JSON
import Pipeline
import System
import TestSupport
import Testing

/// Losses under GPTQ on the demo archive against IST-DASLab/gptq's own class in PyTorch.
struct CalibrationOracleTests {
    private static let checkpoints = [
        "neox-25k-seed1/step1024", "neox-85k-seed1/step512", "neox-85k-seed2/step1024", "neox-200k-seed1/step1024",
    ]

    private static func writeManifest(to file: URL) throws {
        let archives = Dictionary(grouping: checkpoints) { $0.split(separator: "/")[0] }.map { name, checkpoints in
            let steps = checkpoints.compactMap { $0.split(separator: "step").last }.joined(separator: ", ")
            let path = Fixtures.demoArchive.appending(path: "\(name)").path
            return "{path: \(path), family: demo, tokens_per_step: 4096, steps: [\(steps)]}"
        }
        let text = """
            name: oracle
            archives: [\(archives.joined(separator: ", "))]
            shard: \(Fixtures.directory.appending(path: "heldout.npy").path)
            context: 256
            windows: 128
            order: shard
            calibration: {shard: \(Fixtures.directory.appending(path: "calibration.npy").path)}
            specs:
              - {method: gptq, bits: [4, 3, 2], group: [channel, 16], symmetric: false}
              - {method: gptq, bits: 3, group: channel, symmetric: true}
              - {method: gptq, bits: 3, group: 16, symmetric: false, act_order: true}

            """
        try replaceFile(Array(text.utf8), at: file)
    }

    /// Where checkpoints were found, as the oracle calls it, by their digests.
    private static func places(_ workspace: URL) throws -> [String: String] {
        var places: [String: String] = [:]
        let folder = workspace.appending(path: "store/sources")
        for name in try names(in: folder) where name.hasSuffix(".json") {
            let source = try #require(try JSONValue(parsing: readFile(folder.appending(path: name))).object)
            let digest = try #require(source["checkpoint"]?.string)
            let path = try #require(source["path"]?.string)
            places[digest] = checkpoints.first { path.hasSuffix("/\($0)") || path.contains("/\($0).") }
        }
        return places
    }

    /// Within 2 % of the QiD, where 5 % were asked for: what is left is a rounding that falls the other way in float32.
    @Test func lossesAreThoseOfTheReferenceImplementation() throws {
        let oracle = try #require(try Fixtures.json("gptq.json").object)
        try withScratchDirectory { directory in
            let manifest = directory.appending(path: "manifest.yaml")
            let workspace = directory.appending(path: "workspace")
            try Self.writeManifest(to: manifest)
            let run = try qid(["run", manifest.path, "--workspace", workspace.path])
            try #require(run.status == 0, "\(run.errors)")
            let places = try Self.places(workspace)
            let folder = workspace.appending(path: "store/evaluations")
            var compared = 0
            for name in try names(in: folder) where name.hasSuffix(".json") {
                let artifact = try #require(try JSONValue(parsing: readFile(folder.appending(path: name))).object)
                guard let degradation = artifact["degradation"]?.object, let spec = artifact["name"]?.string else {
                    continue
                }
                let loss = try #require(artifact["loss"]?.double)
                let baseline = try #require(degradation["baseline_loss"]?.double)
                let place = try #require(artifact["checkpoint"]?.object?["digest"]?.string.flatMap { places[$0] })
                let expected = try #require(oracle[place]?.object?[spec]?.double, "\(place) \(spec)")
                let tolerance = max(0.02 * (expected - baseline), 0.0005)
                #expect(abs(loss - expected) <= tolerance, "\(place) \(spec): \(loss) where \(expected) was expected")
                compared += 1
            }
            #expect(compared == 32)
        }
    }
}
