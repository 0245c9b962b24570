/// A linear layer of a model, as the model's description names it.
///
/// What a checkpoint's tensors are for is known where models are described; here nothing is guessed from names.
package struct LinearModule: Sendable, Hashable {
    /// The module's name: its weight is `name.weight`.
    package let name: String
    package let outputs: Int
    package let inputs: Int
    /// Whether a plain weight is stored inputs by outputs (transformers' `Conv1D`).
    package let transposed: Bool
    /// The modules that are given the same inputs, this one among them, in byte order: their weights can share a basis.
    package let stack: [String]
    /// Where it is in the model, as far as there is a word for it.
    package let places: Set<ModulePlace>

    /// Whether it is inside a decoder layer, and is compressed unless a spec says otherwise.
    package var isInLayers: Bool { places.isDisjoint(with: [.embeddings, .head]) }

    /// Describes a module; one that shares its inputs with no other needs no stack.
    package init(
        name: String, outputs: Int, inputs: Int, transposed: Bool = false, stack: [String] = [],
        places: Set<ModulePlace> = []
    ) {
        self.places = places
        self.name = name
        self.outputs = outputs
        self.inputs = inputs
        self.transposed = transposed
        self.stack = Set(stack + [name]).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
