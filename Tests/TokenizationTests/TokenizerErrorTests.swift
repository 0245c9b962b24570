import Foundation
import JSON
import TestSupport
import Testing
import Tokenization

@Suite("Tokenizer errors")
struct TokenizerErrorTests {
    private static let file = "small.json"

    /// The error that a file gives after a change.
    private func fault(
        _ base: SmallTokenizer.Base = .bytes, _ change: (inout SmallTokenizer) -> Void
    ) -> TokenizationError? {
        var small = SmallTokenizer(base)
        change(&small)
        do throws(TokenizationError) {
            _ = try small.tokenizer()
            return nil
        } catch {
            return error
        }
    }

    @Test("a file that is not there, and one that is no JSON")
    func files() throws {
        let absent = URL(fileURLWithPath: "/nowhere/tokenizer.json")
        #expect { try Tokenizer(file: absent) } throws: { error in
            if case .archive = error as? TokenizationError { true } else { false }
        }
        #expect(throws: TokenizationError.notJSON(file: "x", .unexpectedEnd(offset: 1))) {
            try Tokenizer(json: Array("{".utf8), name: "x")
        }
        #expect(
            throws: TokenizationError.invalidValue(
                file: "x", key: "the whole file", found: "1", expected: "an object")
        ) { try Tokenizer(json: Array("1".utf8), name: "x") }
        #expect(throws: TokenizationError.missingKey(file: "x", key: "model")) {
            try Tokenizer(json: Array("{}".utf8), name: "x")
        }
    }

    @Test("keys that are not known are named")
    func unknownKeys() {
        #expect(fault { $0.file["colour"] = 1 } == .unknownKey(file: Self.file, key: "colour"))
        #expect(fault { $0.model["colour"] = 1 } == .unknownKey(file: Self.file, key: "model.colour"))
        #expect(
            fault { $0.file["pre_tokenizer"] = ["type": "Digits", "individual_digits": true, "colour": 1] }
                == .unknownKey(file: Self.file, key: "pre_tokenizer.colour"))
    }

    @Test("truncation and padding, which transformers resets, change no ids")
    func leftOverSettings() throws {
        let text = String(repeating: "the hens ", count: 4)
        let expected = try SmallTokenizer(.bytes).tokenizer().encode(text)
        for (key, value) in [
            ("truncation", ["max_length": 2]), ("padding", ["strategy": ["Fixed": 4]]),
            ("padding", ["strategy": "BatchLongest", "pad_to_multiple_of": 8]),
        ] as [(String, JSONValue)] {
            var small = SmallTokenizer(.bytes)
            small.file[key] = value
            #expect(try small.tokenizer().encode(text) == expected)
        }
    }

    @Test("what is not supported is refused by key and value")
    func unsupported() {
        func refusal(_ key: String, _ found: String, _ supported: String) -> TokenizationError {
            .unsupportedValue(file: Self.file, key: key, found: found, supported: supported)
        }
        #expect(fault { $0.file["version"] = "2.0" } == refusal("version", "\"2.0\"", "\"1.0\""))
        for (type, key, found, supported) in [
            ("Unigram", "unk_id", "\"Unigram\" behind ByteLevel", "\"BPE\" there"),
            ("WordPiece", "max_input_chars_per_word", "\"WordPiece\"", "\"BPE\" and \"Unigram\""),
        ] {
            let fault = fault {
                $0.model["type"] = .string(type)
                $0.model[key] = 1
            }
            #expect(fault == refusal("model.type", found, supported))
        }
        #expect(
            fault { $0.model["dropout"] = 0.1 }
                == refusal("model.dropout", "0.1", "null, because ids must not be random"))
        #expect(
            fault { $0.model["end_of_word_suffix"] = "</w>" }
                == refusal("model.end_of_word_suffix", "\"</w>\"", "null or an empty string"))
        #expect(
            fault { $0.file["normalizer"] = ["type": "Sequence", "normalizers": [["type": "Nmt"]]] }
                == refusal(
                    "normalizer.normalizers[0].type", "\"Nmt\"",
                    "NFC, NFD, NFKC, NFKD, Lowercase, Strip, Prepend, Replace and Sequence"))
        #expect(
            fault { $0.file["pre_tokenizer"] = ["type": "Whitespace"] }
                == refusal(
                    "pre_tokenizer.type", "\"Whitespace\"",
                    "ByteLevel, Split, Digits, Punctuation, WhitespaceSplit, CharDelimiterSplit, Metaspace and Sequence"
                ))
    }

    @Test("patterns beyond the supported ones are refused with their place")
    func patterns() {
        let cases: [(String, Int, String)] = [
            (#"(?<=a)b"#, 1, "this kind of group is not supported"),
            (#"a\b"#, 3, #"'\b' is not supported"#),
            (#"a+?"#, 2, "lazy quantifiers are not supported"),
            (#"[a&&b]"#, 4, "set operations and POSIX names are not supported in a class"),
            (#"\p{Greek}"#, 9, #"'\p{Greek}' is not supported"#),
            (#"(?i:straße)"#, 6, "'st' in a group that ignores case"),
            (#"(ab)*"#, 0, "a group repeated without bound, or possessively"),
            (#"(a?){2}"#, 0, "a group that may match nothing, repeated"),
            (#"(a"#, 2, "')' is missing"),
            (#"a)"#, 1, "unmatched ')'"),
        ]
        for (pattern, offset, reason) in cases {
            let error = fault {
                $0.file["pre_tokenizer"] = [
                    "type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Isolated", "invert": false,
                ]
            }
            #expect(
                error
                    == .unsupportedPattern(
                        file: Self.file, key: "pre_tokenizer.pattern.Regex", pattern: pattern, offset: offset,
                        reason: reason))
        }
    }

    @Test("values that cannot be are refused by key and value")
    func invalid() {
        func invalid(_ key: String, _ found: String, _ expected: String) -> TokenizationError {
            .invalidValue(file: Self.file, key: key, found: found, expected: expected)
        }
        #expect(
            fault { $0.model["vocab"] = ["a": -1] }
                == invalid("model.vocab.a", "-1", "an integer from 0 to 2147483647"))
        #expect(
            fault { $0.model["merges"] = ["a b c"] }
                == invalid(
                    "model.merges[0]", "\"a b c\"", "two tokens, in an array or with one space between them"))
        #expect(
            fault { $0.model["merges"] = [["a", 1]] }
                == invalid(
                    "model.merges[0]", "an array", "two tokens, in an array or with one space between them"))
        #expect(fault { $0.model["byte_fallback"] = 1 } == invalid("model.byte_fallback", "1", "true or false"))
        #expect(
            fault(.characters) { $0.model["unk_token"] = "<none>" }
                == invalid("model.unk_token", "\"<none>\"", "an entry of 'model.vocab'"))
        #expect(
            fault {
                $0.file["pre_tokenizer"] = [
                    "type": "Split", "pattern": ["String": "a"], "behavior": "isolated", "invert": false,
                ]
            }
                == invalid(
                    "pre_tokenizer.behavior", "\"isolated\"",
                    "one of Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous"))
        #expect(
            fault {
                $0.file["pre_tokenizer"] = ["type": "Metaspace", "replacement": "▁▁"]
            } == invalid("pre_tokenizer.replacement", "\"▁▁\"", "one character"))
        #expect(
            fault { $0.file["pre_tokenizer"] = ["type": "ByteLevel"] }
                == .missingKey(file: Self.file, key: "pre_tokenizer.add_prefix_space"))
        var twin = TokenizerTests.added("<s>").object ?? JSONObject()
        twin["rstrip"] = true
        #expect(
            fault { $0.file["added_tokens"] = [TokenizerTests.added("<s>"), .object(twin)] }
                == invalid("added_tokens[1].content", "\"<s>\"", "a token that is not in the list twice"))
    }

    @Test("added tokens must differ after normalization, and not vanish")
    func addedTokens() {
        func tokens(_ contents: [String]) -> JSONValue {
            .array(
                contents.map {
                    var object = TokenizerTests.added($0).object ?? JSONObject()
                    object["normalized"] = true
                    return .object(object)
                })
        }
        #expect(
            fault {
                $0.file["normalizer"] = ["type": "NFC"]
                $0.file["added_tokens"] = tokens(["é", "e\u{301}"])
            }
                == .invalidValue(
                    file: Self.file, key: "added_tokens[1].content", found: "\"e\u{301}\"",
                    expected: "a text that normalization does not make the same as another token's"))
        #expect(
            fault {
                $0.file["normalizer"] = ["type": "Replace", "pattern": ["String": "a"], "content": ""]
                $0.file["added_tokens"] = tokens(["aa"])
            }
                == .invalidValue(
                    file: Self.file, key: "added_tokens[0].content", found: "\"aa\"",
                    expected: "a text that normalization does not empty"))
    }

    @Test("a merge needs its parts and its result")
    func merges() {
        #expect(
            fault { $0.model["merges"] = ["h e", "hi e"] }
                == .mergeOutsideVocabulary(file: Self.file, index: 1, token: "hi"))
        #expect(
            fault { $0.model["merges"] = ["q z"] } == .mergeOutsideVocabulary(file: Self.file, index: 0, token: "qz"))
    }

    @Test("a document's beginning must be known where a step asks for it")
    func beginnings() {
        let error = fault(.characters) {
            $0.file["normalizer"] = ["type": "Replace", "pattern": ["String": "ab"], "content": "c"]
            $0.file["pre_tokenizer"] = ["type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"]
        }
        #expect(
            error
                == .unsupportedValue(
                    file: Self.file, key: "normalizer", found: "a Replace of more than single characters",
                    supported: "Metaspace with 'prepend_scheme' 'always' or 'never' after it"))
    }

    @Test("a message names the file, the key, the value and what would be right")
    func description() {
        let error = fault { $0.model["merges"] = ["q z"] }
        #expect(
            error.map { "\($0)" }
                == "'model.merges[0]' in 'small.json' needs 'qz', which 'model.vocab' does not have")
    }

    @Test("no change to a file traps", arguments: UInt64(1)...4)
    func mutations(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var accepted = 0
        for line in goldens {
            let golden = try #require(try JSONValue(parsing: line).object)
            var small = SmallTokenizer(golden["base"]?.string == "bytes" ? .bytes : .characters)
            for member in try #require(golden["replace"]?.object).members { small.file[member.key] = member.value }
            for _ in 0..<40 {
                // A closure may end up here with any file; that it returns at all is what is tested.
                guard let tokenizer = try? Tokenizer(json: random.mutatedText(small.bytes), name: "seed \(seed)") else {
                    continue
                }
                accepted += 1
                _ = tokenizer.encode("hello <s> é🙂 12\n 's\u{0}")
            }
        }
        #expect(accepted > 0, "seed \(seed)")
    }
}
