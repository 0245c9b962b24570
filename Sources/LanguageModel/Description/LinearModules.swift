package import Compression

extension DecoderDescription {
    /// The linear layers inside decoder layers: what a spec compresses.
    package var linearModules: [LinearModule] { layers.flatMap(\.linearLayers).map(\.linearModule) }

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
    package var linearModule: LinearModule {
        LinearModule(name: module, outputs: outputs, inputs: inputs, transposed: transposed, stack: stack)
    }
}

extension [String] {
    fileprivate var inByteOrder: [String] { sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}
