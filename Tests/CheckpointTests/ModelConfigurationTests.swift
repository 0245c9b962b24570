import Checkpoint
import FoundationEssentials
import JSON
import TestSupport
import Testing

@Suite struct ModelConfigurationTests {
    private func configuration(_ members: String) throws -> ModelConfiguration {
        var json = try #require(JSONValue(parsing: "{" + members + "}").object)
        json["model_type"] = json["model_type"] ?? "llama"
        return try ModelConfiguration(json: json, file: "config.json")
    }

    @Test func namesAModelTypeThatIsNone() {
        let error = CheckpointError.wrongValue(file: "config.json", key: "model_type", found: "7", expected: "a string")
        #expect(throws: error) { try configuration(#""model_type": 7"#) }
        #expect(error.description == "'model_type' in 'config.json' is 7 but should be a string")
    }

    @Test func needsAModelType() throws {
        let json = try #require(JSONValue(parsing: "{}").object)
        #expect(throws: CheckpointError.missingKey(file: "c", key: "model_type", expected: "a string")) {
            try ModelConfiguration(json: json, file: "c")
        }
    }

    @Test func refusesFilesThatAreNoObject() throws {
        let directory = try ScratchDirectory()
        let file = directory.url.appending(path: "config.json")
        try directory.write("[]", to: "config.json")
        #expect(throws: CheckpointError.configurationNotObject(file: file.path(), found: "an array")) {
            try ModelConfiguration(file: file)
        }
        try directory.write(#"{"a": 1,"#, to: "config.json")
        #expect(
            throws: CheckpointError.malformedConfiguration(file: file.path(), reason: .unexpectedEnd(offset: 8))
        ) { try ModelConfiguration(file: file) }
    }

    @Test func knowsTheDeclaredTypeInBothForms() throws {
        #expect(try configuration(#""torch_dtype": "float16""#).declaredType == "float16")
        #expect(try configuration(#""dtype": "torch.bfloat16""#).declaredType == "bfloat16")
        #expect(try configuration(#""x": 1"#).declaredType == nil)
    }
}
