import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Where messages go.
package enum StandardError {
    /// Whether a person looks at it.
    package static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Writes a text as it is; that nobody takes it is nothing that a message could tell of.
    package static func write(_ text: String) {
        _ = try? FileDescriptor.standardError.writeAll(text.utf8)
    }
}
