package import FoundationEssentials
package import System

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
    }

    /// The directory or the tar archive.
    package let location: URL
    package let form: Form
    /// The path below the root that was searched, for messages.
    package let name: String
    /// The folder that holds the steps of one training run, relative to the root that was searched.
    package let series: String
    /// The training step, if a name says it.
    package let step: Int?
    /// The files of a directory that hold weights, in byte order of their names.
    package let weights: [String]
    /// The other files of a directory that belong to the checkpoint: configuration, tokenizer, index.
    package let companions: [String]

    /// The name of the file in which a store describes a checkpoint, beside its files.
    ///
    /// A source's own file of that name is none of its companions, so that the two never meet.
    package static let recordName = "checkpoint.json"

    /// Every file the checkpoint is made of.
    package var files: [URL] {
        form == .tar ? [location] : (weights + companions).sorted().map { location.appending(path: $0) }
    }
}

/// Something that an archive holds and that is not taken, and why.
package struct SkippedPath: Sendable, Equatable {
    /// The path below the root that was searched.
    package let name: String
    package let reason: SkipReason
}

/// Why something in an archive is not taken for a checkpoint.
package enum SkipReason: Sendable, Equatable {
    case beingWritten(file: String)
    case missingConfiguration
    case missingIndex(found: String)
    case pickledWeights(found: String)
    case adapter
    case unsupportedFormat
    case brokenLink
    case unreadable(SystemError)

    /// Whether somebody has to do something about it; what is still being written comes by itself.
    package var isFault: Bool {
        if case .beingWritten = self { false } else { true }
    }
}

extension SkipReason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .beingWritten(let file): "'\(file)' is still being written; left for the next time"
        case .missingConfiguration: "weights without a config.json beside them"
        case .missingIndex(let found): "'\(found)' is one of several weight files without model.safetensors.index.json"
        case .pickledWeights(let found): "weights only as '\(found)', which is a Python pickle; \(conversionAdvice)"
        case .adapter: "an adapter without the model it belongs to; merge it into the model and save that"
        case .unsupportedFormat: "a format that is not read; pack it as .tar, .tar.gz or .tar.zst"
        case .brokenLink: "a symbolic link to nothing"
        case .unreadable(let error): error.description
        }
    }
}

/// How to get safetensors out of a pickle.
let conversionAdvice =
    "convert it with AutoModelForCausalLM.from_pretrained(DIR).save_pretrained(DIR, safe_serialization=True) "
    + "of transformers"
