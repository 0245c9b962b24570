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

    package init(name: String, weights: Int, weightError: Double, outputError: Double?) {
        (self.name, self.weights, self.weightError, self.outputError) = (name, weights, weightError, outputError)
    }

    /// `{"name", "weights", "weight_error", "output_error"}`.
    package var json: JSONValue {
        [
            "name": .string(name), "weights": .integer(weights), "weight_error": .number(weightError),
            "output_error": .number(orNull: outputError),
        ]
    }

    /// Reads the object back; nil if it is none.
    package init?(_ json: JSONValue) {
        guard let object = json.object, let name = object["name"]?.string, let weights = object["weights"]?.int,
            let weightError = object["weight_error"]?.double, let outputError = object["output_error"],
            outputError == .null || outputError.double != nil
        else { return nil }
        self.init(name: name, weights: weights, weightError: weightError, outputError: outputError.double)
    }
}

extension LayerDistortion {
    /// How much its errors count for, o²/(1 − o²)²; nil where no token came to it.
    ///
    /// What is rounded to the mean of what goes there, or projected, has its error orthogonal to what is left, and that has
    /// the share 1 − o² of the energy: noise over signal is o²/(1 − o²). That large errors count for more than that was
    /// measured. Where less than a quarter is left, a quarter counts.
    package var distortion: Double? {
        outputError.map { error in
            let left = max(0.25, 1 - error)
            return error / (left * left)
        }
    }
}

extension [LayerDistortion] {
    /// ō, the mean over the layers that saw text; nil where none did.
    package var distortion: Double? { mean(\.distortion) }

    /// The mean of o² over them: as much where errors are small, as a probe's are.
    package var meanOutputError: Double? { mean(\.outputError) }

    private func mean(_ value: (LayerDistortion) -> Double?) -> Double? {
        let known = compactMap(value)
        return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }
}
