import Foundation
import System
import SystemPackage
import Testing

struct WatchedFileTests {
    @Test func aFileThatStaysIsTheSame() throws {
        try withDirectory { directory in
            let file = directory.appending(path: "f")
            try writeFile([1, 2], to: file)
            try makeLink(directory.appending(path: "l"), to: file)
            let watched = try WatchedFile(directory.appending(path: "l"))
            _ = try readFile(file)
            try watched.checkUnchanged()
        }
    }

    @Test(arguments: ["rewritten", "with its time set back", "replaced", "cut short", "longer", "gone"])
    func whateverIsDoneToAFileIsSeen(how: String) throws {
        try withDirectory { directory in
            let file = directory.appending(path: "f")
            try writeFile([1, 2], to: file)
            let old = try FileManager.default.attributesOfItem(atPath: file.path)
            let watched = try WatchedFile(file)
            // The kernel's clock for files ticks every few milliseconds.
            Clock.sleep(seconds: 0.02)
            switch how {
            case "replaced": try replaceFile([1, 2], at: file)
            case "gone": try removeFile(file)
            default:
                let handle = try FileHandle(forWritingTo: file)
                if how == "longer" { try handle.seekToEnd() }
                if how == "cut short" {
                    try handle.truncate(atOffset: 1)
                } else {
                    try handle.write(contentsOf: [3, 4])
                }
                try handle.close()
                if how == "with its time set back" {
                    try FileManager.default.setAttributes(
                        [.modificationDate: try #require(old[.modificationDate])], ofItemAtPath: file.path)
                }
            }
            let path = file.resolvingSymlinksInPath().path
            #expect(throws: SystemError(.read, path, .changed)) { try watched.checkUnchanged() }
        }
    }

    /// Pages that are gone read as zeros, from whichever thread and in system calls, and the file is named.
    @Test func aMappedFileThatIsCutShortEndsNothing() throws {
        try withDirectory { directory in
            let (file, copy) = (directory.appending(path: "f"), directory.appending(path: "copy"))
            let count = 1 << 20
            try writeFile([UInt8](repeating: 7, count: count), to: file)
            let (mapped, other) = (try MappedFile(file), try MappedFile(file))
            try mapped.checkUnchanged()
            #expect(truncate(file.path, 5000) == 0)
            let written = try NewFile(copy)
            try written.write(mapped.bytes.bytes)
            try written.close()
            #expect(try readFile(copy).count == count)
            #expect(mapped.bytes[4999] == 7)
            #expect(mapped.bytes[count - 1] == 0)
            DispatchQueue.concurrentPerform(iterations: 8) { part in
                let bytes = other.bytes[(part * count / 8)..<((part + 1) * count / 8)]
                #expect(bytes.reduce(0) { $0 + Int($1) } <= 5000 * 7)
            }
            let path = file.resolvingSymlinksInPath().path
            for one in [mapped, other] {
                #expect(throws: SystemError(.read, path, .changed)) { try one.checkUnchanged() }
            }
        }
    }
}
