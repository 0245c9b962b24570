package import JSON
import Kernels

extension Spec {
    static let groupSizes = 2...65_536
    static let allowedGroups = "'channel' or a whole number from 2 to 65536 (128, 64, 32, 16 are usual)"

    /// The keys of a spec in the order in which messages list them.
    enum Key: String, CaseIterable {
        case method, bits, format, levels, vector, group, symmetric
        case actOrder = "act_order"
        case sparse, rank, activations
        case activationScale = "activation_scale"
        case scaleSearch = "scale_search"
        case sharedTable = "shared_table"
        case powersOfTwo = "powers_of_two"
        case clip
        case targets, scales
    }

    /// Reads one recipe: `method` and `bits` (or `format`) are needed, the rest has defaults.
    package init(json object: JSONObject) throws(CompressionError) {
        let members = SpecMembers(try Self.normalized(object))
        guard let method = try members.word(.method, Method.self) else {
            throw .missingKey("method", allowed: SpecMembers.allowed(Method.self))
        }
        let symmetric = try members.flag(.symmetric)
        try self.init(
            method: method, format: members.format(of: method), group: members.group(), symmetric: symmetric ?? true,
            targets: members.word(.targets, Targets.self) ?? .layers, scales: members.word(.scales, ScaleType.self),
            options: Options(
                actOrder: members.flag(.actOrder) ?? false,
                sparsity: try members[.sparse].map { (value) throws(CompressionError) in try Sparsity(value) },
                rank: try members[.rank].map { (value) throws(CompressionError) in try Rank(value) },
                activations: members.activations(), scaleSearch: members.flag(.scaleSearch) ?? false,
                sharedTable: members.flag(.sharedTable) ?? false, powersOfTwo: members.flag(.powersOfTwo) ?? false,
                clip: members.flag(.clip)))
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

    /// The recipe that command-line options spell: `--method rtn --bits 4 --group 128` are `("method", "rtn")` and so on.
    package init(options: [(key: String, value: String)]) throws(CompressionError) {
        var object = JSONObject()
        for (key, value) in options {
            let number: JSONValue? = Int(value).map { .integer($0) } ?? Double(value).map { .number($0) }
            object[key] = number ?? Bool(value).map { .bool($0) } ?? .string(value)
        }
        try self.init(json: object)
    }

    /// The members with `-` in their names written `_`, as command-line users may have it.
    private static func normalized(_ object: JSONObject) throws(CompressionError) -> JSONObject {
        var result = JSONObject()
        for member in object.members {
            let key = String(member.key.map { $0 == "-" ? "_" : $0 })
            guard Key(rawValue: key) != nil else {
                throw .unknownKey(member.key, allowed: Key.allCases.map(\.rawValue))
            }
            guard result[key] == nil else { throw .repeatedKey(member.key) }
            result[key] = member.value
        }
        return result
    }
}

/// The members of a spec's JSON object, read by what they must be.
private struct SpecMembers {
    let object: JSONObject

    init(_ object: JSONObject) { self.object = object }

    subscript(key: Spec.Key) -> JSONValue? { object[key.rawValue] }

    /// What weights become: `bits` of a whole number, or a format by its name.
    func format(of method: Spec.Method) throws(CompressionError) -> NumberFormat {
        let width = try whole(.bits)
        if method == .codebook { return try levels(bits: width) }
        for key in [Spec.Key.levels, .vector] {
            guard let value = self[key] else { continue }
            throw .invalidValue(
                key: key.rawValue, value: value.canonicalText,
                allowed: "left out for \(method.rawValue); it is for \(Spec.Method.codebook.rawValue)")
        }
        guard let name = try text(.format, allowed: Self.allowedFormats) else {
            guard let width else {
                if method.formats.contains(.stored) { return .stored }
                throw .missingKey("bits", allowed: "a whole number")
            }
            return .integer(bits: width)
        }
        guard let format = NumberFormat.named.first(where: { $0.name == name }) else {
            throw .invalidValue(key: "format", value: "'\(name)'", allowed: Self.allowedFormats)
        }
        if let width, Double(width) != format.nominalBits {
            throw .invalidValue(
                key: "bits", value: "\(width)", allowed: "left out: \(name) has \(format.nominalBits) by itself")
        }
        return format
    }

    /// A codebook's levels: as many as `levels` says, or 2^(bits·vector).
    private func levels(bits: Int?) throws(CompressionError) -> NumberFormat {
        if let format = self[.format] {
            throw .invalidValue(
                key: "format", value: format.canonicalText, allowed: "left out for codebook, and levels or bits given")
        }
        let vector = try whole(.vector) ?? 1
        guard NumberFormat.vectors.contains(vector) else {
            throw .invalidValue(key: "vector", value: "\(vector)", allowed: "a whole number from 1 to 16")
        }
        guard let bits else {
            guard let levels = try whole(.levels) else {
                throw .missingKey("levels", allowed: "a whole number from 2 to 256, or bits given instead")
            }
            return .levels(levels, vector: vector)
        }
        guard self[.levels] == nil else {
            throw .invalidValue(key: "bits", value: "\(bits)", allowed: "left out where levels are given")
        }
        guard bits >= 1, bits <= 8 / vector else {
            throw .invalidValue(
                key: "bits", value: "\(bits)",
                allowed: vector > 8
                    ? "left out for vectors of \(vector), and levels given"
                    : "a whole number from 1 to \(8 / vector) for vectors of \(vector)")
        }
        return .levels(1 << (bits * vector), vector: vector)
    }

    private static let allowedFormats = "one of " + NumberFormat.named.compactMap(\.name).joined(separator: ", ")

    /// How inputs are rounded.
    func activations() throws(CompressionError) -> ActivationRounding? {
        let scale = try word(.activationScale, ActivationRounding.Scale.self)
        guard let bits = try whole(.activations) else {
            guard scale == nil else {
                throw .missingKey(
                    "activations", allowed: "given where activation_scale is: " + ActivationRounding.allowed)
            }
            return nil
        }
        guard ActivationRounding.widths.contains(bits) else {
            throw .invalidValue(key: "activations", value: "\(bits)", allowed: ActivationRounding.allowed)
        }
        return ActivationRounding(bits: bits, scale: scale ?? .token)
    }

    func group() throws(CompressionError) -> Spec.Group? {
        guard let value = self[.group] else { return nil }
        if value.string == "channel" { return .channel }
        guard let size = value.int else {
            throw .invalidValue(key: "group", value: value.canonicalText, allowed: Spec.allowedGroups)
        }
        return .size(size)
    }

    /// One of an enumeration's words.
    func word<Word: RawRepresentable & CaseIterable>(
        _ key: Spec.Key, _: Word.Type
    ) throws(CompressionError) -> Word? where Word.RawValue == String {
        let allowed = Self.allowed(Word.self)
        guard let name = try text(key, allowed: allowed) else { return nil }
        guard let word = Word(rawValue: name) else {
            throw .invalidValue(key: key.rawValue, value: "'\(name)'", allowed: allowed)
        }
        return word
    }

    static func allowed<Word: RawRepresentable & CaseIterable>(_: Word.Type) -> String where Word.RawValue == String {
        "one of " + Word.allCases.map(\.rawValue).joined(separator: ", ")
    }

    func whole(_ key: Spec.Key) throws(CompressionError) -> Int? {
        guard let value = self[key] else { return nil }
        guard let whole = value.int else {
            throw .invalidValue(key: key.rawValue, value: value.canonicalText, allowed: "a whole number")
        }
        return whole
    }

    func flag(_ key: Spec.Key) throws(CompressionError) -> Bool? {
        guard let value = self[key] else { return nil }
        guard let flag = value.bool else {
            throw .invalidValue(key: key.rawValue, value: value.canonicalText, allowed: "true or false")
        }
        return flag
    }

    private func text(_ key: Spec.Key, allowed: String) throws(CompressionError) -> String? {
        guard let value = self[key] else { return nil }
        guard let text = value.string else {
            throw .invalidValue(key: key.rawValue, value: value.canonicalText, allowed: allowed)
        }
        return text
    }
}
