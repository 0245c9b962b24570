import FoundationEssentials
import System

/// One file of weights, open for reading: its tensors, whatever its format.
struct WeightFile {
    let tensors: [Tensor]
    /// The `__metadata__` of a safetensors file.
    let metadata: [String: String]

    /// Opens a safetensors file, or by its name one of `torch.save`.
    init(_ location: URL) throws(CheckpointError) {
        let mapping = try CheckpointError.attempt { () throws(SystemError) in try MappedFile(location) }
        let file = location.path(percentEncoded: false)
        guard location.pathExtension == "safetensors" else {
            do throws(PickleFault) {
                tensors = try TorchFile(mapping.bytes).tensors(in: mapping)
            } catch {
                throw Self.isGitLFSPointer(mapping) ? .gitLFSPointer(file: file) : .torch(file: file, error)
            }
            metadata = [:]
            return
        }
        let header = try SafetensorsHeader.parse(mapping.bytes, file: file)
        metadata = header.metadata
        // A file that has passed validation has at least its header's length, so its mapping has an address.
        guard let base = mapping.bytes.baseAddress else {
            tensors = []
            return
        }
        tensors = header.tensors.map {
            Tensor(info: $0, mapping: mapping, baseAddress: base + $0.byteRange.lowerBound)
        }
    }

    private static func isGitLFSPointer(_ mapping: MappedFile) -> Bool {
        mapping.bytes.count < 1024 && mapping.bytes.starts(with: "version https://git-lfs".utf8)
    }
}
