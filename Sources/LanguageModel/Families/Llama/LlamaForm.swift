/// Llama's form of a decoder, and the parts in which its relatives differ.
///
/// Names, sizes, grouped queries and the gated MLP are common; a family makes the form from its settings, changes
/// the parts it has otherwise, and asks for the ``description(tiedByDefault:)``.
struct LlamaForm {
    let settings: FamilySettings
    let vocabularySize: Int
    let width: Int
    let intermediateSize: Int
    let layerCount: Int
    let headCount: Int
    let keyValueHeadCount: Int
    let headSize: Int
    /// The residual stream's norm; named for each place.
    var norm: NormDescription
    var placement = Placement.before
    var rotary: RotaryDescription
    /// The rotation in layers with a sliding window, where it differs (OLMo 3).
    var slidingRotary: RotaryDescription?
    /// The layers whose attention knows no positions (SmolLM3).
    var layersWithoutRotation: Set<Int> = []
    /// For each layer the window of its attention.
    var slidingWindows: [Int?]
    var queryBias = false
    var outputBias = false
    var mlpBias = false
    var headNorm = HeadNormForm.none
    /// Norms in front of each sublayer's last linear layer (BitNet).
    var hasInnerNorms = false
    var clip: Float?
    var activation: ActivationFunction
    let bitLinear: BitLinearForm?

    /// Where the residual stream is normalized.
    enum Placement { case before, after }
    enum HeadNormForm { case none, perHead, overAll }

    /// The defaults that families have for keys that are absent.
    struct Defaults {
        var sizes = Sizes()
        /// Key and value heads; nil means as many as query heads.
        var keyValueHeads: Int?
        var headSize: Int?
        var epsilon = 1e-6
        var rotary = RotaryKeys()
        var activation = "silu"
        /// Whether heads must divide the width even where their size is given.
        var headsDivideWidth = false
    }

    /// A family's sizes where its configuration leaves them out; Llama's, unless said.
    struct Sizes {
        var vocabulary = 32_000
        var width = 4096
        var intermediate = 11_008
        var layers = 32
        var heads = 32
    }

    init(_ settings: FamilySettings, _ defaults: Defaults = Defaults()) throws(LanguageModelError) {
        self.settings = settings
        let sizes = defaults.sizes
        vocabularySize = try settings.size("vocab_size", default: sizes.vocabulary)
        width = try settings.size("hidden_size", default: sizes.width)
        intermediateSize = try settings.size("intermediate_size", default: sizes.intermediate)
        layerCount = try settings.size(
            "num_hidden_layers", default: sizes.layers, atMost: FamilySettings.mostLayers)
        try settings.checkLayerTypes(layerCount: layerCount)
        headCount = try settings.size("num_attention_heads", default: sizes.heads)
        keyValueHeadCount =
            try settings.optionalSize("num_key_value_heads", default: defaults.keyValueHeads) ?? headCount
        guard headCount.isMultiple(of: keyValueHeadCount) else {
            throw .setting(
                key: "num_key_value_heads", found: "\(keyValueHeadCount)",
                expected: "a divisor of 'num_attention_heads', \(headCount)")
        }
        headSize = try Self.headSize(settings, defaults, width: width, heads: headCount)
        norm = NormDescription(
            kind: .rootMeanSquare, epsilon: try settings.epsilon("rms_norm_eps", default: defaults.epsilon),
            width: width)
        rotary = try settings.rotary(headSize: headSize, keys: defaults.rotary)
        slidingWindows = Array(repeating: nil, count: layerCount)
        activation = try settings.activation("hidden_act", default: defaults.activation)
        bitLinear = try settings.bitLinear()
    }

    private static func headSize(
        _ settings: FamilySettings, _ defaults: Defaults, width: Int, heads: Int
    ) throws(LanguageModelError) -> Int {
        let given = try settings.optionalSize("head_dim", default: defaults.headSize)
        if let given, !defaults.headsDivideWidth { return given }
        let derived = try settings.headSize(
            width: width, widthKey: "hidden_size", heads: heads, headsKey: "num_attention_heads")
        return given ?? derived
    }

    /// Gives the attention's linear layers the biases that the configuration's `attention_bias` asks for.
    mutating func takeAttentionBias() throws(LanguageModelError) {
        queryBias = try settings.flag("attention_bias", default: false)
        outputBias = queryBias
    }

    /// Gives the MLP's linear layers the biases that the configuration's `mlp_bias` asks for.
    mutating func takeMLPBias() throws(LanguageModelError) {
        mlpBias = try settings.flag("mlp_bias", default: false)
    }

    /// The model with Llama's names for its tensors.
    func description(tiedByDefault: Bool = false) throws(LanguageModelError) -> DecoderDescription {
        let prefix = settings.prefix("model.", of: "embed_tokens")
        let ends = try settings.embeddingAndHead(
            embedding: prefix + "embed_tokens", heads: ["lm_head"], tiedByDefault: tiedByDefault)
        return DecoderDescription(
            vocabularySize: vocabularySize, width: width,
            embedding: EmbeddingDescription(module: ends.embedding, width: width),
            layers: (0..<layerCount).map { layer(prefix + "layers.\($0)", index: $0) },
            finalNorm: named(norm, prefix + "norm"), head: ends.head, tiesHead: ends.tied)
    }

    private func layer(_ module: String, index: Int) -> LayerDescription {
        let inner = hasInnerNorms
        return LayerDescription(
            module: module, attention: attention(module + ".self_attn.", index: index),
            attentionNorms: norms(
                module, before: "input_layernorm", inside: inner ? "self_attn.attn_sub_norm" : nil,
                insideWidth: headCount * headSize, after: "post_attention_layernorm"),
            mlp: mlp(module + ".mlp."),
            mlpNorms: norms(
                module, before: "post_attention_layernorm", inside: inner ? "mlp.ffn_sub_norm" : nil,
                insideWidth: intermediateSize, after: "post_feedforward_layernorm"))
    }

    private func attention(_ prefix: String, index: Int) -> AttentionDescription {
        let (queryWidth, keyValueWidth) = (headCount * headSize, keyValueHeadCount * headSize)
        let window = slidingWindows[index]
        let rotation = window == nil ? rotary : slidingRotary ?? rotary
        return AttentionDescription(
            headCount: headCount, keyValueHeadCount: keyValueHeadCount, headSize: headSize,
            projections: .separate(
                query: linear(prefix + "q_proj", width, queryWidth, bias: queryBias),
                key: linear(prefix + "k_proj", width, keyValueWidth, bias: queryBias),
                value: linear(prefix + "v_proj", width, keyValueWidth, bias: queryBias)),
            output: linear(prefix + "o_proj", queryWidth, width, bias: outputBias),
            queryNorm: headNorm(prefix + "q_norm", heads: headCount),
            keyNorm: headNorm(prefix + "k_norm", heads: keyValueHeadCount), clip: clip,
            rotary: layersWithoutRotation.contains(index) ? nil : rotation, slidingWindow: window,
            scale: AttentionDescription.scale(headSize: headSize))
    }

    private func mlp(_ prefix: String) -> MLPDescription {
        MLPDescription(
            gate: linear(prefix + "gate_proj", width, intermediateSize, bias: mlpBias),
            up: linear(prefix + "up_proj", width, intermediateSize, bias: mlpBias),
            down: linear(prefix + "down_proj", intermediateSize, width, bias: mlpBias), activation: activation,
            activationModule: prefix + "act_fn")
    }

    private func norms(
        _ module: String, before: String, inside: String?, insideWidth: Int, after: String
    ) -> SublayerNorms {
        let inner = inside.map { named(norm.resized(insideWidth), "\(module).\($0)") }
        return switch placement {
        case .before: SublayerNorms(before: named(norm, "\(module).\(before)"), inside: inner)
        case .after: SublayerNorms(inside: inner, after: named(norm, "\(module).\(after)"))
        }
    }

    /// OLMo's norms have no parameters: those keep having no name.
    private func named(_ norm: NormDescription, _ module: String) -> NormDescription {
        norm.kind == .layer ? norm : norm.named(module)
    }

    private func headNorm(_ module: String, heads: Int) -> HeadNorm? {
        switch headNorm {
        case .none: nil
        case .perHead: HeadNorm(norm: norm.resized(headSize).named(module), perHead: true)
        case .overAll: HeadNorm(norm: norm.resized(heads * headSize).named(module), perHead: false)
        }
    }

    private func linear(_ module: String, _ inputs: Int, _ outputs: Int, bias: Bool) -> LinearDescription {
        LinearDescription(module: module, inputs: inputs, outputs: outputs, bias: bias, bitLinear: bitLinear)
    }
}
