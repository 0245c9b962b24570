import JSON

/// How a byte-level vocabulary cuts its texts, by the names of `tokenizer.ggml.pre`.
///
/// The patterns are those of the models' own `tokenizer.json`, to which llama.cpp's are meant to be equal; a normalizer that
/// llama.cpp leaves out (NFC of Qwen and of those with GPT-NeoX's tokens) is theirs too.
struct PreTokenizerName: Sendable {
    let names: [String]
    var preTokenizer: JSONValue
    var normalizer: JSONValue = .null
    /// Whether a word that is a token is taken without merges.
    var ignoresMerges = false

    private static let key = "tokenizer.ggml.pre"

    /// The entry of a file; one without the key is cut as llama.cpp cuts what it does not know.
    static func of(_ metadata: GGUFMetadata) throws(GGUFError) -> PreTokenizerName {
        let name = try metadata.string(key) ?? "default"
        guard let entry = all.first(where: { $0.names.contains(name) }) else {
            throw metadata.wrong(key, "one of " + all.flatMap(\.names).joined(separator: ", "))
        }
        return entry
    }

    static let all: [PreTokenizerName] = [
        .init(names: ["gpt-2", "phi-2", "gigachat", "jais", "trillion"], preTokenizer: bytes(pattern: true)),
        .init(names: ["olmo", "mpt"], preTokenizer: bytes(pattern: true), normalizer: ["type": "NFC"]),
        .init(
            names: ["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b", "mellum"],
            preTokenizer: sequence([["type": "Digits", "individual_digits": true], bytes(pattern: true)])),
        .init(
            names: ["llama-bpe", "llama3", "llama-v3", "falcon3", "pixtral", "lfm2"], preTokenizer: split([llama3]),
            ignoresMerges: true),
        .init(names: ["dbrx", "smaug-bpe", "chatglm-bpe"], preTokenizer: split([llama3])),
        .init(
            names: ["qwen2", "deepseek-r1-qwen", "megrez"], preTokenizer: split([qwen2]),
            normalizer: ["type": "NFC"]),
        .init(names: ["stablelm2"], preTokenizer: split([qwen2])),
        .init(names: ["tekken"], preTokenizer: split([tekken]), ignoresMerges: true),
        .init(names: ["gpt-4o", "llama4"], preTokenizer: split([gpt4o])),
        .init(
            names: ["falcon"],
            preTokenizer: sequence([
                ["type": "Punctuation", "behavior": "Contiguous"], bytes(pattern: true), isolated("[0-9][0-9][0-9]"),
            ])),
        .init(names: ["bloom", "poro-chat", "gpt3-finnish"], preTokenizer: split([#" ?[^(\s|.,!?…。，、।۔،)]+"#])),
        .init(
            names: ["default"],
            preTokenizer: split([#"[\p{P}\$\+<=>\^~\|]+"#, gpt2, #"\p{N}+"#, "[0-9][0-9][0-9]"])),
    ]

    private static let gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"#
    private static let contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    private static let ending = #"\s*[\r\n]+|\s+(?!\S)|\s+"#
    private static let llama3 =
        contraction + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"# + ending
    private static let qwen2 = contraction + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|"# + ending
    /// Words by their capitals, as Tekken and GPT-4o have them.
    private static func words(_ after: String) -> String {
        let (begin, end) = (#"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#, #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#)
        let before = #"[^\r\n\p{L}\p{N}]?"#
        return "\(before)\(begin)*\(end)+\(after)|\(before)\(begin)+\(end)*\(after)"
    }
    private static let tekken = words("") + #"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|"# + ending
    private static let gpt4o =
        words(contraction + "?") + #"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|"# + ending

    private static func bytes(pattern: Bool) -> JSONValue {
        ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": .bool(pattern)]
    }

    private static func isolated(_ pattern: String) -> JSONValue {
        ["type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Isolated", "invert": false]
    }

    private static func sequence(_ steps: [JSONValue]) -> JSONValue {
        ["type": "Sequence", "pretokenizers": .array(steps)]
    }

    /// Cuts by one pattern after the other, then bytes.
    private static func split(_ patterns: [String]) -> JSONValue {
        sequence(patterns.map(isolated) + [bytes(pattern: false)])
    }
}
