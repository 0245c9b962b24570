import Foundation
import System
import SystemPackage
import Testing

struct DirectoryTests {
    @Test func aDirectoryIsListedInTheOrderOfBytes() throws {
        try withDirectory { directory in
            for name in ["b", "a", "B", ".hidden", "é"] { try writeFile([], to: directory.appending(path: name)) }
            #expect(try names(in: directory) == [".hidden", "B", "a", "b", "é"])
        }
    }

    @Test func whatCannotBeListedIsNotEmpty() throws {
        try withDirectory { directory in
            let absent = directory.appending(path: "absent")
            #expect(throws: SystemError.of(.list, absent, .noSuchFileOrDirectory)) { try names(in: absent) }
            #expect(try namesIfThere(in: absent) == [])
            let file = directory.appending(path: "f")
            try writeFile([], to: file)
            let below = file.appending(path: "x")
            for (place, number) in [
                (file, Errno.notDirectory), (below, .notDirectory), (try loop(directory), .tooManySymbolicLinkLevels),
                (tooLong(directory), .fileNameTooLong),
            ] {
                #expect(throws: SystemError.of(.list, place, number)) { try names(in: place) }
                #expect(throws: SystemError.of(.list, place, number)) { try namesIfThere(in: place) }
            }
        }
    }

    @Test func whatCannotBeLookedAtIsNotAbsent() throws {
        try withDirectory { directory in
            let file = directory.appending(path: "f")
            try writeFile([1, 2], to: file)
            #expect(try exists(file))
            #expect(try !exists(directory.appending(path: "absent")))
            for (place, number) in [
                (file.appending(path: "x"), Errno.notDirectory), (try loop(directory), .tooManySymbolicLinkLevels),
                (tooLong(directory), .fileNameTooLong),
            ] {
                #expect(throws: SystemError.of(.inspect, place, number)) { try exists(place) }
            }
        }
    }

    @Test(.enabled(if: getuid() != 0, "root may look at everything"))
    func aDirectoryOfOthersIsNeitherEmptyNorAbsent() throws {
        try withDirectory { directory in
            let locked = directory.appending(path: "locked")
            let inside = locked.appending(path: "inside")
            try makeDirectory(inside)
            chmod(locked.path, 0)
            defer { chmod(locked.path, 0o700) }
            #expect(throws: SystemError.of(.list, locked, .permissionDenied)) { try names(in: locked) }
            #expect(throws: SystemError.of(.inspect, inside, .permissionDenied)) { try exists(inside) }
        }
    }

    @Test func aStatusTellsFilesDirectoriesAndLinksApart() throws {
        try withDirectory { directory in
            let (file, link, broken) = (
                directory.appending(path: "f"), directory.appending(path: "l"), directory.appending(path: "b")
            )
            try writeFile([1, 2], to: file)
            try makeLink(link, to: file)
            try makeLink(broken, to: directory.appending(path: "absent"))
            let status = try #require(try FileStatus(file))
            #expect(status.kind == .file)
            #expect(status.byteCount == 2)
            #expect(try FileStatus(link) == status)
            #expect(try FileStatus(link: link)?.kind == .link)
            #expect(try FileStatus(link: broken)?.kind == .link)
            #expect(try FileStatus(broken) == nil)
            #expect(try FileStatus(directory)?.kind == .directory)
            #expect(try FileStatus(URL(filePath: "/dev/null"))?.kind == .other)
        }
    }

    @Test func directoriesAreMadeWithTheirParents() throws {
        try withDirectory { directory in
            let place = directory.appending(path: "a/b/c")
            try makeDirectory(place)
            try makeDirectory(place)
            #expect(try FileStatus(place)?.kind == .directory)
            let file = directory.appending(path: "f")
            try writeFile([], to: file)
            #expect(throws: SystemError.of(.write, file, .notDirectory)) { try makeDirectory(file) }
            let below = file.appending(path: "x")
            #expect(throws: SystemError.of(.write, below, .notDirectory)) { try makeDirectory(below) }
            #expect(throws: SystemError.of(.write, URL(filePath: "/proc/x"), .noSuchFileOrDirectory)) {
                try makeDirectory(URL(filePath: "/proc/x/y"))
            }
        }
    }

    @Test func aTreeIsRemovedAndWhatItsLinksLeadToStays() throws {
        try withDirectory { directory in
            let (kept, tree) = (directory.appending(path: "kept"), directory.appending(path: "tree"))
            try makeDirectory(kept)
            try writeFile([1], to: kept.appending(path: "f"))
            try makeDirectory(tree.appending(path: "a"))
            try makeLink(tree.appending(path: "a/link"), to: kept)
            try synchronizeTree(tree)
            try removeTree(tree)
            #expect(try names(in: directory) == ["kept"])
            #expect(try names(in: kept) == ["f"])
            #expect(throws: SystemError.of(.remove, tree, .noSuchFileOrDirectory)) { try removeTree(tree) }
        }
    }

    @Test func theFirstNameStays() throws {
        try withDirectory { directory in
            let (first, second, place) = (
                directory.appending(path: "1"), directory.appending(path: "2"), directory.appending(path: "p")
            )
            try writeFile([1], to: first)
            try writeFile([2], to: second)
            #expect(try linkFile(first, to: place))
            #expect(try !linkFile(second, to: place))
            #expect(try readFile(place) == [1])
        }
    }

    @Test func theFirstDirectoryStays() throws {
        try withDirectory { directory in
            let place = directory.appending(path: "p")
            for (name, isFirst) in [("1", true), ("2", false)] {
                let draft = directory.appending(path: name)
                try makeDirectory(draft.appending(path: name))
                #expect(try moveDirectory(draft, to: place) == isFirst)
            }
            #expect(try names(in: place) == ["1"])
            #expect(try names(in: directory) == ["2", "p"])
        }
    }

    @Test func aTemporaryDirectoryGoesWithItsObject() throws {
        var directory: TemporaryDirectory? = try TemporaryDirectory("qid-system-tests")
        let location = try #require(directory?.location)
        try writeFile([1], to: location.appending(path: "f"))
        directory = nil
        #expect(try !exists(location))
    }

    private func loop(_ directory: URL) throws -> URL {
        let place = directory.appending(path: "loop")
        if try FileStatus(link: place) == nil { try makeLink(place, to: place) }
        return place
    }

    private func tooLong(_ directory: URL) -> URL { directory.appending(path: String(repeating: "x", count: 300)) }
}
