/// What one character of a word is before anything merges.
enum InitialSymbol: Sendable, Equatable {
    case token(UInt32)
    /// One token for each byte, as `<0xE2>`: the vocabulary has the bytes but not the character.
    case bytes([UInt32])
    case unknown
}
