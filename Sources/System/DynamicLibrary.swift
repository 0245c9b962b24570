#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A shared library that was loaded while the program runs; it stays until the end.
// @unchecked Sendable because the handle is never changed and the library never unloaded.
package struct DynamicLibrary: @unchecked Sendable {
    /// Why a library does not load, in the system's words.
    package struct LoadError: Error {
        package let reason: String
    }

    private let handle: UnsafeMutableRawPointer

    /// Loads a library, with variables that it reads from the environment as it loads.
    package init(_ path: String, variables: [String: String] = [:]) throws(LoadError) {
        for (name, value) in variables { setenv(name, value, 1) }
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw LoadError(reason: dlerror().map { String(cString: $0) } ?? "it does not load")
        }
        self.handle = handle
    }

    /// The address of a function; nil if the library has none of that name.
    package func symbol(_ name: String) -> UnsafeMutableRawPointer? { dlsym(handle, name) }
}
