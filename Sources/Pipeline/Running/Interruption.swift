package import System

extension Interruption {
    /// Throws if a signal asked this process to stop.
    package static func check() throws(WorkspaceError) {
        if isRequested { throw .stopped }
    }
}
