package import JSON

/// What compression did to the weight of one linear layer, relative to what was there.
///
/// W and ΔW are in the coordinates of the uncompressed model: factors that a method moved between channels are undone.
package struct LayerDistortion: Sendable, Equatable {
    /// The module's name.
    package let name: String
    /// How many weights it has.
    package let weights: Int
    /// t² = ‖ΔW‖²/‖W‖².
    package let weightError: Double
    /// o² = tr(ΔW·H·ΔWᵀ)/tr(W·H·Wᵀ), H = E[xxᵀ] of its inputs in the uncompressed model; nil where no token of the text
    /// came to it, as to an expert that none chose.
    package let outputError: Double?
    /// E ‖n(x′) − n(x)‖²/‖n(x)‖² where a sublayer ends with this layer, n(x) being what is read behind it, under the next
    /// norm, and x′ the same with the sublayer compressed, its inputs, keys and values rounded where the spec rounds them;
    /// nil of layers inside one.
    package var readError: Double?

    package init(
        name: String, weights: Int, weightError: Double, outputError: Double?, readError: Double? = nil
    ) {
        (self.name, self.weights, self.weightError, self.outputError) = (name, weights, weightError, outputError)
        self.readError = readError
    }

    /// `{"name", "weights", "weight_error", "output_error", "read_error"}`.
    package var json: JSONValue {
        [
            "name": .string(name), "weights": .integer(weights), "weight_error": .number(weightError),
            "output_error": .number(orNull: outputError), "read_error": .number(orNull: readError),
        ]
    }

    /// Reads the object back; nil if it is none.
    package init?(_ json: JSONValue) {
        guard let object = json.object, let name = object["name"]?.string, let weights = object["weights"]?.int,
            let weightError = object["weight_error"]?.double, let outputError = object["output_error"],
            outputError == .null || outputError.double != nil
        else { return nil }
        self.init(
            name: name, weights: weights, weightError: weightError, outputError: outputError.double,
            readError: object["read_error"]?.double)
    }
}

/// ō = ē·(1 + 1.8·√Σe²), of the errors e of what is read behind each sublayer; 0 of none.
///
/// Where the stream was moved before, a further error costs more; by how much the norm of all errors tells, in models of 4 to 60
/// sublayers alike. The one constant is fitted: see the page on laws.
package func distortion(ofReadErrors errors: [Double]) -> Double {
    let sum = errors.reduce(0, +)
    let norm = errors.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return sum / Double(max(1, errors.count)) * (1 + 1.8 * norm)
}

extension [LayerDistortion] {
    /// The errors of what is read behind each sublayer, in the order of the model.
    package var readErrors: [Double] { compactMap(\.readError) }

    /// ō of these; nil where they were not measured.
    package var distortion: Double? { readErrors.isEmpty ? nil : Compression.distortion(ofReadErrors: readErrors) }

    /// The mean of o² over the layers that saw text; nil where none did.
    package var meanOutputError: Double? {
        let known = compactMap(\.outputError)
        return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }
}
