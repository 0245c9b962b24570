package import Compression

extension DecoderDescription {
    /// The linear layers inside decoder layers: what a spec compresses unless it says otherwise.
    package var linearModules: [LinearModule] {
        layers.enumerated().flatMap { index, layer in
            var places: Set<ModulePlace> = index == 0 ? [.firstLayer] : []
            if index == layers.count - 1 { places.insert(.lastLayer) }
            return layer.linearLayers.map { $0.linearModule(in: places) }
        }
    }

    /// All weights that a spec may compress: linear layers, token embeddings and head.
    package var compressibleModules: [LinearModule] {
        let isTied = head == embedding.module
        let table = LinearModule(
            name: embedding.module, outputs: vocabularySize, inputs: embedding.width,
            places: isTied ? [.embeddings, .head] : [.embeddings])
        let logits = LinearModule(
            name: head, outputs: vocabularySize, inputs: embedding.width, places: [.head])
        return linearModules + (isTied ? [table] : [table, logits])
    }

    /// Says of each linear layer which others are given the same inputs.
    func sharingInputs() -> DecoderDescription {
        var copy = self
        copy.layers = layers.map { layer in
            var layer = layer
            if case .separate(var query, var key, var value) = layer.attention.projections {
                let stack = [query, key, value].map(\.module).inByteOrder
                (query.stack, key.stack, value.stack) = (stack, stack, stack)
                layer.attention.projections = .separate(query: query, key: key, value: value)
            }
            layer.changeMLPs { mlp in
                guard let gate = mlp.gate else { return }
                let stack = [gate, mlp.up].map(\.module).inByteOrder
                mlp.gate?.stack = stack
                mlp.up.stack = stack
            }
            return layer
        }
        return copy
    }
}

extension LinearDescription {
    /// The same as those see it who compress.
    func linearModule(in places: Set<ModulePlace>) -> LinearModule {
        LinearModule(
            name: module, outputs: outputs, inputs: inputs, transposed: transposed, stack: stack, places: places)
    }
}

extension [String] {
    fileprivate var inByteOrder: [String] { sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}
