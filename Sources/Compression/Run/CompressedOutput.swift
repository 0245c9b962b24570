import Checkpoint
import FoundationEssentials
import JSON
import System

/// One compressed checkpoint being written.
protocol CompressedOutput: AnyObject {
    var spec: Spec { get }

    /// Writes a compressed module.
    func write(_ layer: LinearLayer, _ weight: CompressedWeight) throws(CompressionError)

    /// Writes a tensor that was kept, by its bytes in the type that the checkpoint has.
    func write(_ name: String, _ bytes: UnsafeRawBufferPointer) throws(CompressionError)

    /// Finishes the weights, then writes what stands beside them; what makes the whole readable comes last.
    func finish(from checkpoint: Checkpoint, ignored: [String], provenance: Provenance) throws(CompressionError)
}

extension CompressedOutput {
    func write(_ name: String, _ storage: StoredBytes) throws(CompressionError) {
        // Sound because the storage has so many bytes, and lives as long as the call.
        try write(name, UnsafeRawBufferPointer(start: storage.base, count: storage.byteCount))
    }
}

func writeNew(_ value: JSONValue, to place: URL) throws(CompressionError) {
    try writeNew(Array(value.prettyText.utf8), to: place)
}

/// Writes a new file; who publishes its directory syncs it.
func writeNew(_ bytes: [UInt8], to place: URL) throws(CompressionError) {
    do throws(SystemError) {
        let file = try NewFile(place)
        try file.write(bytes.span.bytes)
        try file.close()
    } catch { throw .system(error) }
}
