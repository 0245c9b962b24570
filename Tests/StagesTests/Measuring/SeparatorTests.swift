import Foundation
import JSON
import TestSupport
import Testing

/// The same text gives the same tokens on every path.
@Suite struct SeparatorTests {
    @Test func tokenizeAndEvaluateEndDocumentsAlike() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let model = archive.archive.appending(path: "d16/step64")
            // A chat model: its configuration ends documents with another token than its tokenizer.
            let config = model.appending(path: "config.json")
            let text = String(decoding: try Data(contentsOf: config), as: UTF8.self)
            var object = try #require(try JSONValue(parsing: Array(text.utf8)).object)
            object["eos_token_id"] = 7
            try Data(JSONValue.object(object).prettyText.utf8).write(to: config)
            let shard = directory.appending(path: "two.jsonl")
            try Data("{\"text\": \"one two three\"}\n{\"text\": \"four five six\"}\n".utf8).write(to: shard)

            func ids(_ options: [String] = [], tokenizer: String? = nil) throws -> (file: URL, said: String) {
                let file = directory.appending(path: "\(options.count) \(tokenizer == nil).npy")
                let tokenizer = tokenizer ?? model.appending(path: "tokenizer.json").path
                let outcome = try qid(
                    ["tokenize", "--tokenizer", tokenizer, shard.path, "--output", file.path] + options)
                try #require(outcome.status == 0, "\(outcome.errors)")
                return (file, outcome.errors)
            }
            func loss(_ shard: URL, _ options: [String] = []) throws -> (Double?, Int?) {
                let outcome = try qid(
                    ["evaluate", "--checkpoint", model.path, "--shard", shard.path, "--context", "8", "--json"]
                        + options)
                try #require(outcome.status == 0, "\(outcome.errors)")
                let document = try #require(try JSONValue(parsing: Array(outcome.output.utf8)).object)
                return (document["results"]?.array?.first?.object?["loss"]?.double, document["separator"]?.int)
            }
            let usual = try ids()
            #expect(usual.said.contains("documents end with 7, as config.json beside the tokenizer says"))
            let (fromText, separator) = try loss(shard)
            #expect(separator == 7)
            #expect(try fromText == loss(usual.file).0 && fromText != nil)
            let other = try ids(["--separator", "3"])
            #expect(try loss(shard, ["--separator", "3"]).0 == loss(other.file).0)
            #expect(try loss(other.file).0 != fromText)
            // A GGUF file of the model is a tokenizer too, and knows what the model ends documents with.
            let folder = directory.appending(path: "gguf")
            let made = try qid([
                "quantize", "--checkpoint", model.path, "--method", "rtn", "--format", "f16", "--output", folder.path,
            ])
            try #require(made.status == 0, "\(made.errors)")
            let ofFile = try ids(tokenizer: folder.appending(path: "model.gguf").path)
            #expect(ofFile.said.contains("documents end with 7, as the file's configuration says"), "\(ofFile.said)")
            #expect(try Data(contentsOf: ofFile.file) == Data(contentsOf: usual.file))
        }
    }
}
