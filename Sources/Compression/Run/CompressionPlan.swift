import Checkpoint
import FoundationEssentials
import JSON
import Kernels

/// What one spec makes of each weight of a checkpoint, and how the whole of it is stored: known before any weight is read.
struct CompressionPlan {
    /// How one weight is compressed and stored.
    struct Task {
        let spec: Spec
        let compressor: any LayerCompressor
        let form: ModuleForm
        /// The tensors that are made of it, as they are stored.
        let layout: [StoredLayout]
    }

    let spec: Spec
    /// The weights that are compressed, in byte order of their names.
    private let layers: [LinearLayer]
    private let tasks: [String: Task]
    /// The kinds of weights there are.
    let groups: [StoredGroup]
    let inventory: WeightInventory
    /// Nil for what is not stored as a GGUF file.
    let file: GGUFPlan?

    /// Refuses a spec that does not fit the checkpoint.
    init(_ spec: Spec, of checkpoint: Checkpoint, _ modules: [LinearModule]) throws(CompressionError) {
        self.spec = spec
        let assignment = try spec.assignment(to: modules)
        let compressed = modules.filter { assignment.specs[$0.name] != nil }
        let layers = try CompressionRun.layers(checkpoint, compressed)
        self.layers = layers
        let (kept, _) = CompressionRun.kept(checkpoint, compressed)
        let file =
            try spec.format.blocks.map { (format) throws(CompressionError) in
                try GGUFPlan(checkpoint, spec, format, assignment, layers, kept)
            }
        self.file = file
        groups = Self.groups(layers, assignment.specs, conv1D: Set(modules.filter(\.transposed).map(\.name)))
        var tasks: [String: Task] = [:]
        for group in groups {
            let (spec, form) = (group.spec, group.form)
            let compressor: any LayerCompressor =
                spec.format.blocks.map { GGMLRounding($0, types: file?.types ?? [:]) } ?? spec.compressor
            for layer in group.layers {
                let layout = try compressor.layout(layer, spec) + spec.inputLayout(layer)
                tasks[layer.name] = Task(
                    spec: spec, compressor: compressor, form: form, layout: form.layout(layout, layer))
            }
        }
        self.tasks = tasks
        inventory = WeightInventory(checkpoint, modules, assignment)
    }

    /// Weights of one spec and one kind of module, in the order in which the first of each come.
    private static func groups(
        _ layers: [LinearLayer], _ specs: [String: Spec], conv1D: Set<String>
    ) -> [StoredGroup] {
        var groups: [StoredGroup] = []
        for layer in layers {
            guard let spec = specs[layer.name] else { continue }
            let isConv1D = conv1D.contains(layer.name)
            if let place = groups.firstIndex(where: { $0.isConv1D == isConv1D && $0.spec == spec }) {
                groups[place].layers.append(layer)
            } else {
                groups.append(StoredGroup(spec: spec, isConv1D: isConv1D, layers: [layer]))
            }
        }
        return groups
    }

    /// How a module's weight is compressed; nil for one that stays as it is.
    func task(of module: String) -> Task? { tasks[module] }

    /// Whether a tensor is a weight that is compressed.
    func compresses(_ tensor: Tensor) -> Bool {
        let suffix = ".weight"
        return tensor.info.name.hasSuffix(suffix) && tasks[String(tensor.info.name.dropLast(suffix.count))] != nil
    }

    /// The modules whose weights are compressed.
    var compressed: Set<String> { Set(tasks.keys) }

    /// Creates what the compressed checkpoint is written to; `others` are the tensors that stay as they are.
    func output(in directory: URL, others: [Tensor]) throws(CompressionError) -> any CompressedOutput {
        if let file { return try GGUFOutput(spec, file, inventory, directory: directory, kept: others) }
        return try DirectoryOutput(
            self, directory: directory,
            modules: layers.map { ($0.name, tasks[$0.name]?.layout ?? []) }, kept: others)
    }
}
