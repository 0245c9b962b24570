import Kernels

/// What the layers of a model make of positions; nearly always the same for all.
struct PositionTables {
    private var rotary: [(description: RotaryDescription, table: RotaryTable)] = []
    private var biases: [(description: PositionBias, table: RowTable<Float>)] = []

    init(_ description: DecoderDescription, context: Int) {
        for attention in description.layers.map(\.attention) {
            if let rotary = attention.rotary, self[rotary] == nil, rotary.size > 0 {
                let table = RotaryTable(
                    positions: context, frequencies: rotary.frequencies(context: context).map { Double($0) },
                    magnitude: Double(rotary.amplitude), pairsNeighbors: rotary.pairsNeighbors)
                self.rotary.append((rotary, table))
            }
            if let bias = attention.positionBias, self[bias] == nil {
                biases.append((bias, bias.table(positions: context)))
            }
        }
    }

    subscript(description: RotaryDescription?) -> RotaryTable? {
        rotary.first { $0.description == description }?.table
    }

    subscript(description: PositionBias?) -> RowTable<Float>? {
        biases.first { $0.description == description }?.table
    }
}
