import Checkpoint
import FoundationEssentials
import JSON
import Testing

@Suite struct ModelConfigurationTests {
    private func configuration(_ members: String) throws -> ModelConfiguration {
        let text = #"{"model_type": "llama", "# + members + "}"
        return try ModelConfiguration(json: try #require(JSONValue(parsing: text).object), file: "config.json")
    }

    private func wrong(_ key: String, _ found: String, _ expected: String) -> CheckpointError {
        .wrongValue(file: "config.json", key: key, found: found, expected: expected)
    }

    @Test func readsEveryType() throws {
        let config = try configuration(
            #""i": 3, "d": 0.5, "b": true, "s": "gelu", "l": [1, 2.5], "t": ["a"], "o": {"theta": 10000.0}, "n": null"#)
        #expect(try config.int("i") == 3)
        #expect(try config.count("i") == 3)
        #expect(try config.double("d") == 0.5)
        #expect(try config.double("i") == 3)
        #expect(try config.bool("b"))
        #expect(try config.string("s") == "gelu")
        #expect(try config.optionalDoubles("l") == [1, 2.5])
        #expect(try config.optionalStrings("t") == ["a"])
        #expect(try config.section("o")?.double("theta") == 10000)
        #expect(try config.optionalInt("n") == nil)
        #expect(try config.optionalBool("none") == nil)
        #expect(try config.section("none") == nil)
        #expect(!config.contains("n"))
        #expect(config.contains("i"))
    }

    @Test func theFirstPresentKeyCounts() throws {
        let config = try configuration(#""n_embd": 64, "hidden_size": null"#)
        #expect(try config.count("hidden_size", "n_embd") == 64)
        #expect(
            throws: CheckpointError.missingKey(
                file: "config.json", key: "n_layer' or 'num_hidden_layers", expected: "a whole number")
        ) { try config.int("n_layer", "num_hidden_layers") }
    }

    @Test func namesWhatIsWrong() throws {
        let config = try configuration(
            #""h": "64", "z": 0, "f": 2.5, "big": 2147483648, "o": [1], "r": {"theta": "x"}"#)
        #expect(throws: wrong("h", #""64""#, "a whole number")) { try config.int("h") }
        #expect(throws: wrong("f", "2.5", "a whole number")) { try config.int("f") }
        #expect(throws: wrong("z", "0", "a whole number from 1 to 2147483647")) { try config.count("z") }
        #expect(throws: wrong("big", "2147483648", "a whole number from 1 to 2147483647")) { try config.count("big") }
        #expect(throws: wrong("h", #""64""#, "a number")) { try config.optionalDouble("h") }
        #expect(throws: wrong("z", "0", "true or false")) { try config.bool("z") }
        #expect(throws: wrong("z", "0", "a string")) { try config.string("z") }
        #expect(throws: wrong("o", "[1]", "an object")) { try config.section("o") }
        #expect(throws: wrong("z", "0", "an array of numbers")) { try config.optionalDoubles("z") }
        #expect(throws: wrong("o", "[1]", "an array of strings")) { try config.optionalStrings("o") }
        #expect(throws: wrong("r.theta", #""x""#, "a number")) { try config.section("r")?.double("theta") }
        #expect(config.wrong("z", expected: "more than 0") == wrong("z", "0", "more than 0"))
        #expect(
            wrong("num_attention_heads", "7", "a divisor of 64").description
                == "'num_attention_heads' in 'config.json' is 7 but should be a divisor of 64")
    }

    @Test func needsAModelType() throws {
        let json = try #require(JSONValue(parsing: "{}").object)
        #expect(throws: CheckpointError.missingKey(file: "c", key: "model_type", expected: "a string")) {
            try ModelConfiguration(json: json, file: "c")
        }
    }

    @Test func refusesFilesThatAreNoObject() throws {
        let directory = try TemporaryDirectory()
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

    @Test func tyingIsAsConfiguredOrAsTheFamilyHasIt() throws {
        #expect(try !configuration(#""x": 1"#).tiesWordEmbeddings())
        #expect(try configuration(#""tie_word_embeddings": true"#).tiesWordEmbeddings())
        let json = try #require(JSONValue(parsing: #"{"model_type": "gpt2"}"#).object)
        #expect(try ModelConfiguration(json: json, file: "c").tiesWordEmbeddings())
    }
}
