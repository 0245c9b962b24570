import Foundation
import TestSupport
import Testing
import Tokenization

@Suite("Token streams")
struct TokenStreamTests {
    private static let end: UInt32 = 7

    private func write(_ text: String, _ name: String, in directory: URL) throws -> URL {
        let file = directory.appendingPathComponent(name)
        try Data(text.utf8).write(to: file)
        return file
    }

    @Test("a line is a document, and its end follows it")
    func lines() throws {
        let tokenizer = try SmallTokenizer().tokenizer()
        try withScratchDirectory { directory in
            let text = "{\"text\": \"hello\"}\r\n\n{\"id\": 1, \"text\": \"\"}\n  \n{\"text\":\"a\\nb\"}"
            let shard = try write(text, "s.jsonl", in: directory)
            let stream = try tokenStream(shard: shard, tokenizer: tokenizer, endOfText: Self.end)
            let expected = tokenizer.encode("hello") + [Self.end, Self.end] + tokenizer.encode("a\nb") + [Self.end]
            #expect(stream.ids == expected && stream.starts?.count == 3)
            // 8 bytes of text in 7 tokens, those that end documents among them.
            #expect(stream.bytesPerToken == 8 / 7.0)
        }
    }

    @Test("a text file is one document")
    func text() throws {
        let tokenizer = try SmallTokenizer().tokenizer()
        try withScratchDirectory { directory in
            let shard = try write("hello\nworld\n", "s.txt", in: directory)
            let stream = try tokenStream(shard: shard, tokenizer: tokenizer, endOfText: Self.end)
            #expect(stream.ids == tokenizer.encode("hello\nworld\n") + [Self.end])
            #expect(stream.starts == [0])
        }
    }

    @Test("compressed shards read as what they hold")
    func compressed() throws {
        // "hello\n" by the gzip and zstd commands.
        let gzip = "H4sIAAAAAAAAA8tIzcnJ5wIAIDA6NgYAAAA="
        let zstandard = "KLUv/QRYMQAAaGVsbG8KU4i9kQ=="
        let tokenizer = try SmallTokenizer().tokenizer()
        try withScratchDirectory { directory in
            for (name, content) in [("s.txt.gz", gzip), ("s.txt.zst", zstandard)] {
                let shard = directory.appendingPathComponent(name)
                try #require(Data(base64Encoded: content)).write(to: shard)
                let stream = try tokenStream(shard: shard, tokenizer: tokenizer, endOfText: Self.end)
                #expect(stream.ids == tokenizer.encode("hello\n") + [Self.end])
            }
        }
    }

    @Test("a limit gives the beginning of the whole stream", arguments: [0, 1, 5, 6, 7, 12, 100])
    func limit(limit: Int) throws {
        let tokenizer = try SmallTokenizer().tokenizer()
        try withScratchDirectory { directory in
            let shard = try write(String(repeating: "{\"text\":\"hello abc\"}\n", count: 4), "s.jsonl", in: directory)
            let whole = try tokenStream(shard: shard, tokenizer: tokenizer, endOfText: Self.end).ids
            let part = try tokenStream(shard: shard, tokenizer: tokenizer, endOfText: Self.end, limit: limit).ids
            #expect(part == Array(whole.prefix(limit)))
            let array = directory.appendingPathComponent("s.npy")
            try TokenStream(ids: whole).write(to: array)
            #expect(try tokenStream(shard: array, tokenizer: nil, limit: limit).ids == Array(whole.prefix(limit)))
        }
    }

    @Test("lines longer than a read and many documents come out whole and in order")
    func longLines() throws {
        let tokenizer = try SmallTokenizer().tokenizer()
        let documents = (0..<3000).map { String(repeating: "hello \($0) ", count: $0 % 97 == 0 ? 3000 : 20) }
        try withScratchDirectory { directory in
            let text = documents.map { "{\"text\":\"\($0)\"}\n" }.joined()
            let shard = try write(text, "s.jsonl", in: directory)
            let stream = try tokenStream(shard: shard, tokenizer: tokenizer, endOfText: Self.end)
            #expect(stream.ids == documents.flatMap { tokenizer.encode($0) + [Self.end] })
        }
    }

    @Test(
        "lines that are no documents are named",
        arguments: [
            ("{\"text\":\"a\"}\n{\"text\":1}\n", 2, "has a number as 'text' where a string is needed"),
            ("\n\n[]\n", 3, "is an array where an object with 'text' is needed"),
            ("{\"body\":\"a\"}", 1, "has no 'text'"),
            ("{\"text\":\"a\"}\nnonsense", 2, "is not JSON: byte 1 is 'o' where 'null' begun at byte 0 was expected"),
        ])
    func badLines(text: String, line: Int, reason: String) throws {
        let tokenizer = try SmallTokenizer().tokenizer()
        try withScratchDirectory { directory in
            let shard = try write(text, "s.jsonl", in: directory)
            #expect(throws: TokenizationError.invalidLine(file: shard.path, line: line, reason: reason)) {
                try tokenStream(shard: shard, tokenizer: tokenizer, endOfText: Self.end)
            }
        }
    }

    @Test("shards that cannot be read")
    func errors() throws {
        let tokenizer = try SmallTokenizer().tokenizer()
        try withScratchDirectory { directory in
            let text = try write("hello", "s.txt", in: directory)
            #expect(throws: TokenizationError.tokenizerNeeded(file: text.path)) {
                try tokenStream(shard: text, tokenizer: nil)
            }
            #expect(throws: TokenizationError.noEndOfText(file: text.path)) {
                try tokenStream(shard: text, tokenizer: tokenizer)
            }
            let table = try write("hello", "s.csv", in: directory)
            #expect(throws: TokenizationError.unknownShard(file: table.path)) {
                try tokenStream(shard: table, tokenizer: tokenizer)
            }
            let broken = directory.appendingPathComponent("b.txt")
            try Data([0x61, 0xc3, 0x28]).write(to: broken)
            #expect(throws: TokenizationError.invalidUTF8(file: broken.path, offset: 1)) {
                try tokenStream(shard: broken, tokenizer: tokenizer, endOfText: Self.end)
            }
            #expect {
                try tokenStream(shard: directory.appendingPathComponent("none.txt"), tokenizer: tokenizer, endOfText: 1)
            } throws: { error in
                if case .archive = error as? TokenizationError { true } else { false }
            }
        }
    }

    @Test("no change to a shard traps", arguments: UInt64(1)...4)
    func mutations(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let tokenizer = try SmallTokenizer().tokenizer()
        let text = Array("{\"text\": \"hello \\u00e9\\ud83d\\ude00\"}\n{\"text\": \"é🙂\\n\"}\n".utf8)
        var accepted = 0
        try withScratchDirectory { directory in
            let shard = directory.appendingPathComponent("s.jsonl")
            for _ in 0..<300 {
                try Data(random.mutatedText(text)).write(to: shard)
                if (try? tokenStream(shard: shard, tokenizer: tokenizer, endOfText: Self.end)) != nil { accepted += 1 }
            }
        }
        #expect(accepted > 0, "seed \(seed)")
    }

    @Test("the demo's shards equal the references", arguments: ["heldout", "calibration"])
    func demo(name: String) throws {
        let tokenizer = try Tokenizer(file: Fixtures.demo.appending(path: "tokenizer.json"))
        #expect(tokenizer.endOfText == 0)
        let shard = Fixtures.demo.appending(path: "\(name).jsonl.zst")
        let stream = try tokenStream(shard: shard, tokenizer: tokenizer)
        let oracle = Fixtures.directory.appending(path: "\(name).npy")
        #expect(stream.ids == (try tokenStream(shard: oracle, tokenizer: nil)).ids)
        try withScratchDirectory { directory in
            let copy = directory.appendingPathComponent("copy.npy")
            try stream.write(to: copy)
            #expect(try Data(contentsOf: copy) == Data(contentsOf: oracle), "the bytes that NumPy writes")
        }
    }
}
