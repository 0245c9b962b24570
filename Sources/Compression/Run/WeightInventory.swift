import Checkpoint
import JSON

/// What a model's weights are, part by part, for counting the bits that each takes.
struct WeightInventory {
    /// Some weights of one spec.
    struct Part {
        /// The selector, or what is left to the line.
        let name: String
        let spec: Spec?
        let modules: Set<String>
    }

    let parts: [Part]
    /// The modules of embedding and head.
    private let outer: Set<String>
    /// Weights by module.
    private let counts: [String: Int]
    /// Stored bits of those that stay as they are.
    private let plainBits: [String: Int]

    init(_ checkpoint: Checkpoint, _ modules: [LinearModule], _ assignment: ModuleAssignment) {
        outer = Set(modules.filter { !$0.isInLayers }.map(\.name))
        counts = Dictionary(modules.map { ($0.name, $0.outputs * $0.inputs) }) { first, _ in first }
        var bits: [String: Int] = [:]
        for module in modules where assignment.specs[module.name] == nil {
            bits[module.name] = 8 * (checkpoint.tensors[module.name + ".weight"]?.byteCount ?? 0)
        }
        plainBits = bits
        let names = Dictionary(grouping: modules) { module in
            assignment.selectors[module.name] ?? (module.isInLayers ? "" : nil)
        }
        parts = names.compactMap { name, modules in
            name.map { Part(name: $0, spec: assignment.specs[modules[0].name], modules: Set(modules.map(\.name))) }
        }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Stored bits per weight of linear layers inside decoder layers, given the bits of each compressed module.
    func bitsPerWeight(_ bits: [String: Int]) -> Double {
        bitsPerWeight(of: Set(counts.keys).subtracting(outer), bits) ?? 0
    }

    /// The same of the whole, with embeddings and head, and without.
    func shares(_ bits: [String: Int]) -> JSONValue {
        let all = Set(counts.keys)
        return [
            "all": .number(orNull: bitsPerWeight(of: all, bits)),
            "embeddings_and_head": .number(orNull: bitsPerWeight(of: outer, bits)),
            "layers": .number(orNull: bitsPerWeight(of: all.subtracting(outer), bits)),
        ]
    }

    /// The same of each part of the spec; what no selector is for comes first.
    func facts(_ bits: [String: Int]) -> JSONValue {
        .array(
            parts.map { part in
                [
                    "modules": .string(orNull: part.name.isEmpty ? nil : part.name),
                    "count": .integer(part.modules.count),
                    "spec": .string(part.spec?.name ?? ModulePart.unchanged),
                    "weights": .integer(part.modules.reduce(0) { $0 + (counts[$1] ?? 0) }),
                    "bits_per_weight": .number(orNull: bitsPerWeight(of: part.modules, bits)),
                ]
            })
    }

    private func bitsPerWeight(of modules: Set<String>, _ bits: [String: Int]) -> Double? {
        let weights = modules.reduce(0) { $0 + (counts[$1] ?? 0) }
        let stored = modules.reduce(0) { $0 + (bits[$1] ?? plainBits[$1] ?? 0) }
        return weights == 0 ? nil : Double(stored) / Double(weights)
    }
}
