import JSON
import TestSupport
import Testing

struct JSONValueTests {
    @Test func readsEveryKindOfValue() throws {
        let value = try JSONValue(
            parsing: #" {"a": [1, -2.5e1, true, false, null], "é": "\u00e9\ud83d\ude00\n", "b": {}} "#)
        #expect(
            value == [
                "a": [1, -25.0, true, false, .null], "é": "é😀\n", "b": .object(JSONObject()),
            ])
    }

    @Test func keysCompareByBytes() throws {
        let value = try JSONValue(parsing: "{\"\u{e9}\": 1, \"e\u{301}\": 2}")
        #expect(value.object?["\u{e9}"] == 1)
        #expect(value.object?["e\u{301}"] == 2)
    }

    @Test(arguments: [
        ("", JSONError.unexpectedEnd(offset: 0)),
        ("{\"a\":1,\"a\":2}", .duplicateKey("a", offset: 7)),
        ("[1] 2", .trailingBytes(offset: 4)),
        ("[1,]", .unexpectedByte(UInt8(ascii: "]"), offset: 3, expected: "a value")),
        ("01", .trailingBytes(offset: 1)),
        ("-", .invalidNumber(offset: 0)),
        ("1e999", .numberOutOfRange(offset: 0)),
        ("\"\\x\"", .invalidEscape(offset: 1)),
        ("\"\\ud800\"", .loneSurrogate(offset: 1)),
        ("\"\u{1}\"", .controlCharacter(1, offset: 1)),
        ("\"abc", .unexpectedEnd(offset: 4)),
        ("{1:2}", .unexpectedByte(UInt8(ascii: "1"), offset: 1, expected: "a key in quotes")),
        ("tru", .unexpectedEnd(offset: 3)),
    ])
    func refuses(text: String, error: JSONError) {
        #expect(throws: error) { try JSONValue(parsing: text) }
    }

    @Test func refusesInvalidUTF8AndDepth() {
        #expect(throws: JSONError.invalidUTF8(offset: 0)) { try JSONValue(parsing: [0x22, 0xff, 0x22]) }
        #expect(throws: JSONError.tooDeep(limit: 128, offset: 128)) {
            try JSONValue(parsing: String(repeating: "[", count: 1000))
        }
    }

    /// Large objects are read with one member in hand, as strictly as whole ones.
    @Test func membersComeOneByOne() throws {
        func read(_ text: String, most: Int = 3, list: String? = nil, until last: String? = nil) throws -> [String] {
            var found: [String] = []
            try JSONObject.readMembers(of: Array(text.utf8), mostValues: most, elementsOf: list) { member in
                found.append("\(member.key)=\(member.value.canonicalText)")
                return member.key != last
            }
            return found
        }
        let text = #" {"a": [1, 2], "l": [{"b": 3}, [], "x"], "c": {}} "#
        #expect(try read(text, most: 5) == ["a=[1,2]", #"l=[{"b":3},[],"x"]"#, "c={}"])
        #expect(try read(text, list: "l") == ["a=[1,2]", #"l={"b":3}"#, "l=[]", #"l="x""#, "c={}"])
        #expect(try read(text, list: "l", until: "l") == ["a=[1,2]", #"l={"b":3}"#])
        #expect(try read("{}") == [] && read(#"{"l":[]}"#, list: "l") == [])
        #expect(throws: JSONError.tooManyValues(limit: 2, offset: 10)) { try read(text, most: 2) }
        #expect(throws: JSONError.tooManyValues(limit: 1, offset: 8)) {
            try read(#"{"l":[[ 1]]}"#, most: 1, list: "l")
        }
        #expect(throws: JSONError.duplicateKey("a", offset: 7)) { try read(#"{"a":1,"a":2}"#) }
        #expect(throws: JSONError.unexpectedByte(0x5B, offset: 0, expected: "'{'")) { try read("[]") }
        #expect(throws: JSONError.trailingBytes(offset: 2)) { try read("{}x") }
        #expect(throws: JSONError.unexpectedEnd(offset: 7)) { try read(#"{"l":[1"#, list: "l") }
    }

    @Test func canonicalTextSortsByBytesAndReadsBack() throws {
        let value: JSONValue = ["b": [1, 0.1, 1e300], "a": "\u{1}\"", "A": .null]
        #expect(value.canonicalText == #"{"A":null,"a":"\u0001\"","b":[1,0.1,1e+300]}"#)
        #expect(try JSONValue(parsing: value.prettyText) == value)
    }

    @Test func mutatedTextsNeverTrap() throws {
        let seed: UInt64 = 0x5eed
        var random = SeededGenerator(seed: seed)
        let text = Array(
            #"{"weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"m":"\u00e9\n","x":-1.5e-3}"#.utf8)
        for round in 0..<20_000 {
            var mutated = text
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                mutated[Int.random(in: 0..<mutated.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if let value = try? JSONValue(parsing: mutated) {
                let text = value.canonicalText
                #expect(try JSONValue(parsing: text).canonicalText == text, "seed \(seed) round \(round)")
            }
        }
    }
}
