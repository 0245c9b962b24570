import Checkpoint
package import Compression
package import Kernels
package import LanguageModel

/// A layer of a checkpoint with factors moved between its channels: what it computes stays, its weights change.
package struct ScaledLayer {
    package let layer: LayerDescription
    private let store: WeightStore
    /// The factors that stand in weights now.
    package private(set) var factors = ChannelFactors()
    /// The tensors of norms and biases that changed, in values that their types hold.
    package private(set) var vectors: [String: [Float]] = [:]

    package init(_ layer: LayerDescription, _ store: WeightStore) {
        self.layer = layer
        self.store = store
    }

    /// The weight of a linear layer as it is now, outputs by inputs.
    package func weight(_ linear: LinearDescription) throws(LanguageModelError) -> any WeightMatrix {
        factors.applied(to: try store.weight(of: linear), of: linear.module)
    }

    /// What the inputs of a linear layer are divided by now; nil where they are as they were.
    package func divisors(_ linear: LinearDescription) -> [Float]? { factors.columns[linear.module] }

    /// Divides what makes a site's channels by a factor for each input of its linear layers, and multiplies the linear layers' columns.
    ///
    /// A norm's weight is stored in a type of its own. The columns are multiplied by what the rounded weight makes of
    /// the factor, so that only the rounding of a bias is left; a factor that the type cannot hold becomes 1.
    package mutating func scale(_ site: ScalingSite, by factors: [Float]) throws(LanguageModelError) {
        precondition(factors.count == site.channels.count)
        let factors = factors.map { $0.isNormal && $0 > 0 ? $0 : 1 }
        var taken = factors
        switch site.source {
        case .norm(let norm):
            guard let module = norm.module else { preconditionFailure("a norm without parameters is no site") }
            taken = try divide(module + ".weight", by: factors, offset: norm.weightOffset)
            if norm.bias { taken = try divideBias(of: norm, module, by: taken) }
        case .rows(let linear):
            var divisors = self.factors.rows[linear.module] ?? Array(repeating: 1, count: linear.outputs)
            for (input, row) in site.channels.enumerated() { divisors[row] = factors[input] }
            if linear.bias { try divideRows(linear.module + ".bias", by: divisors) }
            self.factors.rows[linear.module] = divisors
        }
        for linear in site.linearLayers { self.factors.columns[linear.module] = taken }
    }

    /// Changes a vector by adding to it.
    package mutating func add(_ terms: [Float], to name: String) throws(LanguageModelError) {
        let current = try vector(name)
        vectors[name] = try nearest(zip(current, terms).map { $0 + $1 }, name)
    }

    /// Divides a norm's weight, which is stored less an offset; gives the factors that its type can express.
    private mutating func divide(
        _ name: String, by factors: [Float], offset: Float
    ) throws(LanguageModelError) -> [Float] {
        let stored = try vector(name)
        let current = stored.map { $0 + offset }
        var divided = try nearest(zip(current, factors).map { $0 / $1 - offset }, name)
        var taken = factors
        for index in current.indices where current[index] != 0 {
            taken[index] = current[index] / (divided[index] + offset)
            if !(taken[index].isNormal && divided[index].isFinite) {
                taken[index] = 1
                divided[index] = stored[index]
            }
        }
        vectors[name] = divided
        return taken
    }

    /// Divides a norm's bias by the factors of its weight; where that is 0, the bias decides what the factor is.
    private mutating func divideBias(
        of norm: NormDescription, _ module: String, by factors: [Float]
    ) throws(LanguageModelError) -> [Float] {
        let name = module + ".bias"
        let current = try vector(name)
        let weight = try vector(module + ".weight").map { $0 + norm.weightOffset }
        var divided = try nearest(zip(current, factors).map { $0 / $1 }, name)
        var taken = factors
        for index in current.indices where weight[index] == 0 && current[index] != 0 {
            taken[index] = current[index] / divided[index]
            if !(taken[index].isNormal && divided[index].isFinite) {
                taken[index] = 1
                divided[index] = current[index]
            }
        }
        vectors[name] = divided
        return taken
    }

    private mutating func divideRows(_ name: String, by divisors: [Float]) throws(LanguageModelError) {
        let current = try vector(name)
        vectors[name] = try nearest(zip(current, divisors).map { $0 / $1 }, name)
    }

    private func vector(_ name: String) throws(LanguageModelError) -> [Float] {
        if let changed = vectors[name] { return changed }
        do { return try store.vector(name) } catch { throw .compression(error) }
    }

    private func nearest(_ values: [Float], _ name: String) throws(LanguageModelError) -> [Float] {
        guard let tensor = store.checkpoint.tensors[name] else { throw .missingTensor(name) }
        do { return try tensor.nearest(values) } catch { throw .compression(error) }
    }
}
