package import JSON
import Kernels

extension Spec {
    /// Reads one spec: `method` and `bits` (or `format`) are needed, the rest has defaults.
    package init(json object: JSONObject) throws(CompressionError) {
        self = try SpecDraft(Self.normalized(object)).spec()
    }

    /// All specs of a manifest line such as `{method: rtn, bits: [4, 3, 2], group: 16, symmetric: false}`: a list at
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

    /// The spec that command-line options spell: `--method rtn --bits 4 --group 128` are `("method", "rtn")` and so on.
    package init(options: [(key: String, value: String)]) throws(CompressionError) {
        var object = JSONObject()
        for (key, value) in options { object[key] = JSONValue(option: value) }
        try self.init(json: object)
    }

    /// The members with `-` in their names written `_`, as command-line users may have it.
    static func normalized(_ object: JSONObject) throws(CompressionError) -> JSONObject {
        let known = SpecKey.all.map(\.name)
        var result = JSONObject()
        for member in object.members {
            let key = String(member.key.map { $0 == "-" ? "_" : $0 })
            guard known.contains(key) else { throw .unknownKey(member.key, allowed: known) }
            guard result[key] == nil else { throw .repeatedKey(member.key) }
            result[key] = member.value
        }
        return result
    }
}
