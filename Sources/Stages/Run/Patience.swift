import Dispatch
import FoundationEssentials
import Pipeline
import Warehouse

#if canImport(Glibc)
    import Glibc
#endif

/// Takes a lock that another process may be about to give back: the stages of a killed run notice within a moment that
/// it is gone, and its successor should not have to be started twice.
private func patiently<T, Failure: Error>(
    isLocked: (Failure) -> Bool, _ take: () throws(Failure) -> T
) throws(Failure) -> T {
    let deadline = DispatchTime.now() + .seconds(3)
    while true {
        do throws(Failure) { return try take() } catch {
            guard isLocked(error), DispatchTime.now() < deadline else { throw error }
            usleep(50_000)
        }
    }
}

/// Holds a lock file, or says who does.
func hold(_ file: URL, _ sharing: FileLock.Sharing = .exclusive) throws(StageError) -> FileLock {
    try attempt { () throws(WorkspaceError) in
        try patiently(isLocked: { if case .locked = $0 { true } else { false } }) { () throws(WorkspaceError) in
            try FileLock(file, sharing)
        }
    }
}

/// Opens the warehouse as the one process that writes it.
func openWarehouse(_ file: URL) throws(StageError) -> Warehouse {
    try attempt { () throws(WarehouseError) in
        try patiently(isLocked: { if case .locked = $0 { true } else { false } }) { () throws(WarehouseError) in
            try Warehouse(writing: file)
        }
    }
}
