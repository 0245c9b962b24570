import Checkpoint
import JSON
import Kernels

/// Modules in several layouts: `parts`, each with its `modules` by name and the `quantization_config` that would be a
/// checkpoint's of these alone.
struct MixedLayout: QidLayout {
    static let format: String? = "mixed"

    /// Modules of one layout.
    private struct Part: Sendable {
        let layout: any StorageLayout
        let inputs: InputActivations?
    }

    private let parts: [Part]
    /// The part of each module.
    private let places: [String: Int]

    static func configuration(
        _ parts: [(modules: [String], configuration: JSONObject)], ignored: [String]
    ) -> JSONObject {
        let parts = parts.map { part in
            JSONValue.object(
                JSONObject([
                    .init(key: "modules", value: .array(part.modules.map { .string($0) })),
                    .init(key: "quantization_config", value: .object(part.configuration)),
                ]))
        }
        return configuration(JSONObject([.init(key: "parts", value: .array(parts))]), ignored: ignored)
    }

    init(_ object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError) {
        guard let given = object["parts"]?.array, !given.isEmpty else {
            throw reading.invalid("\(reading.section).parts", object["parts"], "a list of some parts")
        }
        var (parts, places): ([Part], [String: Int]) = ([], [:])
        for (index, part) in given.enumerated() {
            let reading = reading.inside("parts[\(index)]")
            let object = try reading.object(part, reading.section)
            for name in try Self.modules(object, reading) {
                guard places[name] == nil else {
                    throw reading.invalid("\(reading.section).modules", .string(name), "a module of no other part")
                }
                places[name] = index
            }
            let inner = reading.inside("quantization_config")
            let configuration = try inner.object(object["quantization_config"], inner.section)
            guard configuration["format"]?.string != Self.format else {
                throw inner.invalid("\(inner.section).format", configuration["format"], "a format that holds no others")
            }
            parts.append(
                Part(
                    layout: try StorageLayouts.layout(configuration, inner),
                    inputs: try InputActivations(
                        configuration["input_activations"], "\(inner.section).input_activations", inner)))
        }
        (self.parts, self.places) = (parts, places)
    }

    private static func modules(
        _ object: JSONObject, _ reading: ConfigurationReading
    ) throws(CompressionError) -> [String] {
        let names = object["modules"]?.array?.map(\.string) ?? []
        let known = names.compactMap(\.self)
        guard !names.isEmpty, known.count == names.count else {
            throw reading.invalid("\(reading.section).modules", object["modules"], "a list of names")
        }
        return known
    }

    var scheme: String {
        var words: [String] = []
        for part in parts where !words.contains(part.layout.scheme) { words.append(part.layout.scheme) }
        return words.joined(separator: "+")
    }

    private func part(of module: String) -> Part? { places[module].map { parts[$0] } }

    func holds(_ module: ModuleTensors) -> Bool { part(of: module.name)?.layout.holds(module) ?? false }

    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix {
        guard let part = part(of: module.name) else { preconditionFailure("a module that is held is of a part") }
        return try part.layout.matrix(module)
    }

    func inputs(of module: String, common: InputActivations?) -> InputActivations? {
        part(of: module).flatMap { $0.layout.inputs(of: module, common: $0.inputs) }
    }
}
