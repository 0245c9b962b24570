#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Whether two pieces of memory hold the same bytes, as fast as they can be read.
package func holdSameBytes(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    guard a.count == b.count else { return false }
    // Empty pieces may have no address.
    guard let first = a.baseAddress, let second = b.baseAddress else { return true }
    return memcmp(first, second, a.count) == 0
}

/// The most memory that this process has held at a time, in bytes.
package func peakMemoryByteCount() -> Int {
    #if canImport(Darwin)
        return ownUsage().ru_maxrss
    #else
        return ownUsage().ru_maxrss * 1024
    #endif
}
