internal import FoundationEssentials
internal import GRDB

/// An open database file whose failures are told in the warehouse's words.
struct Connection: Sendable {
    /// How long a transaction waits for another program's transaction, in seconds.
    private static let patience = 10.0

    let file: URL
    private let queue: DatabaseQueue

    init(_ file: URL, readonly: Bool) throws(WarehouseError) {
        self.file = file
        var configuration = Configuration()
        configuration.readonly = readonly
        configuration.busyMode = .timeout(Self.patience)
        if !readonly {
            // A commit that was reported survives a power cut: the directory is synced after the journal has left it, too.
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = EXTRA") }
        }
        do {
            queue = try DatabaseQueue(path: file.path(percentEncoded: false), configuration: configuration)
        } catch {
            throw WarehouseError(error, at: file)
        }
    }

    /// Reads in one transaction; writing is refused.
    func read<Value>(_ body: (Database) throws -> Value) throws(WarehouseError) -> Value {
        do {
            return try queue.read(body)
        } catch {
            throw WarehouseError(error, at: file)
        }
    }

    /// Writes in one transaction: all of it or, on any error, nothing.
    func write<Value>(_ body: (Database) throws -> Value) throws(WarehouseError) -> Value {
        do {
            return try queue.write(body)
        } catch {
            throw WarehouseError(error, at: file)
        }
    }
}

extension WarehouseError {
    /// Puts what SQLite says of a file into our words.
    init(_ error: any Error, at file: URL) {
        switch error {
        case let error as WarehouseError: self = error
        case let error as DatabaseError: self.init(error, at: file)
        default: self = .cannotOpen(file: file, reason: "\(error)")
        }
    }

    private init(_ error: DatabaseError, at file: URL) {
        let reason = error.message ?? "SQLite code \(error.extendedResultCode.rawValue)"
        if error.extendedResultCode == .SQLITE_IOERR_READ {
            self = .cannotOpen(file: file, reason: reason)
            return
        }
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .locked(file: file)
        case .SQLITE_NOTADB: self = .notAWarehouse(file: file, reason: reason)
        case .SQLITE_CORRUPT: self = .damaged(file: file, reason: reason)
        case .SQLITE_READONLY, .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_PERM:
            self = .cannotWrite(file: file, reason: reason)
        default: self = .cannotOpen(file: file, reason: reason)
        }
    }
}
