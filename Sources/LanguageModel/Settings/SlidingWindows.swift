import JSON

extension FamilySettings {
    /// The sliding window of each layer: as `layer_types` says, else in the layers that `slides` picks.
    func slidingWindows(
        layerCount: Int, window: Int?, slides: (Int) -> Bool
    ) throws(LanguageModelError) -> [Int?] {
        guard let value = json["layer_types"], value != .null else {
            return (0..<layerCount).map { slides($0) ? window : nil }
        }
        let types = try layerTypes(value, layerCount: layerCount)
        var windows: [Int?] = []
        for type in types {
            switch type.string {
            case "full_attention": windows.append(nil)
            case "sliding_attention":
                guard let window else {
                    throw .setting(key: "sliding_window", found: "off", expected: "a size, as 'layer_types' slides")
                }
                windows.append(window)
            default:
                throw .unsupported(
                    key: "layer_types", found: type.canonicalText, supported: "full_attention, sliding_attention")
            }
        }
        return windows
    }

    /// Refuses `layer_types` that are not as many as layers, also where a family does not read them.
    func checkLayerTypes(layerCount: Int) throws(LanguageModelError) {
        if let value = json["layer_types"], value != .null { _ = try layerTypes(value, layerCount: layerCount) }
    }

    private func layerTypes(_ value: JSONValue, layerCount: Int) throws(LanguageModelError) -> [JSONValue] {
        guard let types = value.array, types.count == layerCount else {
            throw .setting(
                key: "layer_types", found: value.array.map { "\($0.count) entries" } ?? value.canonicalText,
                expected: "an array of 'num_hidden_layers' (\(layerCount)) entries")
        }
        return types
    }
}
