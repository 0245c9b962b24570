package import System

/// How a command ends, in the words of sysexits(3).
package enum ExitStatus: Int32, Sendable {
    case success = 0
    /// The command line or a manifest asks for something that makes no sense.
    case usage = 64
    /// Everything that could be done was done, but some input was bad; each is recorded.
    case badInput = 65
    /// An input that was named is not there.
    case noInput = 66
    /// A mistake of ours.
    case software = 70
    /// A file or directory cannot be made.
    case cannotCreate = 73
    /// Reading or writing failed: a full disk, a broken device.
    case inputOutput = 74
    /// Another process holds the lock, or a signal stopped this one: try again.
    case tryAgain = 75
}

extension ExitStatus {
    /// What a stage's end means; nil where it is none of ours.
    package init?(_ end: ProcessEnd) {
        switch end {
        case .exited(let status): self.init(rawValue: status)
        case .killed: if end.wasAskedFor { self = .tryAgain } else { return nil }
        }
    }
}
