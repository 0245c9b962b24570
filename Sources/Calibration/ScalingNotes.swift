import Compression
import JSON
import LanguageModel

/// What could not be scaled or corrected, for `provenance.json`.
struct ScalingNotes {
    private var places: [(linearLayers: [String], reason: String, layers: Int)] = []
    private var biasless: [String] = []

    /// Counts a layer in which linear layers stay as they are.
    mutating func unscaled(_ linearLayers: [LinearDescription], in layer: LayerDescription, because reason: String) {
        let names = linearLayers.map { name($0, layer) }
        if let known = places.firstIndex(where: { $0.linearLayers == names && $0.reason == reason }) {
            places[known].layers += 1
        } else {
            places.append((names, reason, 1))
        }
    }

    mutating func uncorrected(_ linear: LinearDescription, in layer: LayerDescription) {
        let name = name(linear, layer)
        if !biasless.contains(name) { biasless.append(name) }
    }

    /// A linear layer's name inside its layer.
    private func name(_ linear: LinearDescription, _ layer: LayerDescription) -> String {
        linear.module.hasPrefix(layer.module + ".")
            ? String(linear.module.dropFirst(layer.module.count + 1)) : linear.module
    }

    var json: JSONObject {
        var object = JSONObject()
        object["unscaled"] = .array(
            places.map { place in
                [
                    "maps": .array(place.linearLayers.map { .string($0) }), "because": .string(place.reason),
                    "layers": .integer(place.layers),
                ]
            })
        if !biasless.isEmpty { object["without_bias"] = .array(biasless.sorted().map { .string($0) }) }
        return object
    }
}
