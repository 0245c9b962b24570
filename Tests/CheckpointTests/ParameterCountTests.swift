import Checkpoint
import FoundationEssentials
import JSON
import Testing

@Suite struct ParameterCountTests {
    /// `reference.json` was counted by transformers from the models in memory.
    @Test(.enabled(if: sharedDirectory != nil, "no ../shared beside the repository"))
    func countsEqualThoseOfTransformers() throws {
        let models = try #require(sharedDirectory).appending(path: "oracles/architectures")
        let bytes = Array(try Data(contentsOf: models.appending(path: "reference.json")))
        let reference = try #require(try JSONValue(parsing: bytes).object)
        #expect(reference.count == 12)
        for member in reference.members {
            let checkpoint = try Checkpoint(directory: models.appending(path: member.key))
            let expected = ParameterCount(
                total: try #require(member.value.object?["params_total"]?.int),
                nonEmbedding: try #require(member.value.object?["params_non_embedding"]?.int))
            #expect(try ParameterCount(checkpoint) == expected, "\(member.key)")
        }
    }
}
