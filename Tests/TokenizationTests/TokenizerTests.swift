import Foundation
import JSON
import TestSupport
import Testing
import Tokenization

@Suite("Tokenizer")
struct TokenizerTests {
    private struct Golden {
        let tokenizer: Tokenizer
        let texts: [(text: String, ids: [UInt32])]

        init(_ line: String) throws {
            let golden = try #require(try JSONValue(parsing: line).object)
            var small = SmallTokenizer(try #require(golden["base"]?.string.flatMap(SmallTokenizer.Base.init)))
            small.file["pre_tokenizer"] = nil
            for member in try #require(golden["replace"]?.object).members { small.file[member.key] = member.value }
            for member in try #require(golden["model"]?.object).members { small.model[member.key] = member.value }
            tokenizer = try small.tokenizer()
            texts = try #require(golden["texts"]?.array).map { pair in
                let text = try #require(pair.array?.first?.string)
                return (text, try #require(pair.array?.last?.array).compactMap { $0.int.map { UInt32($0) } })
            }
        }
    }

    @Test("ids are those of the tokenizers library", arguments: goldens)
    func golden(line: String) throws {
        let golden = try Golden(line)
        #expect(!golden.texts.isEmpty)
        for (text, ids) in golden.texts {
            #expect(golden.tokenizer.encode(text) == ids, "\(text.debugDescription) in \(line.prefix(60))")
        }
    }

    @Test("a second look at the same words changes nothing", arguments: goldens)
    func cache(line: String) throws {
        let golden = try Golden(line)
        for (text, ids) in golden.texts + golden.texts { #expect(golden.tokenizer.encode(text) == ids) }
    }

    @Test(
        "ids of the published forms equal the references",
        arguments: [
            "gpt2", "gpt-neox", "llama3", "qwen2", "llama2-spm", "mistral-metaspace", "olmo-digits", "falcon", "gemma",
            "unigram", "unigram-normalized", "decomposed",
        ])
    func oracle(name: String) throws {
        let tokenizer = try Tokenizer(file: Fixtures.directory.appending(path: "tokenizers/\(name).json"))
        let cases = try #require(try Fixtures.json("tokenizers/cases.json").array)
        #expect(cases.count == 62)
        for item in cases {
            let text = try #require(item.object?["text"]?.string)
            // The smallest tokenizers have no references for long texts.
            guard let ids = item.object?["ids"]?.object?[name]?.array?.compactMap(\.int) else {
                #expect(text.unicodeScalars.count >= 2000)
                continue
            }
            #expect(tokenizer.encode(text).map { Int($0) } == ids, "\(text.debugDescription)")
        }
    }

    @Test("entries that are canonically equivalent are different entries")
    func canonicalEquivalence() throws {
        var small = SmallTokenizer(.characters)
        var vocabulary = try #require(small.model["vocab"]?.object)
        vocabulary["é"] = 900
        vocabulary["e\u{301}"] = 901
        vocabulary["\u{301}"] = 902
        small.model["vocab"] = .object(vocabulary)
        small.model["merges"] = ["e \u{301}"]
        let tokenizer = try small.tokenizer()
        #expect(tokenizer.encode("é") == [900])
        #expect(tokenizer.encode("e\u{301}") == [901])
        #expect(tokenizer.encode("\u{301}") == [902])
    }

    @Test("tokens are numbered as the library numbers them, and the end of text is found by name")
    func addedTokens() throws {
        var small = SmallTokenizer()
        let count = UInt32(try #require(small.model["vocab"]?.object?.count))
        #expect(try small.tokenizer().endOfText == nil)
        #expect(try small.tokenizer().vocabularySize == Int(count))
        small.file["added_tokens"] = .array([Self.added("</s>", id: 999), Self.added("<|endoftext|>", id: 5)])
        let tokenizer = try small.tokenizer()
        #expect(tokenizer.encode("</s><|endoftext|>") == [count, count + 1])
        #expect(tokenizer.endOfText == count + 1)
        #expect(tokenizer.vocabularySize == Int(count) + 2)
    }

    static func added(_ content: String, id: Int = 0) -> JSONValue {
        [
            "id": .integer(id), "content": .string(content), "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true,
        ]
    }

    @Test("the same ids come from many threads at once")
    func concurrency() async throws {
        let tokenizer = try SmallTokenizer().tokenizer()
        let text = String(repeating: "hello world's 123 ", count: 500)
        let expected = tokenizer.encode(text)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 { group.addTask { tokenizer.encode(text) == expected } }
            for await isSame in group { #expect(isSame) }
        }
    }
}
