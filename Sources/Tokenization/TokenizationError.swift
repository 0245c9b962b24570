package import Archive
package import GGUF
package import JSON
package import System

/// Why a tokenizer or a shard cannot be used.
package enum TokenizationError: SystemFailure, Equatable {
    case archive(ArchiveError)
    case gguf(GGUFError)
    /// A file does not hold JSON.
    case notJSON(file: String, JSONError)
    case tooLarge(file: String, limit: Int)
    /// A key of tokenizer.json, as a path such as `model.merges[3]`.
    case missingKey(file: String, key: String)
    case invalidValue(file: String, key: String, found: String, expected: String)
    case unsupportedValue(file: String, key: String, found: String, supported: String)
    case unknownKey(file: String, key: String)
    /// A regular expression whose part at a scalar's offset is not supported.
    case unsupportedPattern(file: String, key: String, pattern: String, offset: Int, reason: String)
    /// A merge whose parts or result the vocabulary does not have.
    case mergeOutsideVocabulary(file: String, index: Int, token: String)
    case unknownShard(file: String)
    case tokenizerNeeded(file: String)
    case noEndOfText(file: String)
    /// A line of a JSON Lines shard, counted from 1.
    case invalidLine(file: String, line: Int, reason: String)
    case invalidUTF8(file: String, offset: Int)
    case invalidArray(file: String, reason: String)
    case invalidToken(file: String, index: Int, value: Int64)
    case system(SystemError)
}

extension TokenizationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .archive(let error): "\(error)"
        case .gguf(let error): "\(error)"
        case .notJSON(let file, let error): "'\(file)' is not JSON: \(error)"
        case .tooLarge(let file, let limit): "'\(file)' is larger than \(limit) bytes"
        case .missingKey(let file, let key): "'\(file)' has no '\(key)'"
        case .invalidValue(let file, let key, let found, let expected):
            "'\(key)' in '\(file)' is \(found) but \(expected) is needed"
        case .unsupportedValue(let file, let key, let found, let supported):
            "'\(key)' in '\(file)' is \(found), which is not supported; supported: \(supported)"
        case .unknownKey(let file, let key): "'\(key)' in '\(file)' is not a key this tokenizer understands"
        case .unsupportedPattern(let file, let key, let pattern, let offset, let reason):
            "'\(key)' in '\(file)' is the pattern '\(pattern)', which is not supported at character \(offset): \(reason)"
        case .mergeOutsideVocabulary(let file, let index, let token):
            "'model.merges[\(index)]' in '\(file)' needs '\(token)', which 'model.vocab' does not have"
        case .unknownShard(let file):
            "'\(file)' is not a shard: its name must end in .jsonl, .txt or .npy (the texts also with .gz or .zst)"
        case .tokenizerNeeded(let file):
            "'\(file)' is text, so a tokenizer.json is needed to read it; "
                + "AutoTokenizer.from_pretrained(…).save_pretrained(…) of transformers makes one of vocab.json and merges.txt "
                + "or of tokenizer.model"
        case .noEndOfText(let file):
            "'\(file)' has none of \(EndOfText.names.joined(separator: ", ")), so the token that ends a document must be given"
        case .invalidLine(let file, let line, let reason): "line \(line) of '\(file)' \(reason)"
        case .invalidUTF8(let file, let offset): "'\(file)' is not UTF-8 at byte \(offset)"
        case .invalidArray(let file, let reason): "'\(file)' is not an array of tokens: \(reason)"
        case .invalidToken(let file, let index, let value):
            "element \(index) of '\(file)' is \(value), and a token is 0 to 4294967295"
        case .system(let error): error.description
        }
    }
}
