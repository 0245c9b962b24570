#if canImport(Glibc)
    import Glibc
#endif

/// What can go wrong with the files of a workspace.
package enum WorkspaceError: Error, Equatable {
    /// The workspace does not exist and the command only reads.
    case noWorkspace(path: String)
    /// A system call on a path failed with this errno.
    case cannotWrite(path: String, code: Int32)
    case cannotRead(path: String, code: Int32)
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
        case .cannotWrite(let path, let code): "cannot write '\(path)': \(Self.reason(code))"
        case .cannotRead(let path, let code): "cannot read '\(path)': \(Self.reason(code))"
        case .locked(let path, let holder): "'\(path)' is locked by \(holder): try again when it has ended"
        case .conflict(let path):
            "'\(path)' already holds other bytes than the ones computed now: "
                + "the same inputs gave two results; move it away and run again to see which one repeats"
        case .corrupt(let path, let reason): "'\(path)' is damaged (\(reason)): delete it and run again"
        case .stopped: "stopped by a signal; what was whole is kept, run again to go on"
        }
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)).lowercasedFirst }

    package var exitStatus: ExitStatus {
        switch self {
        case .noWorkspace: .noInput
        case .cannotWrite(_, let code): [EACCES, EROFS, ENOTDIR, EPERM].contains(code) ? .cannotCreate : .inputOutput
        case .cannotRead(_, let code): code == ENOENT ? .noInput : .inputOutput
        case .locked, .stopped: .tryAgain
        case .conflict: .software
        case .corrupt: .badInput
        }
    }
}

extension String {
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
