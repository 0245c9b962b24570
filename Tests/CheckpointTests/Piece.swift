import Checkpoint
import FoundationEssentials
import TestSupport
import Testing

/// `safetensors.numpy.save` (0.8.0) of a = F32 [[0, 1, 2], [3, 4, 5]], b = I64 [-1, 2⁴⁰], c = F16 1.5.
let referenceFile = Array(
    Data(
        base64Encoded: """
            2AAAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJtYWRlIjoiYnkgdGhlIHJlZmVyZW5jZSJ9LCJiIjp7ImR0eXBlIjoiSTY0Iiwic2hh
            cGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbMCwxNl19LCJhIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsyLDNdLCJkYXRhX29mZnNl
            dHMiOlsxNiw0MF19LCJjIjp7ImR0eXBlIjoiRjE2Iiwic2hhcGUiOltdLCJkYXRhX29mZnNldHMiOls0MCw0Ml19fSAgICAgICD/
            /////////wAAAAAAAQAAAAAAAAAAgD8AAABAAABAQAAAgEAAAKBAAD4=
            """, options: .ignoreUnknownCharacters) ?? Data())

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
            name, .int64, [values.count], bytes: values.flatMap { value in withUnsafeBytes(of: value) { Array($0) } })
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
    in directory: ScratchDirectory, config: String = #"{"model_type": "llama"}"#, _ pieces: [Piece]
) throws -> Checkpoint {
    try directory.write(config, to: "config.json")
    try write(pieces, to: directory.url.appending(path: "model.safetensors"))
    return try Checkpoint(directory: directory.url)
}

/// A directory whose weights are spread over shards, with their index.
func makeShards(in directory: ScratchDirectory, _ shards: [[Piece]]) throws {
    try directory.write(#"{"model_type": "llama"}"#, to: "config.json")
    var map: [String] = []
    for (number, pieces) in shards.enumerated() {
        let name = "model-\(number + 1)-of-\(shards.count).safetensors"
        try write(pieces, to: directory.url.appending(path: name))
        map += pieces.map { "\"\($0.name)\": \"\(name)\"" }
    }
    try directory.write(#"{"weight_map": {\#(map.joined(separator: ", "))}}"#, to: "model.safetensors.index.json")
}
