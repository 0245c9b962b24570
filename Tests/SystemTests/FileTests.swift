import Foundation
import System
import SystemPackage
import Testing

struct FileTests {
    @Test func aFileIsReadAsItWasWritten() throws {
        try withDirectory { directory in
            let file = directory.appending(path: "f")
            for count in [0, 1, 5000, 3 << 20] {
                let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                try replaceFile(bytes, at: file)
                #expect(try readFile(file) == bytes)
                #expect(try readFile(file, limit: count) == bytes)
            }
            #expect(try names(in: directory) == ["f"], "no drafts are left")
        }
    }

    @Test func moreThanTheLimitIsNotRead() throws {
        try withDirectory { directory in
            let file = directory.appending(path: "f")
            try writeFile([1, 2, 3], to: file)
            #expect(throws: SystemError(.read, file.path, .tooLarge(limit: 2))) { try readFile(file, limit: 2) }
            // A sparse file says any size; no memory is asked for.
            try #require(truncate(file.path, 1 << 40) == 0)
            #expect(throws: SystemError(.read, file.path, .tooLarge(limit: 1 << 30))) { try readFile(file) }
        }
        // A file that has no size of its own.
        #expect(try !readFile(URL(filePath: "/proc/self/status")).isEmpty)
    }

    /// What has no end, and what waits for somebody to write into it.
    @Test func devicesAndPipesAreNotRead() throws {
        #expect(throws: SystemError(.read, "/dev/zero", .notARegularFile)) { try readFile(URL(filePath: "/dev/zero")) }
        try withDirectory { directory in
            let pipe = directory.appending(path: "pipe")
            #expect(mkfifo(pipe.path, 0o600) == 0)
            #expect(throws: SystemError(.read, pipe.path, .notARegularFile)) { try readFile(pipe) }
            #expect(throws: SystemError(.read, pipe.path, .notARegularFile)) { _ = try ReadableFile(pipe) }
        }
    }

    /// A file that somebody names is replaced whole; nobody else's is, and no device becomes a file.
    @Test func aResultGoesWhereItWasToGo() throws {
        try withDirectory { directory in
            let (file, link) = (directory.appending(path: "f"), directory.appending(path: "link"))
            for bytes: [UInt8] in [[1, 2, 3], [4]] {
                try writeResult(bytes, to: file)
                #expect(try readFile(file) == bytes)
            }
            for target in [file, directory.appending(path: "absent")] {
                try makeLink(link, to: target)
                #expect(throws: SystemError(.write, link.path, .symbolicLink)) { try writeResult([5], to: link) }
                try removeFile(link)
            }
            #expect(try readFile(file) == [4])
            #expect(try names(in: directory) == ["f"])
            try makeLink(link, to: URL(filePath: "/dev/null"))
            for device in [link, URL(filePath: "/dev/null")] {
                try writeResult([6], to: device)
                #expect(try FileStatus(device)?.kind == .other)
            }
            #expect(try FileStatus(link: link)?.kind == .link)
        }
        let full = URL(filePath: "/dev/full")
        #expect(throws: SystemError.of(.write, full, .noSpace)) { try writeResult([7], to: full) }
    }

    @Test func whatCannotBeReadSaysWhy() throws {
        try withDirectory { directory in
            let absent = directory.appending(path: "absent")
            let error = #expect(throws: SystemError.of(.read, absent, .noSuchFileOrDirectory)) { try readFile(absent) }
            #expect(error?.description == "cannot read '\(absent.path)': no such file or directory")
            #expect(error?.isMissing == true)
            #expect(throws: SystemError.of(.read, directory, .isDirectory)) { try readFile(directory) }
        }
    }

    @Test func aNewFileTakesNobodysPlace() throws {
        try withDirectory { directory in
            let file = directory.appending(path: "f")
            try writeFile([1], to: file)
            #expect(throws: SystemError.of(.write, file, .fileExists)) { try writeFile([2], to: file) }
            #expect(try readFile(file) == [1])
        }
    }

    @Test func aNewFileFollowsNoPlantedLink() throws {
        try withDirectory { directory in
            let (victim, absent) = (directory.appending(path: "victim"), directory.appending(path: "absent"))
            try writeFile([1], to: victim)
            for target in [victim, absent] {
                let link = directory.appending(path: "link")
                try makeLink(link, to: target)
                #expect(throws: SystemError.of(.write, link, .fileExists)) { try writeFile([2], to: link) }
                #expect(throws: SystemError.of(.write, link, .tooManySymbolicLinkLevels)) {
                    try appendLine("x", to: link)
                }
                #expect(throws: SystemError.of(.lock, link, .tooManySymbolicLinkLevels)) { _ = try FileLock(link) }
                try removeFile(link)
            }
            #expect(try readFile(victim) == [1])
            #expect(try !exists(absent))
        }
    }

    @Test func aLinkIsReplacedAndNotWhatItLeadsTo() throws {
        try withDirectory { directory in
            let (victim, link) = (directory.appending(path: "victim"), directory.appending(path: "link"))
            try writeFile([1], to: victim)
            try makeLink(link, to: victim)
            try replaceFile([2], at: link)
            #expect(try readFile(victim) == [1])
            #expect(try readFile(link) == [2])
        }
    }

    @Test func bytesAreWrittenAndReadAtOffsets() throws {
        try withDirectory { directory in
            let place = directory.appending(path: "f")
            let tail = [UInt8](repeating: 7, count: (1 << 20) + 3)
            let file = try NewFile(place)
            try file.write(tail.span.bytes, at: 2)
            try file.write([UInt8]([1, 2]).span.bytes, at: 0)
            try file.close()
            #expect(try readFile(place) == [1, 2] + tail)
            let reading = try ReadableFile(place)
            var bytes = [UInt8](repeating: 0, count: 3)
            let count = try bytes.withUnsafeMutableBytes { try reading.read(into: $0, at: 1) }
            #expect(count == 3)
            #expect(bytes == [2, 7, 7])
            #expect(try reading.status().byteCount == tail.count + 2)
        }
    }

    @Test func linesArriveOneBehindTheOther() throws {
        try withDirectory { directory in
            let file = directory.appending(path: "log")
            for line in ["a", "", "b"] { try appendLine(line, to: file) }
            #expect(try readFile(file) == Array("a\n\nb\n".utf8))
        }
    }

    @Test func aFullDiskIsHeardOf() throws {
        let full = URL(filePath: "/dev/full")
        #expect(throws: SystemError.of(.write, full, .noSpace)) { try appendLine("x", to: full) }
    }

    @Test func aMappedFileIsWhatIsThere() throws {
        try withDirectory { directory in
            let file = directory.appending(path: "f")
            try writeFile([1, 2, 3], to: file)
            let mapped = try MappedFile(file)
            #expect(Array(mapped.bytes) == [1, 2, 3])
            #expect(try mapped.status == FileStatus(file))
            let empty = directory.appending(path: "empty")
            try writeFile([], to: empty)
            #expect(try MappedFile(empty).bytes.isEmpty)
            #expect(throws: SystemError(.read, directory.path, .notARegularFile)) { try MappedFile(directory) }
            #expect(throws: SystemError(.read, "/dev/null", .notARegularFile)) {
                try MappedFile(URL(filePath: "/dev/null"))
            }
        }
    }
}
