/// By which rules a shard's text becomes windows, apart from how long these are and which come first.
///
/// Losses that were scored by different rules do not compare.
package struct WindowRules: Sendable, Hashable {
    /// Whether each window begins with the token that the configuration calls `bos_token_id`.
    package var bos: Bool
    package var documents: DocumentRule
    /// The id that follows each document; nil: what the configuration, else the tokenizer, says.
    package var separator: UInt32?

    package init(bos: Bool = false, documents: DocumentRule = .joined, separator: UInt32? = nil) {
        (self.bos, self.documents, self.separator) = (bos, documents, separator)
    }
}

/// Whether a window may hold tokens of several documents.
package enum DocumentRule: String, Sendable, CaseIterable {
    /// Windows are cut from one stream of all documents, so that a token may be foretold from the document before its own.
    case joined
    /// Windows begin and end with documents; the last window of each is as short as what is left.
    case separate
}
