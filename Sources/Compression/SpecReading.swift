package import JSON

extension Spec {
    static let groupSizes = 2...65_536
    static let allowedGroups = "'channel' or a whole number from 2 to 65536 (128, 64, 32, 16 are usual)"
    private static let allowedMethods = "one of " + Method.allCases.map(\.rawValue).joined(separator: ", ")
    private static let allowedTargets = "one of " + Targets.allCases.map(\.rawValue).joined(separator: ", ")
    private static let allowedScales = "one of " + ScaleType.allCases.map(\.rawValue).joined(separator: ", ")
    private static let keys = ["method", "bits", "group", "symmetric", "act_order", "targets", "scales"]

    /// Reads one recipe: `method` and `bits` are needed, `group` is `channel` and `symmetric` true unless given.
    package init(json object: JSONObject) throws(CompressionError) {
        let object = try Self.normalized(object)
        let methodName = try Self.text(object, "method", allowed: Self.allowedMethods)
        guard let method = Method(rawValue: methodName) else {
            throw .invalidValue(key: "method", value: "'\(methodName)'", allowed: Self.allowedMethods)
        }
        guard let bits = object["bits"] else { throw .missingKey("bits", allowed: "a whole number") }
        guard let width = bits.int else {
            throw .invalidValue(key: "bits", value: bits.canonicalText, allowed: "a whole number")
        }
        let targets = try Self.text(object, "targets", allowed: Self.allowedTargets, default: Targets.layers.rawValue)
        guard let targets = Targets(rawValue: targets) else {
            throw .invalidValue(key: "targets", value: "'\(targets)'", allowed: Self.allowedTargets)
        }
        var scales: ScaleType?
        if object["scales"] != nil {
            let name = try Self.text(object, "scales", allowed: Self.allowedScales)
            scales = ScaleType(rawValue: name)
            guard scales != nil else {
                throw .invalidValue(key: "scales", value: "'\(name)'", allowed: Self.allowedScales)
            }
        }
        try self.init(
            method: method, bits: width, group: Self.group(object["group"]),
            symmetric: Self.flag(object, "symmetric", default: true),
            actOrder: Self.flag(object, "act_order", default: false), targets: targets, scales: scales)
    }

    /// All recipes of a manifest line such as `{method: rtn, bits: [4, 3, 2], group: 16, symmetric: false}`: a list at
    /// any key stands for each of its elements; the first key given varies slowest.
    package static func expand(line: JSONObject) throws(CompressionError) -> [Spec] {
        let line = try normalized(line)
        var choices: [JSONObject] = [JSONObject()]
        for member in line.members {
            let values = member.value.array ?? [member.value]
            guard !values.isEmpty else {
                throw .invalidValue(key: member.key, value: "an empty list", allowed: "a value or a list of some")
            }
            choices = choices.flatMap { choice in
                values.map { value in
                    var next = choice
                    next[member.key] = value
                    return next
                }
            }
            guard choices.count <= expansionLimit else {
                throw .invalidValue(
                    key: member.key, value: "\(values.count) values",
                    allowed: "few enough for \(expansionLimit) specs a line")
            }
        }
        var specs: [Spec] = []
        for choice in choices {
            let spec = try Spec(json: choice)
            if !specs.contains(spec) { specs.append(spec) }
        }
        return specs
    }

    private static let expansionLimit = 4096

    /// The recipe that command-line options spell: `--method rtn --bits 4 --group 128 --asymmetric`.
    package init(
        method: String, bits: Int, group: String? = nil, asymmetric: Bool = false, actOrder: Bool = false
    ) throws(CompressionError) {
        var object = JSONObject()
        object["method"] = .string(method)
        object["bits"] = .integer(bits)
        if let group { object["group"] = Int(group).map { .integer($0) } ?? .string(group) }
        object["symmetric"] = .bool(!asymmetric)
        if actOrder { object["act_order"] = true }
        try self.init(json: object)
    }

    /// The members with `-` in their names written `_`, as command-line users may have it.
    private static func normalized(_ object: JSONObject) throws(CompressionError) -> JSONObject {
        var result = JSONObject()
        for member in object.members {
            let key = String(member.key.map { $0 == "-" ? "_" : $0 })
            guard keys.contains(key) else { throw .unknownKey(member.key, allowed: keys) }
            guard result[key] == nil else { throw .repeatedKey(member.key) }
            result[key] = member.value
        }
        return result
    }

    private static func text(
        _ object: JSONObject, _ key: String, allowed: String, default fallback: String? = nil
    ) throws(CompressionError) -> String {
        guard let value = object[key] else {
            if let fallback { return fallback }
            throw .missingKey(key, allowed: allowed)
        }
        guard let text = value.string else {
            throw .invalidValue(key: key, value: value.canonicalText, allowed: allowed)
        }
        return text
    }

    private static func flag(
        _ object: JSONObject, _ key: String, default fallback: Bool
    ) throws(CompressionError) -> Bool {
        guard let value = object[key] else { return fallback }
        guard let flag = value.bool else {
            throw .invalidValue(key: key, value: value.canonicalText, allowed: "true or false")
        }
        return flag
    }

    private static func group(_ value: JSONValue?) throws(CompressionError) -> Group {
        guard let value else { return .channel }
        if value.string == "channel" { return .channel }
        guard let size = value.int else {
            throw .invalidValue(key: "group", value: value.canonicalText, allowed: allowedGroups)
        }
        return .size(size)
    }
}
