package import System

/// Something that an archive holds and that is not taken, and why.
package struct SkippedPath: Sendable, Equatable {
    /// The path below the root that was searched.
    package let name: String
    package let reason: SkipReason
    /// Whether a checkpoint that is taken lies beside or above it: then it is a second copy that nobody misses.
    package internal(set) var isBesideCheckpoint = false

    package init(name: String, reason: SkipReason) {
        self.name = name
        self.reason = reason
    }

    /// Whether somebody has to do something about it.
    package var isFault: Bool { reason.isFault && !isBesideCheckpoint }
}

/// Why something in an archive is not taken for a checkpoint.
package enum SkipReason: Sendable, Equatable {
    case beingWritten(file: String)
    case missingConfiguration
    case missingIndex(found: String, index: String)
    /// Weights in a form that is not read.
    case unreadWeights(found: String, format: String, advice: String)
    case adapter
    /// What Git leaves in the place of a file that Git LFS has not fetched.
    case gitLFSPointer(file: String)
    case unsupportedFormat
    case brokenLink
    case notAFile
    case unreadable(SystemError)
    /// A name that would do something to a terminal, or is no text.
    case unprintableName
    /// Below so many folders.
    case tooDeep(limit: Int)
    /// A name that means to say a step or tokens.
    case unreadableName(part: String)
    /// A revision that names another step of the same commit.
    case sameCommit(as: String)
    /// A revision of which the cache holds no files.
    case missingSnapshot(commit: String)

    /// Whether somebody has to do something about it; what is still being written comes by itself.
    package var isFault: Bool {
        if case .beingWritten = self { false } else { true }
    }

    /// Whether it is a copy of weights in another form, which does no harm beside one that is read.
    var isOtherForm: Bool {
        switch self {
        case .unreadWeights, .adapter: true
        default: false
        }
    }
}

extension SkipReason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .beingWritten(let file): "'\(file)' is still being written; left for the next time"
        case .missingConfiguration: "weights without a config.json beside them"
        case .missingIndex(let found, let index): "'\(found)' is one of several weight files without \(index)"
        case .unreadWeights(let found, let format, let advice):
            "weights only as '\(found)', which is \(format); \(advice)"
        case .adapter: "an adapter without the model it belongs to; merge it into the model and save that"
        case .gitLFSPointer(let file): "'\(file)' is a Git LFS pointer and not the file; fetch it with 'git lfs pull'"
        case .unsupportedFormat: "a format that is not read; pack it as .tar, .tar.gz or .tar.zst"
        case .brokenLink: "a symbolic link to nothing"
        case .notAFile: "a pipe, socket or device where a file or directory belongs"
        case .unreadable(let error): error.description
        case .unprintableName: "its name has a control character or is not UTF-8; rename it"
        case .tooDeep(let limit): "it lies below \(limit) folders, where nothing is looked for"
        case .unreadableName(let part):
            "'\(part)' in its name is no whole number of steps or tokens; rename it, or give its tokens in the manifest"
        case .sameCommit(let revision):
            "it is the same commit as revision '\(revision)', so one of the two does not serve its own weights"
        case .missingSnapshot(let commit): "the cache holds no files of its commit \(commit)"
        }
    }
}
