import Foundation
import TestSupport
import Testing

@Suite struct CheckTests {
    @Test func aManifestIsSummedUpWithoutAWorkspace() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            try archive.writeManifest(specs: "[{method: rtn, bits: [4, 3], group: 8}]", windows: 5)
            let before = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
            let outcome = try qid(["check", archive.manifest.path])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("specs        2: rtn-sym-w4-g8, rtn-sym-w3-g8\n"))
            #expect(outcome.output.contains("5 windows of "))
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == before)
        }
    }

    @Test func mistakesAreNamedWithTheirLineAndAbsentInputsOneByOne() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let text = String(decoding: try Data(contentsOf: archive.manifest), as: UTF8.self)
            try Data((text + "colour: blue\n").utf8).write(to: archive.manifest)
            let line = text.split(separator: "\n", omittingEmptySubsequences: false).count
            let unknown = try qid(["check", archive.manifest.path])
            #expect(unknown.status == 64)
            #expect(unknown.errors.contains("\(archive.manifest.path):\(line)"), "\(unknown.errors)")
            #expect(unknown.errors.contains("'colour'"))

            let absent = directory.appending(path: "absent.yaml")
            try Data(
                """
                name: absent
                archives: [{path: nowhere, family: f}]
                shard: no.jsonl
                context: 64
                specs: [{method: rtn, bits: 4}]
                """.utf8
            ).write(to: absent)
            let outcome = try qid(["check", absent.path])
            #expect(outcome.status == 66)
            #expect(outcome.errors.contains("check: archive '\(directory.path)/nowhere' is not there"))
            #expect(outcome.errors.contains("check: shard '\(directory.path)/no.jsonl' is not there"))
        }
    }
}
