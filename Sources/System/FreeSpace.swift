package import FoundationEssentials
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Bytes that this user may still write on the file system that holds a place.
package func freeByteCount(at place: URL) throws(SystemError) -> Int {
    var status = statvfs()
    let (path, name) = (place.systemPath, place.path)
    try SystemError.check(.inspect, name) { path.withPlatformString { statvfs($0, &status) } }
    let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return overflow ? .max : Int(clamping: bytes)
}
