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
    var clipsBehindNorms = false
    var activation: ActivationFunction
    let bitLinear: BitLinearForm?
    var names: LlamaNames
    /// Whether attention and MLP both read the layer's input, through one norm (Phi, Cohere).
    var isParallel = false
    /// Whether norms have weights (all but OLMo's).
    var normsHaveParameters = true
    /// Whether the MLP has a gate.
    var isGated = true
    /// The factor on scores.
    var scale: Float
    var softCap: Float?
    var embeddingScale: Float = 1
    var residualScale: Float = 1
    var logitScale: Float = 1
    var logitSoftCap: Float?
    var hasHeadBias = false
    var hasSinks = false
    /// The experts that take the MLP's place in some layers.
    var experts: ExpertsForm?

    /// Where the residual stream is normalized.
    enum Placement { case before, after, around }
    enum HeadNormForm { case none, perHead, overAll, ownForEachHead, ownModuleForEachHead }

    /// The defaults that families have for keys that are absent.
    struct Defaults {
        var sizes = Sizes()
        /// Key and value heads; nil means as many as query heads.
        var keyValueHeads: Int?
        var headSize: Int?
        var epsilon = 1e-6
        var epsilonKey = "rms_norm_eps"
        var rotary = RotaryKeys()
        var activation = "silu"
        var activationKey = "hidden_act"
        var names = LlamaNames()
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
            kind: .rootMeanSquare, epsilon: try settings.epsilon(defaults.epsilonKey, default: defaults.epsilon),
            width: width)
        rotary = try settings.rotary(headSize: headSize, keys: defaults.rotary)
        slidingWindows = Array(repeating: nil, count: layerCount)
        activation = try settings.activation(defaults.activationKey, default: defaults.activation)
        bitLinear = try settings.bitLinear()
        names = defaults.names
        scale = AttentionDescription.scale(headSize: headSize)
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

    /// The module of the first layer, by which the names inside layers are told.
    var firstLayer: String { settings.prefix(names.body, of: "embed_tokens") + "layers.0" }

    /// Makes the residual stream's norms layer norms.
    mutating func takeLayerNorms(bias: Bool = true) {
        norm.kind = .layer
        norm.bias = bias
    }

    /// Gives the MLP's linear layers the biases that the configuration's `mlp_bias` asks for.
    mutating func takeMLPBias() throws(LanguageModelError) {
        mlpBias = try settings.flag("mlp_bias", default: false)
    }
}
