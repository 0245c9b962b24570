import Evaluation
package import FoundationEssentials
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
    /// A tokenizer is needed unless the shard holds token ids. `endOfText` is the id that follows each document; nil:
    /// what the tokenizer calls so.
    func stream(
        shard: URL, tokenizer: URL?, endOfText: UInt32?, context: Int, windows: Int?, order: WindowOrder
    ) throws(StageError) -> TokenStream {
        let limit = windows.flatMap { windows -> Int? in
            guard order == .shard else { return nil }
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

/// Writes a shard's token stream as a NumPy file.
package func tokenize(shard: URL, tokenizer: URL, output: URL) throws(StageError) -> ExitStatus {
    let stream = try attempt { () throws(TokenizationError) in
        try tokenStream(shard: shard, tokenizer: Tokenizer(file: tokenizer))
    }
    try attempt { () throws(TokenizationError) in try stream.write(to: output) }
    report("tokenize: \(stream.ids.count) tokens in \(output.path)")
    return .success
}
