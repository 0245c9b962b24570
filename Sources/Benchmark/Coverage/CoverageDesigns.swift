import ScalingLaws

extension CoverageDesign {
    /// One design for each law: a grid of sizes and tokens as measurements have, errors of 10 % for QiD and of 0.5 % for
    /// losses.
    ///
    /// Beside them training runs that are not independent measurements: residuals of the suite's runs correlate by 0.31 to
    /// 0.37 from step to step, and runs differ by constants and slopes.
    package static let all: [CoverageDesign] =
        klLaws + qidLaws + distortionLaws + denseLaws + compressedLaws + dependentRuns

    /// The suite's constants of KL at widths of 2 to 4 bits.
    private static let kl = ["k": 0.0123, "alpha": 0.32, "beta": 0.52, "gamma": 4.6]

    private static let klLaws = [
        qid(Laws.klUnified, kl, specs: bits(2, 3, 4)),
        qid(
            Laws.klPerBit,
            [
                "k.2": 5.1e-4, "alpha.2": 0.32, "beta.2": 0.52, "k.3": 7.9e-5, "alpha.3": 0.34, "beta.3": 0.53,
                "k.4": 2.1e-5, "alpha.4": 0.3, "beta.4": 0.52,
            ], specs: bits(2, 3, 4)),
    ]

    private static let dependentRuns = [
        dependent("4 runs, steps correlate", seeds: 1, RunEffects(correlation: 0.35)),
        dependent("4 runs, with constants", seeds: 1, RunEffects(constant: 0.1, correlation: 0.35)),
        dependent(
            "4 runs, with constants and slopes", seeds: 1, RunEffects(constant: 0.1, slope: 0.05, correlation: 0.35)),
        dependent("8 runs, steps correlate", seeds: 2, RunEffects(correlation: 0.35)),
        dependent("8 runs, with constants", seeds: 2, RunEffects(constant: 0.1, correlation: 0.35)),
        dependent(
            "8 runs, with constants and slopes", seeds: 2, RunEffects(constant: 0.1, slope: 0.05, correlation: 0.35)),
    ]

    /// Four sizes with six checkpoints of each run, as the suite has.
    private static func dependent(_ name: String, seeds: Int, _ runs: RunEffects) -> CoverageDesign {
        let tokens = (0..<6).map { 262_144 * Double(1 << $0) }
        let places = grid(
            [25_472, 84_912, 200_064, 559_392], tokens.flatMap { Array(repeating: $0, count: seeds) }, bits(2, 3, 4))
        var design = CoverageDesign(
            law: Laws.klUnified, truth: kl, checkpoints: places, sharedNoise: 0.07, ownNoise: 0.07)
        (design.name, design.seeds, design.runs) = (name, seeds, runs)
        return design
    }

    private static let qidLaws = [
        qid(
            Laws.qidUnified, ["k": 0.017, "alpha": 0.2261, "beta": 0.5251, "gamma": 5.4967], specs: bits(2, 3, 4)),
        qid(
            Laws.qidPerBit,
            [
                "k.2": 3.8e-4, "alpha.2": 0.225, "beta.2": 0.524, "k.3": 1.17e-5, "alpha.3": 0.3547, "beta.3": 0.67273,
                "k.4": 6.1323e-6, "alpha.4": 0.3835, "beta.4": 0.65506,
            ], specs: bits(2, 3, 4)),
        qid(
            Laws.qidExponential, ["k": 0.0598, "alpha": 0.3439, "beta": 0.5068, "gamma": 0.5907], specs: bits(2, 3, 4)),
        // 2505.14302 is of 4 bits alone: its k times 4^γ.
        qid(
            Laws.qidGroup, ["k": 514, "alpha": 0.3589, "beta": 0.161, "gammaG": 0.3533, "gamma": 5.4967],
            specs: [(3, 128), (4, 32), (4, 512)].map { spec(bits: $0.0, group: $0.1) }),
    ]

    /// Nine checkpoints of different sensitivities, each under eight recipes.
    private static let distortionLaws = [Laws.klDistortion, Laws.qidDistortion].map { law in
        let recipes = (0..<8).map { step in
            var recipe = spec(bits: 4)
            recipe.columns["distortion"] = 0.002 * Double(1 << step)
            return recipe
        }
        let checkpoints = grid([1e8, 4e8, 1e9], [3e9, 3e10, 3e11], recipes).enumerated().map { number, recipes in
            recipes.map { recipe in
                var place = recipe
                place.columns["sensitivity"] = 0.5 + 0.25 * Double(number)
                return place
            }
        }
        return CoverageDesign(
            law: law, truth: ["c": 1.05, "p": 1.03], checkpoints: checkpoints, sharedNoise: 0.1, ownNoise: 0.15)
    }

    private static let chinchilla = ["a": 482.01, "b": 0.3478, "c": 2085.43, "d": 0.3658, "e": 1.8172]

    private static let denseLaws = [
        runs(
            Laws.chinchilla, ["E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658],
            grid(wideSizes, wideTokens, [spec()])),
        runs(
            Laws.kaplan, ["Nc": 4.74e19, "Dc": 7.63e10, "alphaN": 0.045, "alphaD": 0.399],
            grid(wideSizes, wideTokens, [spec()])),
    ]

    private static let compressedLaws = [
        // QuEST's multipliers on Chinchilla's law, as e is not identified by QuEST's own runs.
        runs(
            Laws.effectiveParameters,
            chinchilla.merging(["eff.dense": 1, "eff.w4": 0.8404, "eff.w4a4": 0.6918, "eff.w2": 0.4137]) { $1 },
            ["dense", "w4", "w4a4", "w2"].flatMap { grid(wideSizes, [1e9, 1e10, 1e11], [spec(scheme: $0)]) }),
        runs(
            Laws.capacity, chinchilla.merging(["L": 1, "F": 0.41, "C": 1.39]) { $1 },
            bits(16, 4, 3, 2, 1).flatMap { grid(wideSizes, [1e9, 1e10, 1e11], [$0]) }),
        // The published constants are of N in 1e6 and D in 1e9: a and c times 1e6^d, e times 1e9^f.
        runs(
            Laws.sparsity,
            [
                "a": 1.30485 * 225.6, "b": 0.82101, "c": 2.07506 * 225.6, "d": 0.39223, "e": 2.8342e7, "f": 0.88979,
                "g": 4.51669,
            ],
            [0, 0.5, 0.75, 0.875].flatMap {
                grid(
                    [6.6e5, 1.3e6, 2.7e6, 5.3e6, 1.1e7, 2.1e7, 4.2e7], [2.25e8, 4.5e8, 9e8, 1.8e9], [spec(sparsity: $0)]
                )
            }),
        CoverageDesign(
            law: Laws.degradedLoss,
            truth: [
                "E": 1.8172, "A": 482.01, "B": 2085.43, "a": 0.3478, "b": 0.3658, "k": 0.017, "alpha": 0.2261,
                "beta": 0.5251, "gamma": 5.4967,
            ], checkpoints: grid(wideSizes, wideTokens, bits(16, 4, 3, 2)), sharedNoise: 0.003, ownNoise: 0.004),
    ]

    private static let wideSizes = [5e7, 1e8, 3e8, 1e9, 3e9, 1e10]
    private static let wideTokens = [1e9, 3e9, 1e10, 3e10, 1e11, 3e11]

    private static func spec(
        bits: Double? = nil, group: Double? = nil, sparsity: Double? = nil, scheme: String? = nil
    ) -> Conditions {
        Conditions(params: 1, tokens: 1, bits: bits, group: group, sparsity: sparsity, scheme: scheme)
    }

    private static func bits(_ bits: Double...) -> [Conditions] { bits.map { spec(bits: $0) } }

    /// A checkpoint of every size at every number of tokens, measured with every spec.
    private static func grid(_ sizes: [Double], _ tokens: [Double], _ specs: [Conditions]) -> [[Conditions]] {
        sizes.flatMap { size in
            tokens.map { tokens in
                specs.map { spec in
                    var place = spec
                    (place.params, place.tokens) = (size, tokens)
                    return place
                }
            }
        }
    }

    /// Twelve checkpoints with three specs each: 36 points.
    private static func qid(_ law: Law, _ truth: [String: Double], specs: [Conditions]) -> CoverageDesign {
        CoverageDesign(
            law: law, truth: truth, checkpoints: grid([1e8, 4e8, 1e9, 3e9], [3e9, 3e10, 3e11], specs),
            sharedNoise: 0.07, ownNoise: 0.07)
    }

    /// Models each trained by itself.
    private static func runs(_ law: Law, _ truth: [String: Double], _ checkpoints: [[Conditions]]) -> CoverageDesign {
        CoverageDesign(law: law, truth: truth, checkpoints: checkpoints, sharedNoise: 0, ownNoise: 0.005)
    }
}
