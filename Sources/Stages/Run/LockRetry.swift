import FoundationEssentials
import Pipeline
import System
import Warehouse

/// Takes a lock that another process may be about to give back; nil where it does not.
///
/// The stages of a killed run notice within a moment that it is gone, and its successor should not have to be started twice.
private func retrying<T, Failure: Error>(_ take: () throws(Failure) -> T?) throws(Failure) -> T? {
    let deadline = Clock.seconds + 3
    while true {
        if let taken = try take() { return taken }
        guard Clock.seconds < deadline else { return nil }
        Clock.sleep(seconds: 0.05)
    }
}

/// Holds a lock file, or says who does.
func hold(_ file: URL, _ sharing: FileLock.Sharing = .exclusive) throws(StageError) -> FileLock {
    let lock = try attempt { () throws(SystemError) in
        try retrying { () throws(SystemError) in try FileLock(file, sharing) }
    }
    if let lock {
        if sharing == .exclusive { lock.sign() }
        return lock
    }
    // Who holds it is told as far as it is known.
    let holder = (try? readFile(file, limit: 1 << 10)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    throw .workspace(.locked(path: file.path, holder: holder.isEmpty ? "another process" : holder))
}

/// Holds a lock file as soon as whoever holds it is done, however long that takes.
func waitToHold(_ file: URL) throws(StageError) -> FileLock {
    while true {
        let lock = try attempt { () throws(SystemError) in try FileLock(file, .exclusive) }
        if let lock { return lock }
        try attempt { () throws(WorkspaceError) in try Interruption.check() }
        Clock.sleep(seconds: 0.05)
    }
}

/// Opens the warehouse as the one process that writes it.
func openWarehouse(_ file: URL) throws(StageError) -> Warehouse {
    try attempt { () throws(WarehouseError) in
        let warehouse = try retrying { () throws(WarehouseError) -> Warehouse? in
            do throws(WarehouseError) { return try Warehouse(writing: file) } catch .locked { return nil }
        }
        guard let warehouse else { throw .locked(file: file) }
        return warehouse
    }
}
