import Calibration
import Checkpoint
import Compression
import Foundation
import JSON
import LanguageModel
import TestSupport
import Testing

/// Keys and values rounded as a cache would keep them.
struct CacheFormatTests {
    private func loss(_ store: WeightStore, _ windows: TokenWindows) throws -> Double {
        try LanguageModel([store]).score(windows)[0].windows.reduce(0) { $0 + $1.negativeLogLikelihood }
    }

    private func compressed(_ tiny: TinyCheckpoint, _ line: String, _ directory: URL) throws -> WeightStore {
        let spec = try Spec(json: #require(try JSONValue(parsing: line).object))
        try compress(
            Checkpoint(directory: tiny.directory), into: [CompressionTarget(spec, directory: directory)],
            calibratedOn: nil, provenance: Provenance(source: nil, version: "1"), memoryBudget: 1 << 26)
        return try WeightStore(Checkpoint(directory: directory))
    }

    /// The plain pass in Double rounds in the same places; a value on a tie may fall to the other side.
    @Test(
        arguments: ["llama", "neox parallel", "smollm3", "llama biases and yarn"],
        CacheFormat.allCases)
    func agreesWithThePlainPass(_ name: String, _ format: CacheFormat) throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all[name]), seed: 7)
        let windows = tiny.windows(3, context: 17)
        let scratch = try ScratchDirectory()
        let store = try compressed(
            tiny, #"{"method": "none", "kv": "\#(format.rawValue)"}"#, scratch.url.appending(path: "out"))
        var reference = ReferenceDecoder(description: tiny.description, tensors: tiny.tensors)
        let (found, exact) = (try loss(store, windows), try loss(tiny.store(), windows))
        reference.cache = format
        let expected = (0..<3).reduce(0.0) { $0 + reference.negativeLogLikelihoods(Array(windows[$1])).reduce(0, +) }
        #expect(abs(found - expected) < 2e-4 * abs(expected))
        #expect(abs(found - expected) < 0.1 * abs(exact - expected), "the rounding must be seen: \(exact - expected)")
    }

    /// Nothing but the configuration says so, and any weights go with it.
    @Test func weightsStayAsTheyAre() throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all["llama"]))
        let scratch = try ScratchDirectory()
        let plain = try compressed(tiny, #"{"method": "none", "kv": "fp8"}"#, scratch.url.appending(path: "plain"))
        #expect(plain.checkpoint.config.quantization == nil)
        #expect(plain.bitsPerWeight(of: tiny.description.linearModules) == 32)
        let source = try tiny.store().checkpoint
        for (name, tensor) in source.tensors {
            let same = plain.checkpoint.tensors[name]
            #expect(same?.withBytes { Array($0) } == tensor.withBytes { Array($0) }, "\(name)")
        }
        let windows = tiny.windows(2, context: 12)
        let rounded = try compressed(tiny, #"{"method": "rtn", "bits": 4}"#, scratch.url.appending(path: "w4"))
        let both = try compressed(
            tiny, #"{"method": "rtn", "bits": 4, "kv": "int4"}"#, scratch.url.appending(path: "both"))
        #expect(try loss(rounded, windows) != loss(both, windows))
    }

    @Test func whatIsNotUnderstoodIsRefused() throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all["llama"]))
        let file = tiny.directory.appending(path: "config.json")
        var config = try #require(try JSONValue(parsing: Array(Data(contentsOf: file))).object)
        config["kv_cache_quantization"] = ["type": "fp4"]
        try Data(JSONValue.object(config).prettyText.utf8).write(to: file)
        let error = #expect(throws: CompressionError.self) { try tiny.store() }
        guard case .invalidConfiguration(_, let key, _, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(key == "kv_cache_quantization")
        for line in [
            #"{"method": "none"}"#, #"{"method": "none", "kv": "fp8", "activations": 8}"#,
            #"{"method": "none", "kv": "fp8", "bits": 4}"#,
        ] {
            let object = try #require(try JSONValue(parsing: line).object)
            #expect(throws: CompressionError.self) { try Spec(json: object) }
        }
    }
}
