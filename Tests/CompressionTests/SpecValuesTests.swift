import Compression
import Foundation
import JSON
import Testing

/// What methods, formats and keys say of themselves stands nowhere else.
struct SpecValuesTests {
    @Test func namesAreUnique() {
        #expect(Set(Method.all.map(\.name)).count == Method.all.count)
        #expect(Set(SpecKey.all.map(\.name)).count == SpecKey.all.count)
        #expect(Set(NumberFormat.named.map(\.name)).count == NumberFormat.named.count)
    }

    /// A key that no method takes and a key of a method that no list names would be read by nobody.
    @Test func everyKeyIsKnownAndTaken() {
        for method in Method.all { #expect(Set(method.keys).isSubset(of: SpecKey.all), "\(method.name)") }
        for key in SpecKey.all { #expect(!key.takers.isEmpty, "\(key.name)") }
    }

    @Test func levelsOfFormatsRise() throws {
        for format in NumberFormat.named where format.blocks == nil {
            let levels = try #require(format.levels)
            #expect(levels == levels.sorted(), "\(format.name ?? "")")
            #expect(Double(levels.count) <= exp2(format.nominalBits) + 0.5, "\(format.name ?? "")")
        }
    }

    @Test func theManifestsSchemaIsThatOfTheValues() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let bytes = Array(try Data(contentsOf: root.appending(path: "Schemas/manifest.schema.json")))
        let definitions = try #require(try JSONValue(parsing: bytes).object?["$defs"]?.object)
        #expect(definitions["spec"] == SpecSchema.spec, "write it anew: qid methods --format schema")
        #expect(definitions["sparsity"]?.object?["oneOf"] == Sparsity.schema.object?["oneOf"])
    }

    @Test func theDocumentationsTablesAreThoseOfTheValues() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let article = root.appending(path: "Sources/Compression/Compression.docc/SpecReference.md")
        let text = String(decoding: try Data(contentsOf: article), as: UTF8.self)
        #expect(text.contains(SpecCatalog.markdown), "write them anew: qid methods --format markdown")
    }

    /// Names and canonical forms are contracts: stored artifacts and warehouses hold them.
    @Test(arguments: [
        (#"{"method":"rtn","bits":4,"group":16,"symmetric":false}"#, "rtn-asym-w4-g16", "rtn-asym-g16"),
        (
            #"{"method":"rtn","format":"fp8-e4m3","group":"channel","scales":"float32"}"#,
            "rtn-fp8-e4m3-channel-float32", "rtn-fp8-e4m3-channel-float32"
        ),
        (
            #"{"method":"codebook","levels":256,"vector":4,"group":"channel","activations":8}"#,
            "codebook-k256v4-channel-a8", "codebook-v4-channel-a8"
        ),
        (
            #"{"method":"gptq","bits":3,"group":128,"symmetric":true,"act_order":true,"activations":4,"activation_scale":"tensor"}"#,
            "gptq-sym-w3-g128-actorder-a4tensor", "gptq-sym-g128-actorder-a4tensor"
        ),
        (
            #"{"method":"awq","bits":4,"group":16,"symmetric":false,"clip":false}"#, "awq-asym-w4-g16-noclip",
            "awq-asym-g16-noclip"
        ),
        (
            #"{"method":"sparsegpt","bits":4,"group":16,"symmetric":false,"sparse":"2:4"}"#,
            "sparsegpt-asym-w4-g16-2of4", "sparsegpt-asym-g16-2of4"
        ),
        (
            #"{"method":"qsd","bits":4,"group":"channel","symmetric":true,"sparse":0.5,"rank":0.9}"#,
            "qsd-sym-w4-channel-r0.9-s50", "qsd-sym-channel-r0.9-s50"
        ),
        (#"{"method":"low-rank","rank":0.25}"#, "low-rank-r0.25", "low-rank-r0.25"),
    ]) func canonicalFormsAreKept(_ text: String, _ name: String, _ scheme: String) throws {
        let spec = try Spec(json: #require(try JSONValue(parsing: text).object))
        #expect(spec.name == name && spec.scheme == scheme)
        #expect(spec.canonical.prettyText == (try JSONValue(parsing: text)).prettyText)
    }
}
