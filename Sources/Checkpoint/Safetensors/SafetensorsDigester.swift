import Crypto

/// Hashes a safetensors file's tensors while its bytes come by, so unpacking and hashing are one pass.
///
/// The header is validated completely before the first value is taken. Memory: the header, and nothing per value.
package struct SafetensorsDigester {
    private let file: String
    private var prefix: [UInt8] = []
    private var headerByteCount: Int?
    private var header: SafetensorsHeader?
    private var next = 0
    private var hash = SHA256()
    private var digests: [TensorDigest] = []
    /// Bytes of the file taken so far.
    package private(set) var offset = 0

    /// Begins a file; the name is for messages.
    package init(file: String) { self.file = file }

    /// Takes the next bytes of the file, in whatever pieces they come.
    ///
    /// They are lent for the call; slicing checks bounds.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let taken = try header == nil ? takeHeader(rest) : takeValues(rest)
            offset += taken
            rest = rest.dropFirst(taken)
        }
    }

    /// Ends the file: its header, and one digest per tensor in the order of their bytes.
    package mutating func finish() throws(CheckpointError) -> (header: SafetensorsHeader, tensors: [TensorDigest]) {
        guard let header else {
            guard let headerByteCount else { throw .tooShort(file: file, byteCount: offset) }
            throw .headerTruncated(file: file, expected: headerByteCount, found: prefix.count)
        }
        try header.checkFileByteCount(offset, file: file)
        closeTensors(of: header)
        return (header, digests)
    }

    /// Takes bytes of the length, then of the header, and parses it when it is whole.
    private mutating func takeHeader(_ bytes: Slice<UnsafeRawBufferPointer>) throws(CheckpointError) -> Int {
        let wanted = headerByteCount ?? SafetensorsHeader.lengthByteCount
        let taken = bytes.prefix(wanted - prefix.count)
        // The memory grows with what has arrived, not with what the length promises.
        prefix.append(contentsOf: taken)
        guard prefix.count == wanted else { return taken.count }
        if headerByteCount == nil {
            headerByteCount = try SafetensorsHeader.headerByteCount(prefix, file: file)
            prefix = []
            // An empty header has no byte that would bring us back here.
            if headerByteCount == 0 { header = try SafetensorsHeader(json: [], file: file) }
        } else {
            header = try SafetensorsHeader(json: prefix, file: file)
            prefix = []
        }
        return taken.count
    }

    /// Takes bytes up to the end of the current tensor.
    private mutating func takeValues(_ bytes: Slice<UnsafeRawBufferPointer>) throws(CheckpointError) -> Int {
        guard let header else { return 0 }
        closeTensors(of: header)
        guard next < header.tensors.count else {
            throw .trailingBytes(file: file, expected: header.fileByteCount, found: offset + bytes.count)
        }
        let taken = bytes.prefix(header.tensors[next].byteRange.upperBound - offset)
        hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: taken))
        return taken.count
    }

    /// Ends every tensor whose last byte has been taken; tensors without elements end at once.
    private mutating func closeTensors(of header: SafetensorsHeader) {
        while next < header.tensors.count, header.tensors[next].byteRange.upperBound == offset {
            digests.append(TensorDigest(header.tensors[next], sha256: hexadecimal(hash.finalize())))
            hash = SHA256()
            next += 1
        }
    }
}
