import Checkpoint
package import Compression
package import Kernels

/// A linear layer with its weight at hand.
struct BoundLinear: Sendable {
    let weight: any WeightMatrix
    let bias: [Float]?
    /// How its inputs are rounded, if they are.
    let rounding: ActivationQuantizer?
    /// The scale of a packed ternary weight.
    var ternaryScale: Float?
    /// The weight packed, where the rows of its inputs come a few at a time.
    private(set) var prepacked: PrepackedWeight?

    /// Packs the weight; from now on products run on the thread that asks for them.
    mutating func prepack() { prepacked = PrepackedWeight(weight, bias: rounding == .bitNetCodes ? nil : bias) }

    /// out = x·Wᵀ + b; x must be rounded already where the linear layer wants that, and `divisors` are what that returned.
    ///
    /// With a ternary scale s and divisors v: out = (x·Wᵀ)/(s·v) + b; without: (x·Wᵀ + b)·s, as transformers has it.
    func apply(_ x: MatrixView, divisors: [Float]? = nil, into out: MatrixView) {
        if let prepacked {
            prepacked.multiply(x, into: out)
        } else {
            multiply(x, weight, bias: divisors == nil ? bias : nil, into: out)
        }
        guard let ternaryScale else { return }
        guard let divisors else {
            return forEachRow(of: out) { row in for index in row.indices { row[index] *= ternaryScale } }
        }
        Parallel.forEach(out.rows) { index in
            let (row, divisor) = (out.row(index), ternaryScale * divisors[index])
            for column in 0..<out.columns { row[column] /= divisor }
            for (column, bias) in (bias ?? []).enumerated() { row[column] += bias }
        }
    }
}

/// A norm with its parameters at hand.
struct BoundNorm: Sendable {
    let kind: NormDescription.Kind
    let epsilon: Float
    let weight: [Float]?
    let bias: [Float]?

    /// Normalizes the rows of x; `out` may be x.
    func apply(_ x: MatrixView, into out: MatrixView) {
        switch kind {
        case .layer: layerNorm(x, weight: weight, bias: bias, epsilon: epsilon, into: out)
        case .rootMeanSquare: rmsNorm(x, weight: weight, epsilon: epsilon, into: out)
        }
    }

    /// Normalizes each head by itself.
    func apply(perHead heads: HeadLayout) {
        switch kind {
        case .layer: layerNorm(heads, weight: weight, bias: bias, epsilon: epsilon)
        case .rootMeanSquare: rmsNorm(heads, weight: weight, epsilon: epsilon)
        }
    }
}

extension WeightStore {
    /// The weight of a linear layer, outputs by inputs.
    package func weight(of linear: LinearDescription) throws(LanguageModelError) -> any WeightMatrix {
        try WeightBinding(store: self).matrix(
            linear.module, rows: linear.outputs, columns: linear.inputs, transposed: linear.transposed,
            stack: linear.stack)
    }
}

/// Finds the tensors of a description in a checkpoint and checks their shapes.
struct WeightBinding {
    let store: WeightStore
    /// Weights that take the place of stored ones, by module.
    var replacements: [String: any WeightMatrix] = [:]

    func linear(_ description: LinearDescription) throws(LanguageModelError) -> BoundLinear {
        let (rows, columns) = (description.outputs, description.inputs)
        let weight: any WeightMatrix
        switch description.bitLinear {
        case .packed: weight = try packedTernary(description.module, rows: rows, columns: columns)
        case .full: weight = TernaryMatrix(try matrix(description.module, rows: rows, columns: columns))
        case nil:
            weight = try matrix(
                description.module, rows: rows, columns: columns, transposed: description.transposed,
                stack: description.stack)
        }
        return BoundLinear(
            weight: weight,
            bias: description.bias ? try vector(description.module + ".bias", count: description.outputs) : nil,
            rounding: try rounding(description), ternaryScale: try ternaryScale(description))
    }

    private func ternaryScale(_ description: LinearDescription) throws(LanguageModelError) -> Float? {
        guard case .packed = description.bitLinear else { return nil }
        return try vector(description.module + ".weight_scale", count: 1)[0]
    }

    private func rounding(_ description: LinearDescription) throws(LanguageModelError) -> ActivationQuantizer? {
        switch description.bitLinear {
        case .full, .packed(scaleDivides: false): return .bitNet
        case .packed(scaleDivides: true): return .bitNetCodes
        case nil: break
        }
        do { return try store.activationQuantizer(of: description.module) } catch { throw .compression(error) }
    }

    /// Refuses rounded inputs where they are not computed: those of linear layers outside layers.
    func refuseRounding(_ module: String) throws(LanguageModelError) {
        let rounding: ActivationQuantizer?
        do { rounding = try store.activationQuantizer(of: module) } catch { throw .compression(error) }
        if rounding != nil {
            throw .unsupported(
                key: "quantization_config", found: "rounded inputs of '\(module)'",
                supported: "those of linear layers in decoder layers"
            )
        }
    }

    private func packedTernary(
        _ module: String, rows: Int, columns: Int
    ) throws(LanguageModelError) -> any WeightMatrix {
        let name = module + ".weight"
        guard let tensor = store.checkpoint.tensors[name] else { throw .missingTensor(name) }
        // A linear layer whose rows do not fill their bytes is not read by transformers either.
        let stored = [rows / 4, columns]
        guard rows.isMultiple(of: 4), tensor.info.type == .uint8, tensor.info.shape == stored else {
            throw .wrongShape(tensor: name, found: tensor.info.shape, expected: stored)
        }
        return PackedTernaryMatrix(tensor)
    }

    func norm(_ description: NormDescription?) throws(LanguageModelError) -> BoundNorm? {
        guard let description else { return nil }
        let weight = try description.module.map { (module) throws(LanguageModelError) in
            try vector(module + ".weight", count: description.width).map { $0 + description.weightOffset }
        }
        let bias =
            description.bias
            ? try description.module.map { (module) throws(LanguageModelError) in
                try vector(module + ".bias", count: description.width)
            } : nil
        return BoundNorm(kind: description.kind, epsilon: description.epsilon, weight: weight, bias: bias)
    }

    /// The norm of queries or keys; the weights of one that is stored in parts follow each other.
    func norm(_ description: HeadNorm?) throws(LanguageModelError) -> BoundNorm? {
        guard let description else { return nil }
        var parts: [BoundNorm] = []
        for stored in description.stored {
            if let part = try norm(stored) { parts.append(part) }
        }
        func joined(_ values: [[Float]?]) -> [Float]? {
            let present = values.compactMap(\.self)
            return present.isEmpty ? nil : present.flatMap(\.self)
        }
        return BoundNorm(
            kind: description.norm.kind, epsilon: description.norm.epsilon, weight: joined(parts.map(\.weight)),
            bias: joined(parts.map(\.bias)))
    }

    /// A tensor of parameters that is a vector.
    func vector(_ tensor: ParameterTensor) throws(LanguageModelError) -> [Float] {
        try vector(tensor.name, count: tensor.count)
    }

    /// The activation of an MLP, with its parameters where it has some.
    func activation(_ mlp: MLPDescription) throws(LanguageModelError) -> ActivationFunction {
        guard case .learned(var function) = mlp.activation else { return mlp.activation }
        function.parameters = try function.kind.tensors.map { (name) throws(LanguageModelError) in
            try vector("\(mlp.activationModule).\(name)", count: 1)[0]
        }
        return .learned(function)
    }

    /// The weight of a module, rows outputs by columns inputs.
    func matrix(
        _ module: String, rows: Int, columns: Int, transposed: Bool = false, stack: [String] = []
    ) throws(LanguageModelError) -> any WeightMatrix {
        let found = try current(module, transposed, stack)
        guard found.rows == rows, found.columns == columns else {
            let shapes = [[found.rows, found.columns], [rows, columns]].map { transposed ? $0.reversed() : $0 }
            throw .wrongShape(tensor: module + ".weight", found: shapes[0], expected: shapes[1])
        }
        return found
    }

    private func current(
        _ module: String, _ transposed: Bool, _ stack: [String]
    ) throws(LanguageModelError) -> any WeightMatrix {
        if let replacement = replacements[module] { return replacement }
        do { return try store.matrix(module, transposed: transposed, stack: stack) } catch { throw .compression(error) }
    }

    private func vector(_ name: String, count: Int) throws(LanguageModelError) -> [Float] {
        let values: [Float]
        do { values = try store.vector(name) } catch { throw .compression(error) }
        guard values.count == count else { throw .wrongShape(tensor: name, found: [values.count], expected: [count]) }
        return values
    }
}
