package import FoundationEssentials
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Whether a process of this machine has a file open for writing; false where the system cannot tell.
///
/// Asks the kernel for a read lease, which Linux refuses while anybody has the file open for writing.
package func isOpenForWriting(_ location: URL) -> Bool {
    #if os(Linux)
        // From <fcntl.h> behind _GNU_SOURCE, which Swift does not import.
        let (setSignal, setLease, getLease) = (Int32(10), Int32(1024), Int32(1025))
        let open = { (path: FilePath) in
            try FileDescriptor.open(path, .readOnly, options: [.nonBlocking, .closeOnExec])
        }
        guard let descriptor = try? open(location.systemPath) else { return false }
        // Closing the file gives the lease back.
        defer { try? descriptor.close() }
        // Who opens the file in this very moment makes the kernel send a signal; this one is ignored by default.
        guard fcntl(descriptor.rawValue, getLease) == Int32(F_UNLCK),
            fcntl(descriptor.rawValue, setSignal, SIGURG) == 0
        else { return false }
        return fcntl(descriptor.rawValue, setLease, Int32(F_RDLCK)) != 0 && Errno.last == .wouldBlock
    #else
        return false
    #endif
}
