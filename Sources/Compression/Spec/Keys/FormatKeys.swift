import JSON
import Kernels

extension SpecKey {
    /// Bits of evenly spaced values, or of levels.
    package static let bits: SpecKey = .init(
        "bits", summary: "Bits per weight", allowed: SpecValue.whole,
        schema: ["type": "integer", "minimum": 1, "maximum": 8], isCommon: true,
        read: { (value, draft) throws(CompressionError) in draft.bits = try value.whole() },
        canonical: { $0.format.integerBits.map { .integer($0) } })

    /// Numbers that are known by name.
    package static let format: SpecKey = .init(
        "format", summary: "Numbers other than integers of so many bits",
        allowed: NumberFormat.named.compactMap(\.name).oneOf, schema: NumberFormat.named.compactMap(\.name).schema,
        isCommon: true,
        read: { (value, draft) throws(CompressionError) in
            draft.format = try value.choice(
                NumberFormat.named.compactMap(\.name).oneOf, NumberFormat.init(named:))
        },
        canonical: { $0.format.name.map { .string($0) } })

    /// What shares a scale.
    package static let group: SpecKey = .init(
        "group", summary: "Input weights that share a scale, or 'channel' for a whole output row",
        allowed: Spec.Group.allowed,
        schema: ["oneOf": [["const": "channel"], ["type": "integer", "minimum": 2, "maximum": 65536]]], isCommon: true,
        read: { (value, draft) throws(CompressionError) in
            if value.json.string == "channel" {
                draft.group = .channel
            } else if let size = value.json.int {
                draft.group = .size(size)
            } else {
                throw value.invalid(Spec.Group.allowed)
            }
        },
        canonical: { spec in spec.namesGroup ? spec.group.json : nil },
        label: { spec in spec.namesGroup ? SpecLabel(spec.group.description, words: spec.group.words) : nil },
        check: { (spec) throws(CompressionError) in try spec.checkGroup() })

    /// Whether grids are symmetric.
    package static let symmetric: SpecKey = .init(
        "symmetric", summary: "Symmetric grids instead of ones with a zero point", allowed: SpecValue.flag,
        schema: ["type": "boolean"], isCommon: true,
        read: { (value, draft) throws(CompressionError) in draft.symmetric = try value.flag() },
        canonical: { $0.format.takesZeroPoint ? .bool($0.symmetric) : nil },
        check: { (spec) throws(CompressionError) in
            guard spec.symmetric || spec.format.takesZeroPoint else {
                throw SpecKey.symmetric.refusal("false", allowed: "true for \(spec.numbers)")
            }
        })

    /// The type that scales are stored in.
    package static let scales: SpecKey = .init(
        "scales", summary: "The type in which scales are stored, instead of the method's own",
        allowed: ScaleType.allCases.map(\.rawValue).oneOf, schema: ScaleType.allCases.map(\.rawValue).schema,
        isCommon: true,
        read: { (value, draft) throws(CompressionError) in
            draft.scales = try value.choice(ScaleType.allCases.map(\.rawValue).oneOf, ScaleType.init(rawValue:))
        },
        canonical: { $0.scales.map { .string($0.rawValue) } },
        label: { $0.scales.map { SpecLabel($0.rawValue, words: "scales in \($0.rawValue)", .scales) } },
        check: { (spec) throws(CompressionError) in
            guard let scales = spec.scales else { return }
            let value = "'\(scales.rawValue)'"
            if spec.format == .stored { throw SpecKey.scales.refusal(value, allowed: "left out without bits") }
            if !spec.format.takesScaleType {
                throw SpecKey.scales.refusal(
                    value, allowed: "left out for \(spec.numbers), which has a type of its own")
            }
        })
}

extension Spec {
    /// Whether what shares a scale is the spec's to say: not where nothing has one, nor where the format leaves no choice.
    package var namesGroup: Bool { format != .stored && format.groups?.count != 1 }

    /// The format's name, or the method's where the format has none.
    var numbers: String { format.name ?? method.name }

    fileprivate func checkGroup() throws(CompressionError) {
        if case .size(let size) = group, !Group.sizes.contains(size) {
            throw SpecKey.group.refusal("\(size)", allowed: Group.allowed)
        }
        if let groups = format.groups, !groups.contains(group) {
            let sizes = groups.map(\.number).joined(separator: ", ")
            throw SpecKey.group.refusal(
                group.number, allowed: (groups.count > 1 ? "one of \(sizes)" : sizes) + " for \(numbers)")
        }
        if format == .stored, group != .channel {
            throw SpecKey.group.refusal(group.description, allowed: "left out without bits")
        }
    }
}

extension Spec.Group {
    static let sizes = 2...65_536
    static let allowed = "'channel' or a whole number from 2 to 65536 (128, 64, 32, 16 are usual)"

    fileprivate var json: JSONValue {
        switch self {
        case .channel: "channel"
        case .size(let size): .integer(size)
        }
    }

    /// What shares a scale, in words.
    package var words: String {
        switch self {
        case .channel: "per channel"
        case .size(let size): "in groups of \(size)"
        }
    }

    /// As a manifest has it: `channel`, `16`.
    var number: String {
        switch self {
        case .channel: "channel"
        case .size(let size): "\(size)"
        }
    }
}
