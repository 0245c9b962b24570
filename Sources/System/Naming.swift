import CPlatform
package import FoundationEssentials
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A name that nobody else has, hidden, in the directory of `place`: renaming stays within one file system.
package func temporaryName(beside place: URL) -> URL {
    place.deletingLastPathComponent().appending(path: ".\(UUID().uuidString).tmp")
}

/// Gives a file another name; what has that name already is replaced.
package func rename(_ old: URL, to new: URL) throws(SystemError) {
    let (from, to) = (old.systemPath, new.systemPath)
    try SystemError.check(.write, new.path) {
        from.withPlatformString { from in to.withPlatformString { rename(from, $0) } }
    }
}

/// Gives a directory the name of a place; false where another directory that is not empty has it, which stays.
package func moveDirectory(_ directory: URL, to place: URL) throws(SystemError) -> Bool {
    do throws(SystemError) {
        try rename(directory, to: place)
        return true
    } catch {
        guard error.cause == .number(.fileExists) || error.cause == .number(.directoryNotEmpty) else { throw error }
        return false
    }
}

/// Gives a file a second name; false where something has that name already, which stays.
///
/// Where the file system has no second names, this becomes the only one.
package func linkFile(_ file: URL, to place: URL) throws(SystemError) -> Bool {
    let (from, to) = (file.systemPath, place.systemPath)
    do throws(SystemError) {
        try SystemError.check(.write, place.path) {
            from.withPlatformString { from in to.withPlatformString { link(from, $0) } }
        }
        return true
    } catch {
        if error.cause == .number(.fileExists) { return false }
        let hasNoLinks = [.notPermitted, .notSupported, .noFunction, .tooManyLinks].contains {
            error.cause == .number($0)
        }
        guard hasNoLinks else { throw error }
        return try renameExclusively(file, to: place)
    }
}

/// Gives a file another name; false where something has that name already, which stays.
private func renameExclusively(_ file: URL, to place: URL) throws(SystemError) -> Bool {
    let (from, to) = (file.systemPath, place.systemPath)
    do throws(SystemError) {
        try SystemError.check(.write, place.path) {
            from.withPlatformString { from in to.withPlatformString { qid_rename_exclusively(from, $0) } }
        }
        return true
    } catch {
        if error.cause == .number(.fileExists) { return false }
        let cannotPromise = [.invalidArgument, .noFunction, .notSupported].contains { error.cause == .number($0) }
        throw cannotPromise ? SystemError(.link, place.path, .noExclusiveNames) : error
    }
}

/// Makes a symbolic link; what has the name already is an error.
package func makeLink(_ place: URL, to target: URL) throws(SystemError) {
    let (from, to) = (target.systemPath, place.systemPath)
    try SystemError.check(.write, place.path) {
        from.withPlatformString { from in to.withPlatformString { symlink(from, $0) } }
    }
}

/// Makes a directory and its parents; one that is there already is fine.
package func makeDirectory(_ directory: URL) throws(SystemError) {
    do throws(SystemError) { try makeOneDirectory(directory) } catch {
        let parent = directory.deletingLastPathComponent()
        guard error.isMissing, parent.path != directory.path else { throw error }
        try makeDirectory(parent)
        try makeOneDirectory(directory)
    }
}

private func makeOneDirectory(_ directory: URL) throws(SystemError) {
    let path = directory.systemPath
    do throws(SystemError) {
        try SystemError.check(.write, directory.path) { path.withPlatformString { mkdir($0, 0o777) } }
    } catch {
        guard error.cause == .number(.fileExists) else { throw error }
        guard try FileStatus(directory)?.kind == .directory else {
            throw SystemError(.write, directory.path, .notDirectory)
        }
    }
}

/// Removes a file's name, or a link itself; that nothing has it is an error.
package func removeFile(_ file: URL) throws(SystemError) {
    let path = file.systemPath
    try SystemError.check(.remove, file.path) { path.withPlatformString { unlink($0) } }
}

/// Removes a file, or a directory with all that is in it; of symbolic links the links, never what they lead to.
package func removeTree(_ place: URL) throws(SystemError) {
    guard try FileStatus(link: place)?.kind == .directory else { return try removeFile(place) }
    for name in try names(in: place) { try removeTree(place.appending(path: name)) }
    let path = place.systemPath
    try SystemError.check(.remove, place.path) { path.withPlatformString { rmdir($0) } }
}
