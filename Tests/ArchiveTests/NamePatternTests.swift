import Archive
import Testing

@Suite struct NamePatternTests {
    @Test(
        arguments: [
            ("ckpt_{step}-seed{seed}", "ckpt_100-seed3", 100, nil, "3", "ckpt-seed3"),
            ("ckpt_{step}-seed{seed}", "CKPT_1,000-seeda-b", 1000, nil, "a-b", "CKPT-seeda-b"),
            ("{seed}.{step}", "x.y.1.5k", 1500, nil, "x.y", "x-y"),
            ("*_{step}", "a_b_64", 64, nil, nil, "a-b"),
            ("{tokens}", "1.5T", nil, 1_500_000_000_000, nil, ""),
            ("u{step}_{tokens}tok", "u12_3Btok", 12, 3_000_000_000, nil, "u-tok"),
            ("run{seed}/at{step}", "run7/at64", 64, nil, "7", "run7/at"),
        ] as [(String, String, Int?, Int?, String?, String)])
    func readsNames(pattern: String, name: String, step: Int?, tokens: Int?, seed: String?, rest: String) throws {
        let found = try #require(try NamePattern(pattern).read(name))
        #expect((found.step, found.tokens?.value, found.seed) == (step, tokens, seed))
        #expect(found.rest == rest)
    }

    @Test(arguments: [
        ("ckpt_{step}", "ckpt_"), ("ckpt_{step}", "ckpt_1x"), ("ckpt_{step}", "my-ckpt_1"), ("{step}", "1.5"),
        ("a{step}", "a99999999999999999999"), ("s{stage}-{step}", "s1k-5"), ("{step}-{seed}", "5-"),
    ])
    func leavesOtherNamesAlone(pattern: String, name: String) throws {
        #expect(try NamePattern(pattern).read(name) == nil)
    }

    @Test(
        arguments: [
            ("a{step", .openBrace("{step")), ("{steps}", .unknownField("steps")),
            ("{step}{step}", .repeatedField("step")), ("seed{seed}", .noStep),
        ] as [(String, NamePatternError)])
    func badPatternsAreRefused(pattern: String, error: NamePatternError) {
        #expect(throws: error) { try NamePattern(pattern) }
    }

    /// Wildcards that could match in very many ways take no longer for it.
    @Test func longNamesAreReadInNoTime() throws {
        let pattern = try NamePattern(String(repeating: "*a", count: 12) + "{step}")
        #expect(pattern.read(String(repeating: "a", count: 200)) == nil)
    }

    @Test func severalFoldersMayMakeAName() throws {
        let pattern = try NamePattern("run{seed}/at{step}")
        let place = TrainingPlace(path: "x/run7/at64/hf", naming: pattern)
        #expect((place.step, place.seed) == (64, "7"))
        #expect(place.series == "x/run7/at")
        #expect(TrainingPlace(path: "x/run7/at64/hf").step == nil)
    }

    @Test(
        arguments: [
            ("warmup-step5", .warmUp), ("warm-up", .warmUp), ("step5-stable", .stable), ("wsd-cooldown256", .decay),
            ("cool-down", .decay), ("olmo-anneal-step10", .decay), ("annealed", .annealed),
            ("stage2-ingredient3-step5-tokens2B", .decay),
            ("weight-decay-0.1", nil), ("stablelm", nil), ("step64", nil),
        ] as [(String, NamedPhase?)])
    func wordsSayThePhase(name: String, phase: NamedPhase?) {
        #expect(CheckpointName(name).phase == phase)
    }
}
