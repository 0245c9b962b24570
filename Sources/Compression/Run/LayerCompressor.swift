import Checkpoint
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
    package var stack: WeightStack?
    /// The greatest magnitude of its inputs in calibration, for specs that round inputs by it.
    package var largestInput: Float?
    /// The root mean square of each input over the calibration tokens, for methods that need no more.
    package var inputNorms: [Float]?
    /// How far its inputs have moved from those in the uncompressed model, for methods that make up for that.
    package var drift: CrossMoments?
    /// How much an error of each input's weight counts: the mean square of the input in calibration.
    package var importance: [Float]?

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

/// What makes stored tensors of a weight: the arithmetic of a method, or of rounding to a format.
///
/// Decoding is no part of it: a stored form is read by a `WeightMatrix`.
package protocol LayerCompressor: Sendable, Hashable {
    /// Name, type and shape of the tensors that `compress` will make, in order: a file's header comes before its values.
    ///
    /// Refuses a spec that does not fit the layer's size.
    func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout]

    /// The object to put into `config.json` as `quantization_config`, by which readers know how weights are stored.
    ///
    /// Linear modules that stay as they are come as `ignored`.
    func configuration(_ spec: Spec, ignored: [String]) -> JSONObject

    /// Goes up when a spec gives other weights, or weights that are read otherwise, than an earlier version gave by it; part of
    /// the key of what is made.
    func revision(_ spec: Spec) -> Int

    /// Compresses one weight by several specs, reading it once where that saves work; a Hessian is there for methods that
    /// need one.
    func compress(
        _ layer: LinearLayer, specs: [Spec], hessian: Hessian?
    ) throws(CompressionError) -> [CompressedWeight]
}

extension LayerCompressor {
    /// Whether another one does the same, so that one call can serve the specs of both.
    package func isEqual(to other: any LayerCompressor) -> Bool { other as? Self == self }

    package func revision(_ spec: Spec) -> Int { 1 }
}

/// A compressor that gains nothing from taking several specs at a time, and looks at no inputs.
package protocol SingleSpecCompressor: LayerCompressor {
    func compress(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> CompressedWeight
}

extension SingleSpecCompressor {
    package func compress(
        _ layer: LinearLayer, specs: [Spec], hessian: Hessian?
    ) throws(CompressionError) -> [CompressedWeight] {
        var results: [CompressedWeight] = []
        for spec in specs { results.append(try compress(layer, spec)) }
        return results
    }
}

extension Spec {
    /// The tensors that say how a layer's inputs are quantized, whatever the compressor.
    func inputLayout(_ layer: LinearLayer) throws(CompressionError) -> [StoredLayout] {
        guard let activations = options.activations, activations.isCalibrated else { return [] }
        if activations.numbers == .nvfp4 {
            guard layer.weight.columns.isMultiple(of: NVFP4.block) else {
                throw .groupDoesNotDivide(
                    tensor: layer.name, rowLength: layer.weight.columns, group: NVFP4.block, allowed: [])
            }
            return [StoredLayout(suffix: "input_global_scale", type: .float32, shape: [1])]
        }
        let type = scaleType(checkpoint: layer.scaleType).elementType
        return [StoredLayout(suffix: "input_scale", type: type, shape: [1])]
    }
}
