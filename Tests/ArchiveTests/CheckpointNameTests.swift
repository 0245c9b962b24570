import Archive
import Testing

@Suite struct CheckpointNameTests {
    @Test(arguments: [
        ("step64", 64), ("step-64", 64), ("step_64", 64), ("step=64", 64), ("checkpoint-64", 64),
        ("iter_0000064", 64), ("global_step64", 64), ("64", 64), ("0", 0), ("ckpt_100", 100),
        ("step1000-tokens4B", 1000), ("stage1-step140000-tokens294B", 140_000),
        ("TinyLlama-1.1B-step-50K-105b", 50_000), ("step_1.5k", 1500), ("step-1.2M", 1_200_000),
        ("step1,000", 1000), ("step12,345,678", 12_345_678), ("CrystalCoder_phase1_checkpoint_001000", 1000),
        ("iteration-12", 12), ("Step512-unsharded", 512), ("model.step12", 12), ("pythia-70m-step512", 512),
    ])
    func findsTheStep(name: String, step: Int) {
        #expect(CheckpointName(name).step == step)
        #expect(CheckpointName(name).unreadable == nil)
    }

    @Test(arguments: [
        "", "main", "neox-25k", "pythia-160m", "footstep64", "step", "step-", "step12B", "v2", "step64abc", "15T",
        "99999999999999999999",
    ])
    func findsNoneWhereThereIsNone(name: String) {
        #expect(CheckpointName(name).step == nil)
        #expect(CheckpointName(name).unreadable == nil)
    }

    /// A number is read whole or not at all.
    @Test(arguments: [
        ("step99999999999999999999", "step99999999999999999999"),
        ("step9223372036854775807k", "step9223372036854775807k"),
        ("run-step1.5", "step1.5"), ("step1.2345k", "step1.2345k"), ("step1,00-x", "step1,00"),
        ("step12,3456", "step12,3456"),
    ])
    func namesWhatItCannotRead(name: String, unreadable: String) {
        #expect(CheckpointName(name).step == nil)
        #expect(CheckpointName(name).unreadable == unreadable)
    }

    @Test(arguments: [
        ("step1000-tokens4B", 4_000_000_000, 1_000_000_000), ("token-1007B", 1_007_000_000_000, 1_000_000_000),
        ("15T", 15_000_000_000_000, 1_000_000_000_000), ("train_00220B", 220_000_000_000, 1_000_000_000),
        ("TinyLlama-1.1B-intermediate-step-50K-105b", 105_000_000_000, 1_000_000_000),
        ("294B-tokens", 294_000_000_000, 1_000_000_000), ("1.5Ttokens", 1_500_000_000_000, 100_000_000_000),
        ("tokens1048576", 1_048_576, 0),
    ])
    func findsTheTokens(name: String, tokens: Int, tolerance: Int) {
        #expect(CheckpointName(name).tokens == NamedCount(value: tokens, tolerance: tolerance))
    }

    /// Sizes of models are no tokens.
    @Test(arguments: ["OLMo-2-1124-7B", "pythia-1.4b", "TinyLlama-1.1B", "step64", "training", "train_0"])
    func findsNoTokensWhereThereAreNone(name: String) {
        #expect(CheckpointName(name).tokens == nil)
    }

    @Test func tokensAgreeButForRounding() {
        let tokens = CheckpointName("stage1-step1000-tokens5B").tokens
        #expect(tokens?.agrees(with: 4_194_304_000) == true)
        #expect(tokens?.agrees(with: 2_097_152_000) == false)
        #expect(NamedCount(value: .max, tolerance: 0).agrees(with: .min) == false)
    }

    @Test(
        arguments: [
            ("stage2-ingredient1-step1000-tokens9B", 2, 1, nil, "stage2-ingredient1"),
            ("stage1-step140000-tokens294B", 1, nil, nil, "stage1"),
            ("step1250-seed-small-aux-2", nil, nil, "small-aux-2", "seed-small-aux-2"),
            ("step1250-seed-default", nil, nil, "default", "seed-default"),
            ("seed3-step64", nil, nil, "3", "seed3"), ("pythia-160m-seed7", nil, nil, "7", "pythia-160m-seed7"),
            ("CrystalCoder_phase1_checkpoint_001000", 1, nil, nil, "CrystalCoder-phase1"),
            ("global_step64", nil, nil, nil, ""), ("64", nil, nil, nil, ""), ("main", nil, nil, nil, "main"),
            ("TinyLlama-1.1B-step-50K-105b", nil, nil, nil, "TinyLlama-1-1B"),
        ] as [(String, Int?, Int?, String?, String)])
    func saysWhichRun(name: String, stage: Int?, ingredient: Int?, seed: String?, rest: String) {
        let found = CheckpointName(name)
        #expect((found.stage, found.ingredient, found.seed) == (stage, ingredient, seed))
        #expect(found.rest == rest)
    }

    @Test func anyNameIsReadWithoutATrap() {
        var seed: UInt64 = 7
        let pieces = [
            "step", "tokens", "seed", "stage", "-", "_", "=", ".", ",", "1", "00", "9999999999", "k", "B", "é", "x",
            "train",
        ]
        for _ in 0..<20_000 {
            var name = ""
            for _ in 0..<8 {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                name += pieces[Int(seed >> 33) % pieces.count]
            }
            _ = CheckpointName(name).rest
        }
    }
}
