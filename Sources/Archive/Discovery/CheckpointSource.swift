package import FoundationEssentials

/// One checkpoint as it lies in an archive: a directory, or a tar archive.
package struct CheckpointSource: Sendable, Equatable {
    /// In which form the checkpoint's files are there.
    package enum Form: String, Sendable {
        /// A Hugging Face directory that can be used where it is.
        case directory
        /// A directory whose weights are compressed one by one.
        case compressedDirectory = "compressed directory"
        /// A tar archive, compressed or not.
        case tar
        /// A GGUF file by itself, or the shards of one, which can be used where they are.
        case ggufFile = "GGUF file"

        /// Whether the files are used where they are.
        package var isUsedInPlace: Bool { self == .directory || self == .ggufFile }
    }

    /// The directory or the tar archive.
    package let location: URL
    package let form: Form
    /// The path below the root that was searched, for messages.
    package let name: String
    /// Which run and which step it is of, as names say it.
    package internal(set) var place: TrainingPlace
    /// The files of a directory that hold weights, in byte order of their names.
    package let weights: [String]
    /// The other files of a directory that belong to the checkpoint: configuration, tokenizer, index.
    package let companions: [String]
    /// Whether it is of a repository of a Hugging Face cache, whose name is the same wherever it lies.
    package let isOfRepository: Bool

    /// The name of the file in which a store describes a checkpoint, beside its files.
    ///
    /// A source's own file of that name is none of its companions, so that the two never meet.
    package static let recordName = "checkpoint.json"

    package var series: String { place.series }
    package var step: Int? { place.step }

    /// Every file the checkpoint is made of.
    package var files: [URL] {
        let folder = form == .ggufFile ? location.deletingLastPathComponent() : location
        return form == .tar ? [location] : (weights + companions).sorted().map { folder.appending(path: $0) }
    }
}
