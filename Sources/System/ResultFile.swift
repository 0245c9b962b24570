package import FoundationEssentials
import SystemPackage

/// Writes a file that somebody has named.
///
/// A file is replaced whole, and a new one is made whole. A device or pipe is written to. A symbolic link is refused by
/// name: who follows one may write where a stranger wants it, and who replaces it does what nobody asked for; only one that
/// leads to a device or pipe, as `/dev/stdout` may, is followed.
package func writeResult(_ bytes: [UInt8], to place: URL) throws(SystemError) {
    if try FileStatus(place)?.kind == .other { return try writeInto(place, bytes) }
    guard try FileStatus(link: place)?.kind != .link else { throw SystemError(.write, place.path, .symbolicLink) }
    try replaceFile(bytes, at: place)
}

/// Writes to what is there already.
private func writeInto(_ place: URL, _ bytes: [UInt8]) throws(SystemError) {
    let (path, name) = (place.systemPath, place.path)
    _ = try SystemError.attempt(.write, name) {
        let descriptor = try FileDescriptor.open(path, .writeOnly, options: .closeOnExec)
        return try descriptor.closeAfter { try descriptor.writeAll(bytes) }
    }
}
