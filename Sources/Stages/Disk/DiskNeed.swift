import Archive
import Compression
import FoundationEssentials
import Pipeline
import Records
import System

/// The most bytes that measuring a cell adds to the store for a time.
struct DiskNeed: Equatable {
    /// Its compressed checkpoint, where that is not there.
    let compressed: Int
    /// Its checkpoint's weights, where they had to make room and are unpacked again.
    let unpacked: Int
}

extension Workspace {
    /// What a cell may need.
    ///
    /// Compressed forms are taken for a tenth larger than the plain weights, which the largest are
    /// (zeros stored as masks over 16-bit values), products of factors for twice as large. A turned model keeps float32,
    /// the head apart from the embedding, and lies there once before it is compressed.
    func need(of cell: Cell, _ contents: StoreContents) throws(StageError) -> DiskNeed {
        let record = cell.checkpoint
        let weights = record.size.parameters * record.bytesPerParameter
        let isEvicted = try exists(evictionMark(of: record.digest))
        var compressed = 0
        if let spec = cell.spec, !contents.isCompressed(cell) {
            let size = record.size
            let turned =
                spec.options.rotation == nil ? 0 : 4 * (2 * size.parameters - size.nonEmbeddingParameters)
            let stored = max(weights, turned)
            let largest = spec.options.rank == nil ? stored / 10 * 11 : 2 * stored
            compressed = largest + turned + (try companionByteCount(of: record.digest))
        }
        return DiskNeed(compressed: compressed, unpacked: isEvicted ? weights + DiskNeed.slack : 0)
    }

    /// Bytes of tokenizer, configuration and whatever else goes with the weights into each compressed form.
    private func companionByteCount(of digest: String) throws(StageError) -> Int {
        let directory = checkpoint(digest)
        var sum = DiskNeed.slack
        for name in try names(in: directory) where !name.hasSuffix(weightSuffix) {
            sum +=
                try attempt { () throws(SystemError) in try FileStatus(directory.appending(path: name))?.byteCount }
                ?? 0
        }
        return sum
    }
}

extension DiskNeed {
    /// Headers, provenance, checksums.
    static let slack = 1 << 17
}

extension CheckpointRecord {
    /// Bytes of a weight as it is stored.
    var bytesPerParameter: Int {
        switch dtype {
        case "F16", "BF16": 2
        case "F64": 8
        default: 4
        }
    }
}

/// How the names of files end that hold weights in the store.
let weightSuffix = ".safetensors"
