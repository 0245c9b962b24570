import Archive
package import FoundationEssentials
import JSON
import Kernels

/// The tokens of a shard: each document's ids, then the id that ends a document, for one document after the other.
package struct TokenStream: Sendable, Equatable {
    package let ids: [UInt32]
    /// Bytes of text for each token, those that end documents among them; nil where the shard holds ids.
    package let bytesPerToken: Double?
    /// The id that follows each document; nil where the shard holds ids and nobody said which of them does.
    package let separator: UInt32?
    /// Where each document begins in `ids`; nil where the shard holds ids and nobody said which of them ends a document.
    package let starts: [Int]?

    package init(ids: [UInt32], starts: [Int]? = nil, bytesPerToken: Double? = nil, separator: UInt32? = nil) {
        self.ids = ids
        self.starts = starts
        self.bytesPerToken = bytesPerToken
        self.separator = separator
    }
}

/// Reads the token stream of a shard.
///
/// By its name the shard is `.jsonl` (one object a line with the document in `text`; blank lines count for nothing),
/// `.txt` (one document) or `.npy` (ids; see `ArrayHeader`). Any of them may be compressed, with `.gz` or `.zst` at the
/// end of its name. Lines are read and tokenized in batches, so memory holds the ids and little else.
///
/// A shard of ids needs no tokenizer. `endOfText` is the id that ends a document, where the model's configuration names
/// one; else the tokenizer's `endOfText` is taken. `limit` is how many ids are wanted; nothing of the shard is read
/// that cannot change those.
package func tokenStream(
    shard: URL, tokenizer: Tokenizer?, endOfText: UInt32? = nil, limit: Int? = nil
) throws(TokenizationError) -> TokenStream {
    let limit = max(0, limit ?? .max)
    let form = try ShardForm(shard)
    if form == .array {
        let ids = try readArray(shard, limit: limit)
        return TokenStream(ids: ids, starts: endOfText.map { starts(in: ids, after: $0) }, separator: endOfText)
    }
    guard let tokenizer else { throw .tokenizerNeeded(file: shard.path) }
    guard let endOfText = endOfText ?? tokenizer.endOfText else { throw .noEndOfText(file: shard.path) }
    var stream = StreamBuilder(tokenizer: tokenizer, endOfText: endOfText, limit: limit)
    switch form {
    case .text: stream.append([try readText(shard)])
    case .lines, .array: try readLines(shard, into: &stream)
    }
    return TokenStream(
        ids: stream.ids, starts: stream.starts, bytesPerToken: stream.bytesPerToken, separator: endOfText)
}

/// Where documents begin in ids of which one ends each of them.
private func starts(in ids: [UInt32], after separator: UInt32) -> [Int] {
    ids.isEmpty ? [] : [0] + ids.indices.dropLast().filter { ids[$0] == separator }.map { $0 + 1 }
}

/// The forms of a shard, by the end of its name.
private enum ShardForm {
    case lines, text, array

    init(_ shard: URL) throws(TokenizationError) {
        var name = shard.lastPathComponent[...]
        for suffix in [".gz", ".zst"] where name.hasSuffix(suffix) {
            name = name.dropLast(suffix.count)
            break
        }
        if name.hasSuffix(".jsonl") {
            self = .lines
        } else if name.hasSuffix(".txt") {
            self = .text
        } else if name.hasSuffix(".npy") {
            self = .array
        } else {
            throw .unknownShard(file: shard.path)
        }
    }
}

/// Gathers the ids of batches of documents.
private struct StreamBuilder {
    let tokenizer: Tokenizer
    let endOfText: UInt32
    let limit: Int
    private(set) var ids: [UInt32] = []
    private(set) var starts: [Int] = []
    /// Of the documents that were taken, whole.
    private var (byteCount, tokenCount) = (0, 0)

    var bytesPerToken: Double? { tokenCount == 0 ? nil : Double(byteCount) / Double(tokenCount) }

    init(tokenizer: Tokenizer, endOfText: UInt32, limit: Int) {
        self.tokenizer = tokenizer
        self.endOfText = endOfText
        self.limit = limit
    }

    var isFull: Bool { ids.count >= limit }

    mutating func append(_ batch: [[UInt8]]) {
        let tokenizer = tokenizer
        let encoded = Parallel.map(batch.count) { tokenizer.encode(utf8: batch[$0]) }
        for (text, tokens) in zip(batch, encoded) where !isFull {
            starts.append(ids.count)
            ids += tokens
            ids.append(endOfText)
            byteCount += text.count
            tokenCount += tokens.count + 1
        }
        if ids.count > limit { ids.removeLast(ids.count - limit) }
    }
}

private let textByteLimit = 1 << 30
private let batchByteCount = 1 << 20

private func readText(_ shard: URL) throws(TokenizationError) -> [UInt8] {
    let bytes = try readAll(shard, limit: textByteLimit)
    do throws(UTF8.ValidationError) {
        _ = try UTF8Span(validating: bytes.span)
    } catch {
        throw .invalidUTF8(file: shard.path, offset: error.byteOffsets.lowerBound)
    }
    return bytes
}

private func readLines(_ shard: URL, into stream: inout StreamBuilder) throws(TokenizationError) {
    var lines = try LineReader(shard)
    var batch: [[UInt8]] = []
    var byteCount = 0
    while !stream.isFull, let line = try lines.next() {
        guard let text = try document(line, file: shard.path, number: lines.number) else { continue }
        byteCount += text.count
        batch.append(text)
        if byteCount >= batchByteCount {
            stream.append(batch)
            batch.removeAll()
            byteCount = 0
        }
    }
    stream.append(batch)
}

/// The text of one line, or nil for a blank one.
private func document(_ line: [UInt8], file: String, number: Int) throws(TokenizationError) -> [UInt8]? {
    if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) { return nil }
    let value: JSONValue
    do throws(JSONError) {
        value = try JSONValue(parsing: line)
    } catch {
        throw .invalidLine(file: file, line: number, reason: "is not JSON: \(error)")
    }
    guard let object = value.object else {
        throw .invalidLine(file: file, line: number, reason: "is \(value.kind) where an object with 'text' is needed")
    }
    guard let text = object["text"] else {
        throw .invalidLine(file: file, line: number, reason: "has no 'text'")
    }
    guard let text = text.string else {
        throw .invalidLine(file: file, line: number, reason: "has \(text.kind) as 'text' where a string is needed")
    }
    return Array(text.utf8)
}
