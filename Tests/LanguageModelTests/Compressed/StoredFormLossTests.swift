import Calibration
import Checkpoint
import Compression
import Foundation
import JSON
import LanguageModel
import TestSupport
import Testing

/// Losses of what is stored, and what transformers computes when it loads the same
/// (`Tests/Fixtures/generate/stored_forms.py`).
struct StoredFormLossTests {
    private static let specs = [
        "rtn-nvfp4": #"{"method": "rtn", "format": "nvfp4"}"#,
        "rtn-nvfp4-anvfp4": #"{"method": "rtn", "format": "nvfp4", "activations": "nvfp4"}"#,
        "rtn-mxfp4-g32": #"{"method": "rtn", "format": "mxfp4"}"#,
        "rtn-mxfp6-g32": #"{"method": "rtn", "format": "mxfp6"}"#,
        "rtn-mxfp8-g32": #"{"method": "rtn", "format": "mxfp8"}"#,
        "rtn-fp8-block": #"{"method": "rtn", "format": "fp8-block"}"#,
        "gptq-w4-g32-actorder":
            #"{"method": "gptq", "bits": 4, "group": 32, "act_order": true, "scales": "float16"}"#,
        "gptq-asym-w3-g32-actorder":
            #"{"method": "gptq", "bits": 3, "group": 32, "symmetric": false, "act_order": true, "scales": "float16"}"#,
    ]

    @Test(arguments: specs.keys.sorted())
    func lossesAreThoseOfTransformers(name: String) throws {
        let fixture = try #require(Fixtures.json("stored_forms.json").object)
        let place = try #require(fixture["checkpoint"]?.string)
        let expected = try #require(fixture["losses"]?.object?[name]?.double)
        let source = Fixtures.repository.appending(path: "Manifests/demo/archive/\(place)")
        let text = try #require(Self.specs[name])
        let spec = try Spec(json: #require(try JSONValue(parsing: text).object))
        // What the generator calibrates on: 256 tokens that follow a rule.
        let calibration = (0..<4 * 64).map { (index: Int) -> UInt32 in
            let value = 7 * index * index + 3 * index + 5
            return UInt32(value % 1024)
        }
        try withScratchDirectory { folder in
            let target = CompressionTarget(spec, directory: folder.appending(path: "compressed"))
            try compress(
                Checkpoint(directory: source), into: [target],
                calibratedOn: TokenWindows(ids: calibration, context: 64),
                provenance: Provenance(source: nil, version: "1"), memoryBudget: 1 << 30)
            let ids = Array(try Fixtures.tokenIDs("heldout").prefix(16 * 256))
            let model = try LanguageModel([WeightStore(Checkpoint(directory: target.directory))])
            let score = try model.score(TokenWindows(ids: ids, context: 256))[0]
            let loss = score.windows.reduce(0) { $0 + $1.negativeLogLikelihood } / Double(16 * 255)
            #expect(abs(loss - expected) < (name.contains("-a") ? 1e-3 : 5e-5), "\(loss) is not \(expected)")
        }
    }
}
