import Evaluation
import JSON
import Records

/// What a loss depends on beside windows and weights, and what makes losses of different vocabularies comparable.
struct ScoringProtocol {
    /// The token that each window begins with; nil where it is the stream's own.
    let beginning: UInt32?
    let documents: DocumentRule
    /// The id that follows each document; nil where the shard holds ids.
    let separator: UInt32?
    /// Bytes of text for each token of the shard's stream; nil where the shard holds ids.
    let bytesPerToken: Double?

    /// A loss in nats per token as bits per byte of text.
    func bitsPerByte(loss: Double) -> Double? {
        bytesPerToken.map { Records.bitsPerByte(loss: loss, bytesPerToken: $0) }
    }

    /// The document with what is known beside each loss.
    func added(to document: JSONValue) -> JSONValue {
        guard var object = document.object else { return document }
        object["bos"] = beginning.map { .integer(Int($0)) } ?? .null
        object["documents"] = .string(documents.rawValue)
        object["separator"] = separator.map { .integer(Int($0)) } ?? .null
        object["bytes_per_token"] = bytesPerToken.map { .number($0) } ?? .null
        object["results"] = .array(
            (object["results"]?.array ?? []).map { result in
                guard var members = result.object else { return result }
                let bits = members["loss"]?.double.flatMap { bitsPerByte(loss: $0) }
                members["bits_per_byte"] = bits.map { .number($0) } ?? .null
                return .object(members)
            })
        return .object(object)
    }
}
