import JSON
import Kernels

/// What the keys of a line say, before they are put together.
struct SpecDraft {
    var method: Method?
    var bits: Int?
    /// A format that was given by name.
    var format: NumberFormat?
    var levels: Int?
    var vector: Int?
    var group: Spec.Group?
    var symmetric: Bool?
    var targets: Targets?
    var scales: ScaleType?
    var activationNumbers: ActivationQuantization.Numbers?
    var activationScale: ActivationQuantization.Scale?
    var options = Spec.Options()
    /// What stands under the key `modules`.
    var modules: JSONValue?
    /// The line itself, from which modules' specs may differ.
    private let line: JSONObject

    /// Reads the members of a line, whose keys are known.
    init(_ object: JSONObject) throws(CompressionError) {
        line = object
        for key in SpecKey.all {
            guard let json = object[key.name] else { continue }
            try key.read(SpecValue(key: key.name, json: json), &self)
        }
    }

    /// The spec, if it makes sense.
    func spec() throws(CompressionError) -> Spec {
        guard let method else { throw .missingKey(SpecKey.method.name, allowed: SpecKey.method.allowed) }
        var options = options
        options.activations = try activations()
        let format = try numberFormat(of: method)
        let parts = try modules.map { (value) throws(CompressionError) in try ModulePart.read(value, of: line) }
        return try Spec(
            method: method, format: format, group: group, symmetric: symmetric ?? method.usualSymmetry,
            targets: targets ?? .layers, scales: scales, options: options, parts: parts ?? [])
    }

    /// What weights become: `bits` of an integer, a format by its name, or levels.
    private func numberFormat(of method: Method) throws(CompressionError) -> NumberFormat {
        if method.formats.findsLevels, format == nil { return try foundLevels() }
        for (key, value) in [(SpecKey.levels, levels), (.vector, vector)] {
            if let value, !method.keys.contains(key) { throw key.refusal("\(value)", by: method) }
        }
        guard let format else {
            if let bits { return .integer(bits: bits) }
            guard method.formats.keepsStored else {
                throw .missingKey(SpecKey.bits.name, allowed: SpecKey.bits.allowed)
            }
            return .stored
        }
        if let bits, Double(bits) != format.nominalBits {
            throw SpecKey.bits.refusal(
                "\(bits)", allowed: "left out: \(format.name ?? "it") has \(format.nominalBits) by itself")
        }
        return format
    }

    private func activations() throws(CompressionError) -> ActivationQuantization? {
        if let activationNumbers {
            return ActivationQuantization(activationNumbers, scale: activationScale ?? .token)
        }
        guard activationScale == nil else {
            throw .missingKey(
                SpecKey.activations.name, allowed: "given where activation_scale is: " + ActivationQuantization.allowed)
        }
        return nil
    }
}
