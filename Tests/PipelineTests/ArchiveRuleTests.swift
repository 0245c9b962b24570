import Archive
import FoundationEssentials
import JSON
import Pipeline
import Records
import ScalingLaws
import System
import TestSupport
import Testing

/// What a manifest says of an archive, and what that makes of names and of what a trainer saved.
struct ArchiveRuleTests {
    private func rule(_ line: String, beside files: [String: String] = [:]) throws -> IngestRule {
        try withScratchDirectory { directory in
            for (name, text) in files { try replaceFile(Array(text.utf8), at: directory.appending(path: name)) }
            let file = directory.appending(path: "manifest.yaml")
            let text = ManifestTests.text.replacing("family: neox, tokens: {64: 1000}", with: "family: f, " + line)
            try replaceFile(Array(text.utf8), at: file)
            return try Manifest(file: file).archives[1].rule
        }
    }

    private func facts(
        _ path: String, _ line: String, trainer: String? = nil, beside files: [String: String] = [:]
    ) throws -> TrainingClaims {
        let rule = try rule(line, beside: files)
        let place = TrainingPlace(path: path, naming: rule.naming)
        return TrainingClaims(
            place, series: place.series, trainer: try trainer.map { try TrainerState(parsing: Array($0.utf8)) },
            rule: rule)
    }

    /// A table before the trainer, the trainer before the name, the name before the step.
    @Test func theMostTrustedStatementOfTokensCounts() throws {
        let name = "run/step1000-tokens4B"
        let trainer = #"{"global_step": 1000, "num_input_tokens_seen": 4194304000}"#
        let perStep = "tokens_per_step: 4194304"
        let all = try facts(name, "tokens: {1000: 4190000000}, \(perStep)", trainer: trainer).facts
        #expect(all.tokens == 4_190_000_000 && all.tokensSource == .table)
        let trained = try facts(name, perStep, trainer: trainer)
        #expect(trained.facts.tokens == 4_194_304_000 && trained.facts.tokensSource == .trainerState)
        #expect(trained.findings.isEmpty)
        let named = try facts(name, perStep)
        #expect(named.facts.tokens == 4_000_000_000 && named.facts.tokensSource == .name)
        #expect(named.findings.isEmpty)
        let counted = try facts("run/step1000", perStep).facts
        #expect(counted.tokens == 4_194_304_000 && counted.tokensSource == .tokensPerStep)
        let unknown = try facts("run/step1000", "series: run").facts
        #expect(unknown.tokens == nil && unknown.tokensSource == nil)
    }

    @Test func statementsThatDifferByMoreThanRoundingAreNamed() throws {
        let named = try facts("run/step1000-tokens4B", "tokens_per_step: 2097152")
        #expect(
            named.findings == [
                Finding(
                    .tokensDisagree,
                    "its name says 4000000000 tokens, but step × tokens_per_step is 2097152000 tokens")
            ])
        let trained = try facts(
            "run/step1000", "tokens_per_step: 100", trainer: #"{"global_step": 900, "num_input_tokens_seen": 90000}"#)
        #expect(trained.findings.map(\.kind) == [.stepsDisagree, .tokensDisagree])
        #expect(trained.facts.step == 1000 && trained.facts.tokens == 90_000)
        // 50K stands for anything from 49 to 51 thousand steps.
        let rounded = try facts("TinyLlama-1.1B-step-50K-105b", "tokens_per_step: 2097152")
        #expect(rounded.findings.isEmpty && rounded.facts.tokensSource == .name)
    }

    @Test func tokensOfTheTableMayBeOfOneRun() throws {
        let line = "tokens: [{seed: 1, step: 10, tokens: 1}, {seed: 2, step: 10, tokens: 2}, {step: 10, tokens: 3}]"
        #expect(
            try ["a-seed1/step10", "a-seed2/step10", "a/step10"].map { try facts($0, line).facts.tokens } == [1, 2, 3])
        let bySeries = "tokens: {a: {10: 5}, b: {10: 6}}"
        #expect(try ["a/step10", "b/step10", "c/step10"].map { try facts($0, bySeries).facts.tokens } == [5, 6, nil])
        let stages = "tokens: [{stage: 2, step: 10, tokens: 7}]"
        #expect(try ["stage1-step10", "stage2-step10"].map { try facts($0, stages).facts.tokens } == [nil, 7])
    }

    @Test func theTableMayBeAFile() throws {
        let table = ["d.csv": "step,tokens,series\n10,1e9,a\n10,2000000000,\n"]
        #expect(try facts("a/step10", "tokens: d.csv", beside: table).facts.tokens == 1_000_000_000)
        #expect(try facts("b/step10", "tokens: d.csv", beside: table).facts.tokens == 2_000_000_000)
    }

    @Test(arguments: [
        ("step,tokens\n10,x\n", "line 2 of", "tokens 'x' is no whole number"),
        ("step,tokens\n10,1.5\n", "line 2 of", "tokens '1.5' is no whole number"),
        ("step,tokens\n,15\n", "line 2 of", "lacks its step"), ("step\n10\n", "d.csv", "no column 'tokens'"),
        ("step,tokens,loss\n", "d.csv", "column 'loss'"), ("step,tokens\n1,2,3\n", "d.csv", "has 3 fields"),
        ("step,tokens\n1,2\n1,3\n", "tokens", "step 1 of one run stands twice"),
    ])
    func aTableThatCannotBeReadIsNamed(text: String, place: String, message: String) throws {
        let error = #expect(throws: ManifestError.self) { try rule("tokens: d.csv", beside: ["d.csv": text]) }
        let description = try #require(error).description
        #expect(description.contains(place) && description.contains(message), "\(description)")
    }

    /// Apertus doubles its batch at step 60,000.
    @Test func tokensAStepMayChange() throws {
        let line = "tokens_per_step: [{from: 0, tokens: 2097152}, {from: 60000, tokens: 4194304}]"
        #expect(
            try [1000, 60_000, 61_000].map { try facts("step\($0)", line).facts.tokens } == [
                2_097_152_000, 125_829_120_000, 130_023_424_000,
            ])
        #expect(TokensPerStep(.max).tokens(at: 2) == nil)
    }

    /// OLMo 2 counts steps, and tokens in names, from zero again in its second stage.
    @Test func aStageMayCountFromZeroAgain() throws {
        let line = "tokens_per_step: 4194304, stages: {2: {tokens_before: 3896000000000, tokens_per_step: 8388608}}"
        let name = "OLMo-2/stage2-ingredient1-step1000-tokens9B"
        let later = try facts(name, line)
        #expect(later.facts.tokens == 3_905_000_000_000 && later.findings.isEmpty)
        #expect(
            later.facts.run
                == TrainingRun(
                    series: "OLMo-2/stage2-ingredient1", seed: nil, stage: 2, ingredient: 1))
        let first = try facts("OLMo-2/stage1-step1000-tokens5B", line)
        #expect(first.facts.tokens == 5_000_000_000 && first.findings.isEmpty)
        #expect(first.facts.run.series == "OLMo-2/stage1")
    }

    @Test func phasesComeFromTheScheduleTheStageTheNameOrTheTrainer() throws {
        let cosine = "schedule: {shape: cosine, warm_up: 100, steps: 1000, peak: 0.001, final: 0.0001}"
        let steps = [50, 100, 550, 1000]
        #expect(try steps.map { try facts("step\($0)", cosine).facts.phase } == [.warmUp, .decay, .decay, .annealed])
        let rates = try steps.map { try facts("step\($0)", cosine).facts.learningRate ?? -1 }
        for (rate, expected) in zip(rates, [0.0005, 0.001, 0.00055, 0.0001]) { #expect(abs(rate - expected) < 1e-12) }
        let wsd = "schedule: {shape: wsd, warm_up: 100, decay_from: 800, decay: sqrt, steps: 1000, peak: 1}"
        let wsdSteps = [99, 100, 800, 850, 1000]
        #expect(
            try wsdSteps.map { try facts("step\($0)", wsd).facts.phase } == [
                .warmUp, .stable, .stable, .decay, .annealed,
            ])
        #expect(try facts("step850", wsd).facts.learningRate == 0.5)
        #expect(try facts("step850", "schedule: {shape: wsd}").facts.phase == .stable)
        #expect(try facts("run-decay/step10", "series: a").facts.phase == .decay)
        #expect(try facts("stage2-step10", "stages: {2: {tokens_before: 1, phase: annealed}}").facts.phase == .annealed)
        let trainer = #"{"log_history": [{"step": 1, "learning_rate": 1.0}, {"step": 2, "learning_rate": 0.5}]}"#
        let trained = try facts("step2", "series: a", trainer: trainer).facts
        #expect(trained.phase == .decay && trained.learningRate == 0.5)
    }

    @Test func annealedFromSaysWhatIsNotAnnealed() throws {
        #expect(
            try ["step9", "step10", "final"].map { try facts($0, "annealed_from: 10").facts.phase } == [
                .unannealed, .annealed, .unknown,
            ])
        #expect(try facts("stable-step9", "annealed_from: 10").facts.phase == .stable)
    }

    @Test func namesMayBeOfAnotherMaking() throws {
        let claims = try facts("ckpt_1.5k-seed7", #"name: "ckpt_{step}-seed{seed}", tokens_per_step: 2"#)
        #expect(claims.facts.step == 1500 && claims.facts.tokens == 3000)
        #expect(claims.facts.run.seed == "7")
    }

    @Test(arguments: [
        ("name: run", "neither {step} nor {tokens}"), (#"name: "a{stp}""#, "there is no '{stp}'"),
        ("tokens_per_step: [{from: 5, tokens: 1}]", "rise from 0"),
        ("stages: {a: {tokens_before: 1}}", "numbers of stages"),
        ("stages: {2: {phase: decay}}", "'tokens_before' is missing"),
        ("schedule: {shape: round}", "cosine or linear or wsd"), ("schedule: {shape: cosine}", "needs 'steps'"),
        ("schedule: {shape: cosine, steps: 10, decay_from: 3}", "only shape 'wsd'"),
        ("schedule: {shape: wsd, steps: 10}", "needs 'decay_from'"),
        ("schedule: {shape: wsd, decay_from: 20, steps: 10}", "before it begins"),
        ("schedule: {shape: wsd}, annealed_from: 5", "exclude each other"),
        ("schedule: {shape: wsd, peak: 1, final: 2}", "above 'peak'"), ("tokens: nowhere.csv", "no such file"),
        ("tokens: {1: 2.5}", "whole number"), ("tokens: {a: {b: 1}}", "training steps"),
    ])
    func refuses(_ line: String, _ message: String) throws {
        let error = #expect(throws: ManifestError.self) { try rule(line) }
        let description = try #require(error).description
        #expect(description.contains(message), "\(description)")
    }

    /// A lock holds the rule, tables of files included.
    @Test(arguments: [
        "tokens_per_step: [{from: 0, tokens: 2}, {from: 6, tokens: 4}], series: s",
        "tokens: d.csv, stages: {2: {tokens_before: 9, tokens_per_step: 3, phase: decay}}",
        #"name: "ckpt_{step}-seed{seed}", schedule: {shape: wsd, warm_up: 5, decay_from: 10, decay: cosine, steps: 20, peak: 0.5}"#,
        "schedule: {shape: cosine, steps: 20, final: 0.25}, tokens: {64: 1000}",
    ])
    func aLockHoldsTheWholeRule(line: String) throws {
        let rule = try rule(line, beside: ["d.csv": "step,tokens,seed\n10,5,3\n"])
        var object = JSONObject([.init(key: "path", value: "/data/large")])
        rule.add(to: &object)
        let text = ManifestTests.text.replacing(
            "- {path: /data/large, family: neox, tokens: {64: 1000}}",
            with: "- " + JSONValue.object(object).canonicalText)
        let read = try withScratchDirectory { directory in
            let file = directory.appending(path: "manifest.yaml")
            try replaceFile(Array(text.utf8), at: file)
            return try Manifest(file: file).archives[1].rule
        }
        #expect(read == rule)
    }
}
