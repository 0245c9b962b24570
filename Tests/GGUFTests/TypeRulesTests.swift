import GGUF
import JSON
import TestSupport
import Testing

/// The types that mixtures give, against those that llama.cpp's own `llama_model_quantize` gives (`generate/gguf_types.py`).
struct TypeRulesTests {
    @Test(arguments: ["llama", "grouped", "narrow", "mixtral", "gptneox", "falcon", "qwen2"], [false, true])
    func typesAreThoseOfLlamaQuantize(label: String, hasImportance: Bool) throws {
        let entry = try #require(Fixtures.json("gguf/types.json").object?[label]?.object)
        let files = try #require(entry["files"]?.object)
        let shapes = try #require(entry["weights"]?.object).members.map { member in
            TypeRules.Weight(member.key, member.value.array?.compactMap(\.int) ?? [])
        }
        func size(_ key: String) throws -> Int { try #require(entry[key]?.int) }
        let model = TypeRules.Model(
            architecture: try #require(entry["architecture"]?.string), layers: try size("layers"),
            heads: try size("heads"), keyValueHeads: try size("key_value_heads"), experts: try size("experts"))
        var compared = 0
        for file in GGUFFileType.all {
            guard let made = files["\(file.name) \(hasImportance ? "imatrix" : "plain")"] else { continue }
            compared += 1
            guard let expected = made.object, let usual = expected["usual"]?.string else {
                #expect(throws: TypeRules.Refusal.self, "\(label) \(file.name)") {
                    _ = try TypeRules.choices(file, model, shapes, hasImportance: hasImportance)
                }
                continue
            }
            let choices = try TypeRules.choices(file, model, shapes, hasImportance: hasImportance)
            for weight in shapes where weight.isQuantized {
                let type = expected["others"]?.object?[weight.name]?.string ?? usual
                #expect(choices[weight.name]?.type.spelling == type, "\(label) \(file.name) \(weight.name)")
            }
        }
        #expect(compared == 30)
    }

    @Test(arguments: GGMLType.all) func rowsThatNoBlockDividesTakeOtherTypes(type: GGMLType) {
        #expect(type.fitting(columns: type.weightsPerBlock * 3) == type)
        let other = type.fitting(columns: 96)
        #expect(other.map { $0.weightsPerBlock <= 32 } ?? (type.weightsPerBlock == 64))
        guard type.weightsPerBlock == 256 else { return }
        #expect(type.fitting(columns: 48) == .f16)
    }
}
