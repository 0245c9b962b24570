package import System

/// What can go wrong with the files of a workspace.
package enum WorkspaceError: SystemFailure, Equatable {
    /// The workspace does not exist and the command only reads.
    case noWorkspace(path: String)
    case system(SystemError)
    /// Another process holds the lock file.
    case locked(path: String, holder: String)
    /// The store holds other bytes under the same name.
    case conflict(path: String)
    /// An artifact is not what was written.
    case corrupt(path: String, reason: String)
    /// A signal asked the process to stop.
    case stopped
}

extension WorkspaceError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noWorkspace(let path):
            "no workspace at '\(path)': 'qid run MANIFEST' makes one, --workspace or QID_WORKSPACE names another"
        case .system(let error): error.description
        case .locked(let path, let holder): "'\(path)' is locked by \(holder): try again when it has ended"
        case .conflict(let path):
            "'\(path)' already holds other bytes than the ones computed now: "
                + "the same inputs gave two results; move it away and run again to see which one repeats"
        case .corrupt(let path, let reason): "'\(path)' is damaged (\(reason)): delete it and run again"
        case .stopped: "stopped by a signal; what was whole is kept, run again to go on"
        }
    }

    package var exitStatus: ExitStatus {
        switch self {
        case .noWorkspace: .noInput
        case .system(let error): error.exitStatus
        case .locked, .stopped: .tryAgain
        case .conflict: .software
        case .corrupt: .badInput
        }
    }
}

extension SystemError {
    /// How a command ends that needed what the system refused.
    package var exitStatus: ExitStatus {
        if isOfWriting { return isRefusedPlace ? .cannotCreate : .inputOutput }
        return isMissing ? .noInput : .inputOutput
    }
}
