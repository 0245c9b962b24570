import Evaluation
package import FoundationEssentials
import JSON
package import Pipeline
import Synchronization
import Tokenization

/// Token streams of shards, each read once however many checkpoints share its tokenizer.
final class TokenStreams: Sendable {
    private let known = Mutex<[Request: TokenStream]>([:])

    /// All that decides which ids a stream has.
    private struct Request: Hashable {
        let shard: String
        let tokenizer: String?
        let endOfText: UInt32?
        let limit: Int?
    }

    /// The stream as far as its first `windows` windows, where they are taken in the shard's order, or all of it.
    ///
    /// A tokenizer is needed unless the shard holds token ids. `endOfText` is the id that follows each document, where
    /// the rules name no other; nil: what the tokenizer calls so.
    func stream(
        shard: URL, tokenizer: URL?, endOfText: UInt32?, rules: WindowRules, context: Int, windows: Int?,
        order: WindowOrder
    ) throws(StageError) -> TokenStream {
        let endOfText = rules.separator ?? endOfText
        let limit = windows.flatMap { windows -> Int? in
            guard order == .shard, rules.documents == .joined else { return nil }
            let (product, overflow) = windows.multipliedReportingOverflow(by: context)
            return overflow ? nil : product
        }
        let request = Request(shard: shard.path, tokenizer: tokenizer?.path, endOfText: endOfText, limit: limit)
        if let stream = known.withLock({ $0[request] }) { return stream }
        let stream = try attempt { () throws(TokenizationError) in
            let isText = shard.pathExtension != "npy"
            let tokenizer =
                try isText ? tokenizer.map { (file) throws(TokenizationError) in try Tokenizer(file: file) } : nil
            return try tokenStream(shard: shard, tokenizer: tokenizer, endOfText: endOfText, limit: limit)
        }
        known.withLock { $0[request] = stream }
        return stream
    }
}

extension TokenStream {
    /// Where the documents begin that windows do not leave; nil where they may.
    func documentStarts(_ rules: WindowRules, shard: String) throws(StageError) -> [Int]? {
        guard rules.documents == .separate else { return nil }
        guard let starts else { throw .noDocuments(path: shard) }
        return starts
    }
}

/// Writes a shard's token stream as a NumPy file.
///
/// Documents are separated as in an evaluation of the model that the tokenizer lies beside: by `separator`, else by the
/// `eos_token_id` of its configuration, else by what the tokenizer calls its end of text.
package func tokenize(
    shard: URL, tokenizer: URL, separator: UInt32?, output: URL
) throws(StageError) -> ExitStatus {
    let configured = try separator == nil ? endOfText(beside: tokenizer) : nil
    let stream = try attempt { () throws(TokenizationError) in
        try tokenStream(shard: shard, tokenizer: Tokenizer(file: tokenizer), endOfText: separator ?? configured)
    }
    try attempt { () throws(TokenizationError) in try stream.write(to: output) }
    let configuration =
        tokenizer.pathExtension == "gguf" ? "the file's configuration" : "config.json beside the tokenizer"
    let who = separator != nil ? "--separator" : configured != nil ? configuration : "the tokenizer"
    let end: String = stream.separator.map { "; documents end with \($0), as \(who) says" } ?? ""
    report("tokenize: \(stream.ids.count) tokens in \(output.path)\(end)")
    return .success
}

/// The id by which the configuration in a tokenizer's directory ends documents, if there is one that names one; a GGUF
/// file is a model with its own.
private func endOfText(beside tokenizer: URL) throws(StageError) -> UInt32? {
    if tokenizer.pathExtension == "gguf" { return try openNamed(tokenizer).endOfText }
    let file = tokenizer.deletingLastPathComponent().appending(path: "config.json")
    guard try exists(file) else { return nil }
    return try readJSON(file).object?.endOfText
}

extension JSONObject {
    /// A model configuration's id that ends a document; nil where it names none, or several.
    var endOfText: UInt32? { self["eos_token_id"]?.int.flatMap { UInt32(exactly: $0) } }
}
