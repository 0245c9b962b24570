package import LanguageModel

/// Why an evaluation cannot be made.
package enum EvaluationError: Error, Equatable {
    /// A window needs a token to score and one before it.
    case contextTooShort(Int)
    case tooFewTokens(found: Int, context: Int)
    case tokenOutOfRange(id: Int, position: Int, vocabularySize: Int)
    case noWindows(Int)
    case standardErrorNotPositive(Double)
    /// The baseline yields values that are no numbers, so nothing can be compared with it.
    case notFinite(name: String, module: String)
    case languageModel(LanguageModelError)
}

extension EvaluationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .contextTooShort(let context): "a context of \(context) tokens scores nothing; 2 is the least"
        case .tooFewTokens(let found, let context):
            "the shard has \(found) tokens, fewer than one window of \(context)"
        case .tokenOutOfRange(let id, let position, let vocabularySize):
            "token \(id) at position \(position) of the shard is outside the vocabulary of \(vocabularySize)"
        case .noWindows(let count): "\(count) windows were asked for; 1 is the least"
        case .standardErrorNotPositive(let value):
            "a target standard error of \(value) is never reached; it must be above zero"
        case .notFinite(let name, let module):
            "the baseline '\(name)' yields values that are not finite after '\(module)'"
        case .languageModel(let error): error.description
        }
    }
}
