import FoundationEssentials
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What this process finds around itself.
package enum Surroundings {
    /// The variables of the environment.
    package static var variables: [String: String] { ProcessInfo.processInfo.environment }

    /// The path of the running executable.
    package static var executable: String {
        #if canImport(Darwin)
            var path = [CChar](repeating: 0, count: Int(PATH_MAX))
            var count = UInt32(path.count)
            if _NSGetExecutablePath(&path, &count) == 0, let end = path.firstIndex(of: 0) {
                return String(decoding: path[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
        #else
            var path = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlink("/proc/self/exe", &path, path.count)
            if count > 0 { return String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) }
        #endif
        return CommandLine.arguments.first ?? ""
    }

    /// Where files that are soon removed lie.
    static var temporaryDirectory: URL {
        let path = variables["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        return URL(filePath: path, directoryHint: .isDirectory)
    }
}
