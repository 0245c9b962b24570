import Crypto
import System

/// What identifies one tensor: its name, type, shape, and the SHA-256 of its bytes.
package struct TensorDigest: Sendable, Equatable {
    package let name: String
    package let type: ElementType
    package let shape: [Int]
    /// 64 hexadecimal digits.
    package let sha256: String

    package init(_ info: TensorInfo, sha256: String) {
        name = info.name
        type = info.type
        shape = info.shape
        self.sha256 = sha256
    }

    /// `name ⇥ type ⇥ sizes separated by commas ⇥ digest`, with a line feed at its end.
    var line: String {
        "\(name)\t\(type.rawValue)\t\(shape.map(String.init).joined(separator: ","))\t\(sha256)\n"
    }
}

/// A checkpoint's identity: SHA-256 over its tensors' lines in byte order of their names.
///
/// Neither how the tensors are spread over files, nor their order in them, nor a header's metadata is part of it.
package struct CheckpointDigest: Sendable, Hashable, CustomStringConvertible {
    /// 64 hexadecimal digits.
    package let description: String

    package init(_ tensors: [TensorDigest]) {
        let sorted = tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var hash = SHA256()
        for tensor in sorted { hash.update(data: Array(tensor.line.utf8)) }
        description = hexadecimal(hash.finalize())
    }
}

extension Tensor {
    /// Hashes this tensor's bytes; tensors are independent, so callers may do this in parallel.
    ///
    /// The pages are let go as soon as they are hashed: whatever the size of the file, little of it stays in memory.
    package func digest() -> TensorDigest {
        let pieceByteCount = 1 << 22
        var hash = SHA256()
        withBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: pieceByteCount) {
                // Slicing checks bounds.
                let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + pieceByteCount)])
                hash.update(bufferPointer: piece)
                (mapping as? MappedFile)?.release(piece)
            }
        }
        return TensorDigest(info, sha256: hexadecimal(hash.finalize()))
    }
}

extension Checkpoint {
    /// Hashes all tensors one after the other.
    package func digest() -> CheckpointDigest { CheckpointDigest(storedTensors.map { $0.digest() }) }
}

/// A digest in the usual notation.
func hexadecimal(_ digest: SHA256Digest) -> String {
    var text = ""
    for byte in digest {
        text += byte < 16 ? "0" : ""
        text += String(byte, radix: 16)
    }
    return text
}
