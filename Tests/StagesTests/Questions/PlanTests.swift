import Foundation
import JSON
import Pipeline
import System
import TestSupport
import Testing

/// `qid plan`: what to measure next.
struct PlanTests {
    /// A small archive of which only two of three steps have been measured, with another prediction than usual.
    private func measured<Result>(
        _ body: (SmallArchive, (_ arguments: [String]) throws -> Program.Outcome) throws -> Result
    )
        throws -> Result
    {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let text = """
                name: small
                archives: [{path: archive, family: made-up, tokens_per_step: 1000, steps: [64, 256]}]
                shard: heldout.txt
                context: 32
                windows: 6
                specs: \(SmallArchive.specs)
                laws: [qid-unified]
                predictions: [{params: 1e6, tokens: [1e6, 1e7], bits: 4}]

                """
            try replaceFile(Array(text.utf8), at: archive.manifest)
            let workspace = directory.appending(path: "workspace").path
            let run = try qid(["run", archive.manifest.path, "--workspace", workspace])
            try #require(run.status == 0, "\(run.errors)")
            return try body(archive) { try qid(["plan", archive.manifest.path, "--workspace", workspace] + $0) }
        }
    }

    private func cells(_ outcome: Program.Outcome) throws -> [JSONObject] {
        try #require(outcome.status == 0, "\(outcome.errors)")
        let document = try JSONValue(parsing: Array(outcome.output.utf8)).object
        return try #require(document?["cells"]?.array).compactMap(\.object)
    }

    @Test func whatTheArchivesHoldIsOffered() throws {
        try measured { _, plan in
            let all = try cells(plan(["--json", "--budget", "1000"]))
            #expect(!all.isEmpty)
            // Both sizes at the step left out with six widths, and the two measured steps with the three not measured.
            #expect(all.count <= 2 * (6 + 2 * 3))
            #expect(all.allSatisfy { $0["in_archive"] == true })
            #expect(all.contains { $0["tokens"]?.double == 128_000 })
            let keys = all.map { [$0["params"], $0["tokens"], $0["bits"]].map { "\($0?.double ?? 0)" } }
            #expect(Set(keys).count == keys.count)
            let measured = all.filter { $0["tokens"]?.double != 128_000 && ($0["bits"]?.double ?? 0) <= 4 }
            #expect(measured.isEmpty)
            for cell in all {
                let before = try #require(cell["relative_error_before"]?.double)
                #expect((cell["relative_error_after"]?.double ?? .infinity) < before)
            }
        }
    }

    /// A law of the 16-bit loss has one cell for each checkpoint, and one of both quantities 16 bits among the widths.
    @Test func lawsOfLossHaveCellsToo() throws {
        try measured { _, plan in
            let baselines = try cells(plan(["--json", "--law", "A / tokens^a", "--budget", "1000"]))
            #expect(baselines.map { $0["tokens"]?.double } == [128_000, 128_000])
            #expect(baselines.allSatisfy { $0["bits"]?.double == 16 && $0["in_archive"] == true })
            #expect(baselines.allSatisfy { $0["scheme"] == "dense" })
            let law = "loss = A / tokens^a + k / bits^g"
            let both = try cells(plan(["--json", "--law", law, "--budget", "1000"]))
            #expect(both.contains { $0["bits"]?.double == 16 && $0["tokens"]?.double == 128_000 })
            #expect(!both.contains { $0["tokens"]?.double != 128_000 && [2, 3, 4, 16].contains($0["bits"]?.double) })
        }
    }

    @Test func theBudgetIsKept() throws {
        try measured { _, plan in
            let some = try cells(plan(["--json", "--budget", "4"]))
            #expect((some.last?["spent"]?.double ?? .infinity) <= 4 && some.count >= 2)
            #expect(try cells(plan(["--json", "--budget", "0.01"])).isEmpty)
            let text = try plan(["--budget", "0.01"])
            #expect(text.output.contains("fits into a budget of"), "\(text.output)")
        }
    }

    @Test func predictedSizesAreOfferedOnDemand() throws {
        try measured { _, plan in
            let beyond = try cells(plan(["--json", "--beyond", "--budget", "1000"]))
            #expect(beyond.contains { $0["in_archive"] == false && $0["params"]?.double == 1e6 })
            let large = beyond.first { $0["params"]?.double == 1e6 }
            let small = beyond.first { $0["in_archive"] == true }
            #expect((large?["cost"]?.double ?? 0) > (small?["cost"]?.double ?? .infinity))
            let table = try plan(["--beyond", "--budget", "1000"])
            #expect(table.output.contains("to be trained") && table.output.contains("archived"))
        }
    }

    @Test func whatItTakesIsSaidForEachKind() throws {
        try measured { _, plan in
            let law = ["--law", "kl = k / bits^g"]
            let outcome = try plan(["--within", "20%", "--json"] + law)
            try #require(outcome.status == 0, "\(outcome.errors)")
            let document = try #require(try JSONValue(parsing: Array(outcome.output.utf8)).object)
            #expect(document["within"]?.double == 0.2)
            let scheme = try #require(document["schemes"]?.array?.first?.object)
            let needs = try #require(scheme["needs"]?.array).compactMap(\.object)
            #expect(needs.map { $0["kind"]?.string } == ["bit widths", "checkpoints", "seeds", "sizes"])
            for need in needs {
                let before = try #require(need["reach_before"]?.double)
                let after = try #require(need["reach_after"]?.double)
                #expect(after <= before)
                #expect(need["enough"]?.bool == (after <= 1.2))
                #expect((need["count"]?.int ?? .max) <= (need["offered"]?.int ?? 0))
            }
            #expect(needs[1]["offered"]?.int == 64)
            let text = try plan(["--within", "0.2"] + law)
            #expect(text.output.contains("until predictions of kl = k / bits^g are known within 20 %"))
            #expect(text.output.contains("what runs have of their own is not known (fewer than three runs)"))
        }
    }

    @Test func mistakesAreNamed() throws {
        try measured { archive, plan in
            #expect(try plan(["--budget", "0"]).status == 64)
            #expect(try plan(["--within", "x"]).errors.contains("The value 'x' is invalid for '--within <20%>'"))
            #expect(try plan(["--within", "20%", "--budget", "3"]).errors.contains("--within excludes --budget"))
            #expect(try plan(["--law", "sparsity"]).errors.contains("'sparsity' speaks of how models were trained"))
            #expect(try plan(["--law", "nonsense"]).errors.contains("nonsense"))
            let text = String(decoding: try readFile(archive.manifest), as: UTF8.self)
            let bare = text.split(separator: "\n").filter { !$0.hasPrefix("predictions") }.joined(separator: "\n")
            try replaceFile(Array(bare.utf8), at: archive.manifest)
            #expect(try plan([]).errors.contains("nothing to plan for: the manifest wants no predictions"))
        }
    }
}
