import JSON
import Vectors

extension Family {
    /// GPT-OSS (arXiv 2508.10925).
    static let gptOSS = Family(
        "gpt_oss",
        summary:
            "experts with clamped activations, a sink for each query head, and a sliding window in every second layer"
    ) { (settings) throws(LanguageModelError) in
        let scaling: JSONValue = [
            "rope_type": "yarn", "factor": 32, "beta_fast": 32, "beta_slow": 1, "truncate": false,
            "original_max_position_embeddings": 4096,
        ]
        var form = try LlamaForm(
            settings,
            .init(
                sizes: .init(vocabulary: 201_088, width: 2880, intermediate: 2880, layers: 36, heads: 64),
                keyValueHeads: 8, headSize: 64, epsilon: 1e-5,
                rotary: RotaryKeys(
                    defaultBase: 150_000, defaultContext: 131_072, defaultParameters: scaling)))
        form.queryBias = try settings.flag("attention_bias", default: true)
        form.outputBias = form.queryBias
        form.hasSinks = true
        let window = try settings.optionalSize("sliding_window", default: 128)
        form.slidingWindows = try settings.slidingWindows(layerCount: form.layerCount, window: window) {
            ($0 + 1) % 2 != 0
        }
        form.activation = .vectorized(.silu)
        form.mlpBias = true
        var experts = try ExpertsForm(
            settings, count: 128, perToken: 4, sizeKey: "intermediate_size", size: 2880, weighting: .softmaxOfChosen)
        experts.router = "router"
        experts.routerBias = true
        let alpha = try settings.positiveNumber("swiglu_alpha", default: 1.702) ?? 1.702
        let limit = try settings.positiveNumber("swiglu_limit", default: 7) ?? 7
        experts.fusedGate = .alternating(alpha: Float(alpha), limit: Float(limit))
        form.experts = experts
        return try form.description()
    }
}
