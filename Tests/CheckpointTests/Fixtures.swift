import Checkpoint
import FoundationEssentials
import Testing

/// A new empty directory that is removed with this object.
final class TemporaryDirectory {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "qid-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: url.appending(path: name))
    }
}

/// Where oracles lie, beside the repository's root; `nil` where somebody has only the repository.
let sharedDirectory: URL? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let shared = root.deletingLastPathComponent().appending(path: "shared")
    return FileManager.default.fileExists(atPath: shared.path()) ? shared : nil
}()

/// A safetensors file's bytes: a header as given, padded to 8, then that many data bytes counting up.
func safetensors(_ header: String, dataByteCount: Int) -> [UInt8] {
    let json = Array(header.utf8) + Array(repeating: 0x20, count: (8 - header.utf8.count % 8) % 8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) }
    return length + json + (0..<dataByteCount).map { UInt8(truncatingIfNeeded: $0) }
}

func parse(_ bytes: [UInt8]) throws(CheckpointError) -> SafetensorsHeader {
    try bytes.withUnsafeBufferPointer { buffer throws(CheckpointError) in
        try SafetensorsHeader.parse(UnsafeRawBufferPointer(buffer), file: "f")
    }
}

/// One tensor for a checkpoint made on the spot.
struct Piece {
    let name: String
    let type: ElementType
    let shape: [Int]
    let bytes: [UInt8]

    init(_ name: String, _ type: ElementType, _ shape: [Int], bytes: [UInt8]? = nil) {
        self.name = name
        self.type = type
        self.shape = shape
        let count = shape.reduce(1, *) * type.bitCount / 8
        self.bytes = bytes ?? (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ name.utf8.count) }
    }

    init(_ name: String, int64 values: [Int64]) {
        self.init(
            name, .int64, [values.count], bytes: values.flatMap { value in withUnsafeBytes(of: value, Array.init) })
    }
}

func write(_ pieces: [Piece], to location: URL) throws(CheckpointError) {
    var writer = try SafetensorsWriter(
        creating: location, tensors: pieces.map { .init($0.name, $0.type, $0.shape) })
    for piece in pieces { try writer.write(piece.name, piece.bytes) }
    try writer.finish()
}

/// A directory with a configuration and one weight file.
func makeCheckpoint(
    in directory: TemporaryDirectory, config: String = #"{"model_type": "llama"}"#, _ pieces: [Piece]
) throws -> Checkpoint {
    try directory.write(config, to: "config.json")
    try write(pieces, to: directory.url.appending(path: "model.safetensors"))
    return try Checkpoint(directory: directory.url)
}
