import JSON
import Tokenization

/// Small tokenizers written out as tokenizer.json, to be changed part by part.
struct SmallTokenizer {
    /// What one entry of the vocabulary stands for.
    enum Base: String {
        /// The 256 bytes and a few merges of them.
        case bytes
        /// Letters and `▁`, with the tokens of bytes to fall back on.
        case characters
    }

    private static let byteMerges = [
        "h e", "l l", "he ll", "hell o", "Ġ w", "o r", "Ġw or", "l d", "Ġwor ld", "1 2", "12 3", "Ġ Ġ", "ĠĠ ĠĠ", "Ã ©",
        "' s", "Ċ Ċ", "t h", "th e", "ð Ł", "Ġ the",
    ]
    private static let characterMerges = [
        "▁ h", "▁h e", "l l", "▁he ll", "▁hell o", "o r", "▁ w", "▁w or", "▁ ▁", "e ▁", "l d",
    ]

    var file: JSONObject
    var model: JSONObject

    init(_ base: Base = .bytes) {
        let merges = base == .bytes ? Self.byteMerges : Self.characterMerges
        var vocabulary: [String] = base == .bytes ? Self.alphabet : ["<unk>"]
        if base == .characters {
            for byte in 0..<256 {
                let digits = String(byte, radix: 16, uppercase: true)
                vocabulary.append("<0x" + String(repeating: "0", count: 2 - digits.count) + digits + ">")
            }
            vocabulary += "▁abcdefghijklmnopqrstuvwxyz.,\n".unicodeScalars.map { String($0) }
        }
        vocabulary += merges.map { $0.split(separator: " ").joined() }
        model = JSONObject([
            JSONObject.Member(key: "type", value: "BPE"),
            JSONObject.Member(
                key: "vocab",
                value: .object(
                    JSONObject(
                        vocabulary.enumerated().map { JSONObject.Member(key: $1, value: .integer($0)) }))),
            JSONObject.Member(key: "merges", value: .array(merges.map { .string($0) })),
        ])
        file = JSONObject([JSONObject.Member(key: "version", value: "1.0")])
        if base == .characters {
            model["unk_token"] = "<unk>"
            model["fuse_unk"] = true
            model["byte_fallback"] = true
        } else {
            file["pre_tokenizer"] = Self.byteLevel
        }
    }

    static let byteLevel: JSONValue = ["type": "ByteLevel", "add_prefix_space": false, "use_regex": true]

    /// GPT-2's scalars for the bytes 0 to 255.
    private static let alphabet: [String] = {
        var spare: UInt32 = 0x100
        return (UInt32(0)..<256).map { byte in
            let isPrintable = (0x21...0x7e).contains(byte) || (0xa1...0xff).contains(byte) && byte != 0xad
            if !isPrintable { spare += 1 }
            return String(Unicode.Scalar(isPrintable ? byte : spare - 1).map(Character.init) ?? "?")
        }
    }()

    var bytes: [UInt8] {
        var whole = file
        whole["model"] = .object(model)
        return Array(JSONValue.object(whole).canonicalText.utf8)
    }

    func tokenizer() throws(TokenizationError) -> Tokenizer { try Tokenizer(json: bytes, name: "small.json") }
}
