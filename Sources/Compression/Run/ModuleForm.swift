import JSON
import Kernels

/// In which form a spec's weights are stored, by the kind of module that will multiply by them.
enum ModuleForm: Sendable {
    /// As the spec's compressor makes them: outputs by inputs.
    case linear
    /// transformers' `Conv1D`, in compressed-tensors' layout; the widest weight has so many inputs.
    case conv1D(Conv1DForm, mostInputs: Int)
    /// In GPTQ's own layout, of either kind of module.
    case gptq(GPTQForm)
    /// `Conv1D` with blocks along the inputs, for which compressed-tensors has no place.
    case conv1DBlocks(any RowBlockLayout.Type)

    init(_ spec: Spec, _ layers: [LinearLayer], isConv1D: Bool) {
        let usual = spec.compressor.configuration(spec, ignored: [])
        if let form = GPTQForm(spec, layers) {
            self = .gptq(form)
        } else if isConv1D, let form = Conv1DForm(usual, spec) {
            self = .conv1D(form, mostInputs: layers.map(\.weight.columns).max() ?? 1)
        } else if isConv1D, usual["quant_method"]?.string == QuantizationConfiguration.method,
            let layout = StorageLayouts.rowBlocks.first(where: { $0.format == usual["format"]?.string })
        {
            self = .conv1DBlocks(layout)
        } else {
            self = .linear
        }
    }

    func layout(_ usual: [StoredLayout], _ layer: LinearLayer) -> [StoredLayout] {
        let (outputs, inputs) = (layer.weight.rows, layer.weight.columns)
        return switch self {
        case .linear, .conv1DBlocks: usual
        case .gptq(let form): form.layout(usual, outputs: outputs, inputs: inputs)
        case .conv1D(let form, _): form.layout(usual, outputs: outputs, inputs: inputs)
        }
    }

    func converted(_ weight: CompressedWeight) -> CompressedWeight {
        switch self {
        case .linear, .conv1DBlocks: weight
        case .gptq(let form): form.converted(weight)
        case .conv1D(let form, _): form.converted(weight)
        }
    }

    func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        let usual = spec.compressor.configuration(spec, ignored: ignored)
        switch self {
        case .linear: return usual
        case .gptq(let form): return form.configuration(ignored: ignored)
        case .conv1D(_, let mostInputs): return Conv1DForm.configuration(usual, mostInputs: mostInputs)
        case .conv1DBlocks(let layout): return layout.configuration(ignored: ignored)
        }
    }
}
