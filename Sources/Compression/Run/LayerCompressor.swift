package import JSON
package import Kernels

/// A linear layer to compress.
package struct LinearLayer: Sendable {
    /// The module's name, `gpt_neox.layers.0.attention.dense`.
    package let name: String
    /// Its weight, outputs by inputs.
    package var weight: any WeightMatrix
    /// The 16-bit type that goes with the checkpoint's weights: that of scales, unless spec or method have another.
    package let scaleType: ScaleType
    /// The weights with the same inputs, this one among them; nil for one that stands alone.
    package let stack: WeightStack?
    /// The greatest magnitude of its inputs in calibration, for specs that round inputs by it.
    package var largestInput: Float?
    /// The root mean square of each input over the calibration tokens, for methods that need no more.
    package var inputNorms: [Float]?

    package init(
        name: String, weight: any WeightMatrix, scaleType: ScaleType, stack: WeightStack? = nil,
        largestInput: Float? = nil, inputNorms: [Float]? = nil
    ) {
        self.name = name
        self.weight = weight
        self.scaleType = scaleType
        self.stack = stack
        self.largestInput = largestInput
        self.inputNorms = inputNorms
    }
}

/// A compression method for some number formats: how it makes stored tensors of a weight.
///
/// Decoding is no part of it: a stored form is read by a `WeightMatrix`.
package protocol LayerCompressor: Sendable {
    /// Name, type and shape of the tensors that `compress` will make, in order: a file's header comes before its
    /// values. Refuses a spec that does not fit the layer's size.
    static func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout]

    /// The object to put into `config.json` as `quantization_config`, by which readers know how weights are stored.
    ///
    /// `ignored` are linear modules that stay as they are.
    static func configuration(_ spec: Spec, ignored: [String]) -> JSONObject

    /// Compresses one weight by several specs, reading it once where that saves work.
    ///
    /// The Hessian is for methods that need one.
    static func compress(
        _ layer: LinearLayer, specs: [Spec], hessian: Hessian?
    ) throws(CompressionError) -> [CompressedWeight]
}

/// A compressor that gains nothing from taking several specs at a time, and looks at no inputs.
package protocol SingleSpecCompressor: LayerCompressor {
    static func compress(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> CompressedWeight
}

extension SingleSpecCompressor {
    package static func compress(
        _ layer: LinearLayer, specs: [Spec], hessian: Hessian?
    ) throws(CompressionError) -> [CompressedWeight] {
        var results: [CompressedWeight] = []
        for spec in specs { results.append(try compress(layer, spec)) }
        return results
    }
}

extension Spec {
    /// The code behind the recipe.
    package var compressor: any LayerCompressor.Type {
        switch method {
        case .rtn:
            switch format {
            case .integer, .levels, .stored: RoundToNearest.self
            case .fourBit: BlockFloats.self
            case .float8: Float8Rounding.self
            case .mx: MXRounding.self
            case .ternary, .binary: SignRounding.self
            }
        case .awq, .smoothquant, .aweq, .dilation: RoundToNearest.self
        case .codebook: Codebook.self
        case .gptq: GPTQ.self
        case .magnitude, .wanda: Pruning.self
        case .sparsegpt: SparseGPT.self
        case .lowRank: LowRank.self
        case .qsd: SparseDecomposition.self
        }
    }
}

extension Spec {
    /// The tensors that say how a layer's inputs are rounded, whatever the compressor.
    func inputLayout(_ layer: LinearLayer) -> [StoredLayout] {
        guard options.activations?.scale == .tensor else { return [] }
        let type = scaleType(checkpoint: layer.scaleType).elementType
        return [StoredLayout(suffix: "input_scale", type: type, shape: [1])]
    }
}
