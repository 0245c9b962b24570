package import FoundationEssentials
import SystemPackage

/// Makes sure that a directory is one itself, so that nothing is written or deleted where a link leads, and lies on the file
/// system of `root`, so that files can be renamed between the two; what is not there is fine.
package func checkOwnDirectory(_ directory: URL, in root: URL) throws(SystemError) {
    guard let status = try FileStatus(link: directory) else { return }
    switch status.kind {
    case .link: throw SystemError(.write, directory.path, .symbolicLink)
    case .file, .other: throw SystemError(.write, directory.path, .notDirectory)
    case .directory:
        let device = try FileStatus(of: root).identity.device
        guard status.identity.device == device else { throw SystemError(.rename, directory.path, .improperLink) }
    }
}
