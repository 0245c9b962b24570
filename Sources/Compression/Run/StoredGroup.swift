import JSON

/// Weights of a checkpoint that are stored alike.
struct StoredGroup {
    let spec: Spec
    /// Whether they are transformers' `Conv1D`.
    let isConv1D: Bool
    /// In byte order of their names.
    var layers: [LinearLayer]

    var form: ModuleForm { ModuleForm(spec, layers, isConv1D: isConv1D) }

    /// The compressor's object; where it has no groups of its own to say how inputs are quantized, it says so at its top.
    func configuration(ignored: [String]) -> JSONObject {
        var object = form.configuration(spec, ignored: ignored)
        if let rounding = spec.options.activations, object["config_groups"] == nil {
            object["input_activations"] = .object(InputActivations.json(rounding))
        }
        return object
    }
}

extension [StoredGroup] {
    /// The `quantization_config` of weights of all these groups: compressed-tensors' where it has a place for each, else ours.
    ///
    /// Where modules are named, each group says its own; elsewhere one group is all that there is.
    func configuration(named: Bool, ignored: [String]) -> JSONObject {
        guard named, let first else { return first?.configuration(ignored: ignored) ?? JSONObject() }
        let parts = map { (modules: $0.layers.map(\.name), configuration: $0.configuration(ignored: [])) }
        if let configuration = QuantizationConfiguration.mixed(parts, ignored: ignored) { return configuration }
        return count == 1
            ? first.configuration(ignored: ignored) : MixedLayout.configuration(parts, ignored: ignored)
    }
}
