import FoundationEssentials
import Pipeline
import Testing

struct PublishingTests {
    @Test func theFirstWriterWinsAndOtherBytesAreAConflict() throws {
        try withScratchDirectory { directory in
            let workspace = try Workspace(creating: directory)
            let place = workspace.evaluations.appending(path: "a.json")
            #expect(try workspace.publish([1, 2], at: place) == .published)
            #expect(try workspace.publish([1, 2], at: place) == .alreadyThere)
            #expect(throws: WorkspaceError.conflict(path: place.path)) { try workspace.publish([3], at: place) }
            #expect(try readFile(place) == [1, 2])
            #expect(names(in: workspace.evaluations) == ["a.json"])
        }
    }

    @Test func aDirectoryAppearsWholeOrNotAtAll() throws {
        struct Broken: Error {}
        try withScratchDirectory { directory in
            let workspace = try Workspace(creating: directory)
            let place = workspace.compressed.appending(path: "k")
            let fill = { (draft: URL) throws in try writeFile([7], to: draft.appending(path: "f")) }
            #expect(throws: Broken.self) {
                try workspace.publishDirectory(at: place, orThrow: { $0 as any Error }) { draft in
                    try fill(draft)
                    throw Broken()
                }
            }
            #expect(!exists(place))
            for _ in 0..<2 { try workspace.publishDirectory(at: place, orThrow: { $0 as any Error }, fill: fill) }
            #expect(names(in: place) == ["f"])
            #expect(names(in: workspace.temporary) == [])
        }
    }

    @Test func aPlaceThatCannotBeWrittenIsNamed() throws {
        let place = URL(filePath: "/proc/qid-no-such-place/x")
        #expect(throws: WorkspaceError.cannotWrite(path: place.path, code: 2)) { try writeFile([1], to: place) }
    }

    @Test func aSecondHolderOfALockIsTurnedAway() throws {
        try withScratchDirectory { directory in
            let file = directory.appending(path: "ingest.lock")
            do {
                let first = try FileLock(file)
                let error = #expect(throws: WorkspaceError.self) { _ = try FileLock(file) }
                #expect(try #require(error).exitStatus == .tryAgain)
                _ = consume first
            }
            _ = try FileLock(file)
        }
    }
}
