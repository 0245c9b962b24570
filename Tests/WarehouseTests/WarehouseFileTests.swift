import Foundation
import Records
import Schemas
import TestSupport
import Testing
import Warehouse

/// What a file may be other than a healthy warehouse that nobody writes.
@Suite struct WarehouseFileTests {
    let folder: Folder

    init() throws { folder = try Folder() }

    /// Runs SQL on a file with the SQLite shell, as a user would, and returns what it prints.
    @discardableResult
    static func shell(_ file: URL, _ sql: String) throws -> String {
        try Program.sqlite3.run([file.path, sql]).output
    }

    @Test func aSecondWriterIsTurnedAwayAndAReaderIsNot() throws {
        var writer: Warehouse? = try Warehouse(writing: folder.warehouse)
        try writer?.record(Samples.compressed("a"))
        #expect(throws: WarehouseError.locked(file: folder.warehouse)) { try Warehouse(writing: folder.warehouse) }
        #expect(try WarehouseReader(reading: folder.warehouse).cells().count == 1)
        writer = nil
        #expect(try Warehouse(writing: folder.warehouse).reader.cells().count == 1)
    }

    @Test(.enabled(if: Program.sqlite3.isInstalled, "no sqlite3 on this machine"))
    func theShellOfSQLiteReadsItWhileItIsOpen() throws {
        let writer = try Warehouse(writing: folder.warehouse)
        try writer.record(Samples.compressed("a"))
        let said = try Self.shell(folder.warehouse, "SELECT spec, bits, qid FROM qid")
        #expect(said == "rtn-asym-w4-g16|4|0.25\n")
        #expect(try writer.record(Samples.baseline("a")) == .added)
    }

    @Test(.enabled(if: Program.sqlite3.isInstalled, "no sqlite3 on this machine"))
    func measurementsAreNeverUpdatedByAnyone() throws {
        let writer = try Warehouse(writing: folder.warehouse)
        try writer.record(Samples.compressed("a"))
        let before = try writer.reader.contents()
        try Self.shell(folder.warehouse, "UPDATE evaluation SET loss_nats = 1")
        try Self.shell(folder.warehouse, "UPDATE window SET nll_nats = 1")
        try Self.shell(folder.warehouse, "UPDATE checkpoint SET layers = 1")
        #expect(try writer.reader.contents() == before)
    }

    @Test func aMissingFileIsNotMadeByReading() throws {
        #expect(throws: WarehouseError.missing(file: folder.warehouse)) {
            try WarehouseReader(reading: folder.warehouse)
        }
        #expect(!FileManager.default.fileExists(atPath: folder.warehouse.path))
    }

    @Test func aMissingFolderCannotBeWritten() {
        let file = URL(filePath: "/nonexistent/warehouse.sqlite")
        #expect(throws: WarehouseError.cannotWrite(file: file, reason: "no such file or directory")) {
            try Warehouse(writing: file)
        }
    }

    @Test func aFolderInItsPlaceCannotBeOpened() throws {
        try FileManager.default.createDirectory(at: folder.warehouse, withIntermediateDirectories: false)
        func isRefused(_ error: any Error) -> Bool {
            if case .cannotOpen(folder.warehouse, _)? = error as? WarehouseError { true } else { false }
        }
        #expect(performing: { try Warehouse(writing: folder.warehouse) }, throws: isRefused)
        #expect(performing: { try WarehouseReader(reading: folder.warehouse) }, throws: isRefused)
    }

    @Test func aFileThatIsNoDatabaseIsRefused() throws {
        try Data(repeating: 0x61, count: 5000).write(to: folder.warehouse)
        let expected = WarehouseError.notAWarehouse(file: folder.warehouse, reason: "file is not a database")
        #expect(throws: expected) { try WarehouseReader(reading: folder.warehouse) }
        #expect(throws: expected) { try Warehouse(writing: folder.warehouse) }
        #expect(try Data(contentsOf: folder.warehouse) == Data(repeating: 0x61, count: 5000))
    }

    @Test(.enabled(if: Program.sqlite3.isInstalled, "no sqlite3 on this machine"))
    func aDatabaseOfAnotherProgramIsRefused() throws {
        try Self.shell(folder.warehouse, "PRAGMA application_id = 7; CREATE TABLE t (x)")
        let expected = WarehouseError.notAWarehouse(
            file: folder.warehouse, reason: "it is a database of another program, with application_id 7")
        #expect(throws: expected) { try WarehouseReader(reading: folder.warehouse) }
        #expect(throws: expected) { try Warehouse(writing: folder.warehouse) }
    }

    @Test func anEmptyFileBecomesAWarehouseByWritingOnly() throws {
        try Data().write(to: folder.warehouse)
        #expect(throws: WarehouseError.notAWarehouse(file: folder.warehouse, reason: "it is empty")) {
            try WarehouseReader(reading: folder.warehouse)
        }
        _ = try Warehouse(writing: folder.warehouse)
        #expect(try WarehouseReader(reading: folder.warehouse).cells().isEmpty)
    }

    @Test func aNewerSchemaIsLeftAlone() throws {
        _ = try Warehouse(writing: folder.warehouse)
        var bytes = try Data(contentsOf: folder.warehouse)
        bytes[63] = 99  // user_version, four bytes from 60
        try bytes.write(to: folder.warehouse)
        let known = Schemas.warehouseMigrations.count
        let expected = WarehouseError.newerSchema(file: folder.warehouse, found: 99, known: known)
        #expect(throws: expected) { try WarehouseReader(reading: folder.warehouse) }
        #expect(throws: expected) { try Warehouse(writing: folder.warehouse) }
        #expect(try Data(contentsOf: folder.warehouse) == bytes)
    }

    @Test func aDamagedFileIsSaidToBeDamaged() throws {
        let writer = try Warehouse(writing: folder.warehouse)
        for name in ["a", "b", "c"] { try writer.record(Samples.compressed(name)) }
        var bytes = try Data(contentsOf: folder.warehouse)
        bytes.replaceSubrange(4096..<bytes.count, with: Data(repeating: 0xff, count: bytes.count - 4096))
        let other = try Folder()
        try bytes.write(to: other.warehouse)
        #expect {
            try WarehouseReader(reading: other.warehouse).contents()
        } throws: { error in
            guard case .damaged(other.warehouse, _)? = error as? WarehouseError else { return false }
            return "\(error)".contains("record the store's evaluations again")
        }
    }

    @Test func damageAnywhereIsAnErrorOrHarmlessButNeverATrap() throws {
        let writer = try Warehouse(writing: folder.warehouse)
        for name in ["a", "b"] { try writer.record(Samples.compressed(name)) }
        let bytes = try Data(contentsOf: folder.warehouse)
        let seed: UInt64 = 20_261_121
        var state = seed
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        print("seed \(seed)")
        let next = try Samples.compressed("c")
        var refused = 0
        for _ in 0..<60 {
            let other = try Folder()
            var damaged = bytes
            for _ in 0...random(40) { damaged[random(damaged.count)] = UInt8(random(256)) }
            if random(3) == 0 { damaged = damaged.prefix(random(damaged.count)) }
            try damaged.write(to: other.warehouse)
            do throws(WarehouseError) {
                let reader = try WarehouseReader(reading: other.warehouse)
                _ = try reader.contents()
                _ = try reader.cells()
            } catch { refused += 1 }
            do throws(WarehouseError) { try Warehouse(writing: other.warehouse).record(next) } catch {}
        }
        #expect(refused > 0)
    }

    @Test(.enabled(if: Program.sqlite3.isInstalled, "no sqlite3 on this machine"))
    func whatAKilledWriterHadBegunIsTakenBack() throws {
        let copy = try Folder()
        let writer = try Warehouse(writing: folder.warehouse)
        try writer.record(Samples.compressed("a"))
        let before = try writer.reader.contents()
        // A transaction too large for the page cache reaches the file before it is committed; then the shell is killed.
        let sql = """
            PRAGMA cache_size = 2; BEGIN;
            WITH RECURSIVE n(i) AS (SELECT 100000 UNION ALL SELECT i + 1 FROM n WHERE i < 120000)
            INSERT INTO window (evaluation, position, nll_nats) SELECT 'a/rtn-asym-w4-g16/1', i, 1.0 FROM n;
            .system cp \(folder.url.path)/warehouse.sqlite \(folder.url.path)/warehouse.sqlite-journal \(copy.url.path)
            """
        _ = try Program.sqlite3.run([folder.warehouse.path], input: sql)
        #expect(FileManager.default.fileExists(atPath: copy.warehouse.path + "-journal"))
        #expect(try WarehouseReader(reading: copy.warehouse).contents() == before)
    }
}
