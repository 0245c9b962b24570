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
    /// norm, and x′ the same with the sublayer's weights compressed; nil of layers inside one.
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

extension LayerDistortion {
    /// How much e, the error of what is read, counts for: e/(1 − e)²; nil where no sublayer ends.
    ///
    /// What is read is normalized, so that e falls behind as the stream itself moves further. Where less than a quarter is
    /// left, a quarter counts.
    package var distortion: Double? {
        readError.map { error in
            let left = max(0.25, 1 - error)
            return error / (left * left)
        }
    }
}

extension [LayerDistortion] {
    /// ō, the mean over sublayers of what the movement of what is read behind them counts for; nil where that was not measured.
    package var distortion: Double? { mean(\.distortion) }

    /// The mean of o² over the layers that saw text; nil where none did.
    package var meanOutputError: Double? { mean(\.outputError) }

    private func mean(_ value: (LayerDistortion) -> Double?) -> Double? {
        let known = compactMap(value)
        return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }
}
