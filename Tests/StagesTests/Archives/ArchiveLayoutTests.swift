import Foundation
import JSON
import Pipeline
import Records
import System
import TestSupport
import Testing
import Warehouse

/// Archives as they are published, rebuilt small: which run, which step, D and phase are understood.
struct ArchiveLayoutTests {
    /// Looks at archives without writing, as a manifest describes them.
    private func audit(_ root: URL, _ archive: String) throws -> (places: [FoundPlace], outcome: Program.Outcome) {
        let manifest = root.appending(path: "manifest.yaml")
        let text = """
            name: layouts
            archives: [{\(archive)}]
            shard: heldout.txt
            context: 32
            specs: []

            """
        try replaceFile(Array(text.utf8), at: manifest)
        let workspace = root.appending(path: "workspace")
        let outcome = try qid(
            ["ingest", "--dry-run", "--json", "--manifest", manifest.path, "--workspace", workspace.path])
        #expect(try !exists(workspace))
        return (try FoundPlace.all(outcome.output), outcome)
    }

    @Test func aHuggingFaceCache() throws {
        try withScratchDirectory { root in
            let layouts = ArchiveLayouts(in: root)
            try layouts.cache("EleutherAI/pythia-14m", [("step1", 1), ("step1000", 2), ("main", 3)])
            try layouts.cache("EleutherAI/pythia-14m-seed2", [("step1000", 4)])
            let (places, outcome) = try audit(root, "path: hub, family: pythia, tokens_per_step: 2097152")
            #expect(
                places == [
                    FoundPlace(
                        place: "EleutherAI/pythia-14m-seed2@step1000", series: "EleutherAI/pythia-14m-seed2",
                        step: 1000, tokens: 2_097_152_000, source: "tokens-per-step", seed: "2"),
                    FoundPlace(place: "EleutherAI/pythia-14m@main", series: "EleutherAI/pythia-14m"),
                    FoundPlace(
                        place: "EleutherAI/pythia-14m@step1", series: "EleutherAI/pythia-14m", step: 1,
                        tokens: 2_097_152, source: "tokens-per-step"),
                    FoundPlace(
                        place: "EleutherAI/pythia-14m@step1000", series: "EleutherAI/pythia-14m", step: 1000,
                        tokens: 2_097_152_000, source: "tokens-per-step"),
                ])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("no step was found in its name"))
        }
    }

    @Test func stagesThatCountFromZeroAgain() throws {
        try withScratchDirectory { root in
            let name = "allenai/OLMo-2-0425-1B"
            try ArchiveLayouts(in: root).cache(
                name,
                [
                    ("stage1-step1000-tokens3B", 1), ("stage1-step1907359-tokens4001B", 2),
                    ("stage2-ingredient1-step1000-tokens3B", 3), ("stage2-ingredient2-step1000-tokens3B", 4),
                ])
            let line = "path: hub, family: olmo, tokens_per_step: 2097152"
            let (places, outcome) = try audit(root, line + ", stages: {2: {tokens_before: 4000000000000}}")
            #expect(
                places == [
                    FoundPlace(
                        place: "\(name)@stage1-step1000-tokens3B", series: "\(name)/stage1", step: 1000,
                        tokens: 3_000_000_000, source: "name", stage: 1),
                    FoundPlace(
                        place: "\(name)@stage1-step1907359-tokens4001B", series: "\(name)/stage1", step: 1_907_359,
                        tokens: 4_001_000_000_000, source: "name", stage: 1),
                    FoundPlace(
                        place: "\(name)@stage2-ingredient1-step1000-tokens3B", series: "\(name)/stage2-ingredient1",
                        step: 1000, tokens: 4_003_000_000_000, source: "name", phase: "decay", stage: 2),
                    FoundPlace(
                        place: "\(name)@stage2-ingredient2-step1000-tokens3B", series: "\(name)/stage2-ingredient2",
                        step: 1000, tokens: 4_003_000_000_000, source: "name", phase: "decay", stage: 2),
                ])
            #expect(outcome.status == 0, "\(outcome.errors)")

            let unsaid = try audit(root, line)
            #expect(unsaid.outcome.status == 65)
            #expect(unsaid.outcome.errors.contains("stage 2 counts from zero again"))
        }
    }

    @Test func seedsThatAreWords() throws {
        try withScratchDirectory { root in
            let name = "allenai/DataDecide-c4-60M"
            try ArchiveLayouts(in: root).cache(
                name, [("step1250-seed-default", 1), ("step1250-seed-small-aux-2", 2)])
            let (places, _) = try audit(root, "path: hub, family: datadecide, tokens_per_step: 65536")
            #expect(places.map(\.series) == ["\(name)/seed-default", "\(name)/seed-small-aux-2"])
            #expect(places.map(\.seed) == ["default", "small-aux-2"])
            #expect(places.map(\.tokens) == [81_920_000, 81_920_000])
        }
    }

    @Test func aTrainersOwnRun() throws {
        try withScratchDirectory { root in
            let layouts = ArchiveLayouts(in: root)
            let history = """
                [{"step": 10, "learning_rate": 0.1, "loss": NaN}, {"step": 20, "learning_rate": 0.1, "loss": 2.0},
                 {"step": 30, "learning_rate": 0.05, "loss": 1.5}]
                """
            let trainer = { (step: Int, tokens: Int, logged: String) in
                #"{"global_step": \#(step), "num_input_tokens_seen": \#(tokens), "log_history": \#(logged)}"#
            }
            try layouts.plain("runs/a/checkpoint-30", seed: 1, trainer: trainer(30, 61_440, history))
            try layouts.plain("runs/a", seed: 2, trainer: trainer(40, 81_920, history))
            try layouts.plain("runs/b/checkpoint-30", seed: 3, trainer: trainer(30, 0, "[]"))
            try layouts.plain("runs/c/checkpoint-30", seed: 4, trainer: trainer(31, 99, "[]"))
            let (places, outcome) = try audit(root, "path: runs, family: own, tokens_per_step: 2048")
            #expect(
                places == [
                    FoundPlace(
                        place: "a", series: "a", step: 40, tokens: 81_920, source: "trainer-state", phase: "decay"),
                    FoundPlace(
                        place: "a/checkpoint-30", series: "a", step: 30, tokens: 61_440, source: "trainer-state",
                        phase: "decay"),
                    FoundPlace(
                        place: "b/checkpoint-30", series: "b", step: 30, tokens: 61_440, source: "tokens-per-step"),
                    FoundPlace(
                        place: "c/checkpoint-30", series: "c", step: 30, tokens: 99, source: "trainer-state"),
                ])
            #expect(outcome.status == 65)
            #expect(outcome.errors.contains("its name says step 30, but global_step of trainer_state.json is 31"))
            #expect(outcome.errors.contains("trainer_state.json says 99 tokens, but step × tokens_per_step is 61440"))
        }
    }

    @Test func tokensInNames() throws {
        try withScratchDirectory { root in
            let layouts = ArchiveLayouts(in: root)
            try layouts.plain("archive/bloom/train_00220B", seed: 1)
            try layouts.localDirectory("archive/smol/15T", seed: 2)
            try layouts.plain("archive/TinyLlama-1.1B-step-50K-105b", seed: 3)
            try layouts.tar("archive/apertus/step50000-tokens210B.tar", seed: 4)
            try layouts.plain("archive/k2/step1.5k", seed: 5)
            let (places, outcome) = try audit(root, "path: archive, family: mixed")
            #expect(
                places == [
                    FoundPlace(
                        place: "TinyLlama-1.1B-step-50K-105b", series: "archive/TinyLlama-1-1B", step: 50_000,
                        tokens: 105_000_000_000, source: "name"),
                    FoundPlace(
                        place: "apertus/step50000-tokens210B.tar", series: "apertus", step: 50_000,
                        tokens: 210_000_000_000, source: "name"),
                    FoundPlace(place: "bloom/train_00220B", series: "bloom", tokens: 220_000_000_000, source: "name"),
                    FoundPlace(place: "k2/step1.5k", series: "k2", step: 1500),
                    FoundPlace(place: "smol/15T", series: "smol", tokens: 15_000_000_000_000, source: "name"),
                ])
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
    }

    @Test func namesOfOnesOwnMaking() throws {
        try withScratchDirectory { root in
            let layouts = ArchiveLayouts(in: root)
            try layouts.plain("archive/ckpt_100-seed3", seed: 1)
            try layouts.plain("archive/ckpt_100-seed4", seed: 2)
            try layouts.plain("archive/final", seed: 3)
            let (places, _) = try audit(
                root, #"path: archive, family: own, tokens_per_step: 10, name: "ckpt_{step}-seed{seed}""#)
            #expect(places.map(\.series) == ["archive/ckpt-seed3", "archive/ckpt-seed4", "archive"])
            #expect(places.map(\.seed) == ["3", "4", nil])
            #expect(places.map(\.tokens) == [1000, 1000, nil])
        }
    }

    /// Runs in one step's folder are told apart, and so are archives whose folders are called the same.
    @Test func runsAreToldApart() throws {
        try withScratchDirectory { root in
            let layouts = ArchiveLayouts(in: root)
            try layouts.plain("a/checkpoints/step10/small", seed: 1)
            try layouts.plain("a/checkpoints/step10/large", seed: 2)
            try layouts.plain("b/checkpoints/step10", seed: 3)
            try layouts.plain("c/checkpoints/step10", seed: 4)
            let both = "path: b/checkpoints, family: f}, {path: c/checkpoints, family: f"
            #expect(
                try audit(root, "path: a, family: f").places.map(\.series) == [
                    "checkpoints/large", "checkpoints/small",
                ])
            #expect(try audit(root, both).places.map(\.series) == ["b/checkpoints", "c/checkpoints"])
            let named = "path: b/checkpoints, family: f, series: mine"
            #expect(try audit(root, named).places.map(\.series) == ["mine"])
        }
    }
}
