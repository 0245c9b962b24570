/// How a file's bytes are compressed.
package enum CompressionFormat: String, Sendable, CaseIterable {
    case gzip
    case zstandard = "zstd"

    /// The format that a file's first bytes show: `1f 8b` is gzip, `28 b5 2f fd` a Zstandard frame, `5? 2a 4d 18` a
    /// skippable one.
    init?(prefix: some Sequence<UInt8>) {
        let bytes = Array(prefix.prefix(4))
        if bytes.starts(with: [0x1f, 0x8b]) {
            self = .gzip
        } else if bytes == [0x28, 0xb5, 0x2f, 0xfd] {
            self = .zstandard
        } else if bytes.dropFirst() == [0x2a, 0x4d, 0x18], bytes[0] >> 4 == 5 {
            self = .zstandard
        } else {
            return nil
        }
    }

    /// The suffix of a file's name that says so: `.gz` or `.zst`.
    package var suffix: String { self == .gzip ? ".gz" : ".zst" }

    func decoder() throws(StreamFault) -> any StreamDecoder {
        switch self {
        case .gzip: try GzipStream()
        case .zstandard: try ZstandardStream()
        }
    }
}
