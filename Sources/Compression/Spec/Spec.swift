package import JSON
package import Kernels

/// A compression recipe: which method, what numbers weights become, what shares a scale, and what is compressed.
///
/// A spec is data: it is what a manifest line expands to, part of an artifact's key, and a row's name in a report.
/// A method's own rules (which keys, which widths) stand in `Method`.
package struct Spec: Sendable, Hashable {
    package let method: Method
    package let format: NumberFormat
    package let group: Group
    package let symmetric: Bool
    package let targets: Targets
    /// The type in which scales are stored; nil for what the method does by itself.
    package let scales: ScaleType?
    package let options: Options

    /// What only some methods take; each has a value that stands for its absence.
    package struct Options: Sendable, Hashable {
        /// Columns in the order of falling activation energy.
        package var actOrder = false
        /// Which weights, or which values of a factor, become zero.
        package var sparsity: Sparsity?
        /// The dimensions that a low-rank form keeps.
        package var rank: Rank?
        /// How the inputs of compressed maps are rounded; nil for not at all.
        package var activations: ActivationRounding?

        /// Scales that minimize a group's squared error instead of those of its largest weight.
        package var scaleSearch = false
        /// One table of levels for a whole weight.
        package var sharedTable = false
        /// Levels that are sums of powers of two, in one table for a whole weight.
        package var powersOfTwo = false
        /// Groups clamped where that makes outputs better; nil for methods without the choice.
        package var clip: Bool?

        package init(
            actOrder: Bool = false, sparsity: Sparsity? = nil, rank: Rank? = nil,
            activations: ActivationRounding? = nil, scaleSearch: Bool = false, sharedTable: Bool = false,
            powersOfTwo: Bool = false, clip: Bool? = nil
        ) {
            self.actOrder = actOrder
            self.sparsity = sparsity
            self.rank = rank
            self.activations = activations
            self.scaleSearch = scaleSearch
            self.sharedTable = sharedTable
            self.powersOfTwo = powersOfTwo
            self.clip = clip
        }
    }

    /// The input weights of one output row that share a scale.
    package enum Group: Sendable, Hashable {
        /// The whole row.
        case channel
        /// So many consecutive weights.
        case size(Int)
    }

    /// A recipe as code gives it; nonsense is refused as in `init(json:)`.
    package init(
        method: Method, format: NumberFormat, group: Group? = nil, symmetric: Bool = true,
        targets: Targets = .layers, scales: ScaleType? = nil, options: Options = Options()
    ) throws(CompressionError) {
        self.method = method
        self.format = format
        self.group = group ?? format.usualGroup
        self.symmetric = symmetric
        self.targets = targets
        self.scales = scales
        var options = options
        if method == .awq { options.clip = options.clip ?? true }
        self.options = options
        try method.check(self)
    }

    /// A recipe with weights of so many bits.
    package init(
        method: Method, bits: Int, group: Group = .channel, symmetric: Bool = true, actOrder: Bool = false,
        targets: Targets = .layers, scales: ScaleType? = nil
    ) throws(CompressionError) {
        try self.init(
            method: method, format: .integer(bits: bits), group: group, symmetric: symmetric, targets: targets,
            scales: scales, options: Options(actOrder: actOrder))
    }
}

extension Spec.Group: CustomStringConvertible {
    /// The part of a spec's name that says what shares a scale: `g16`, `channel`.
    package var description: String {
        switch self {
        case .channel: "channel"
        case .size(let size): "g\(size)"
        }
    }

    /// How many weights share a scale; nil for a whole channel.
    package var size: Int? { if case .size(let size) = self { size } else { nil } }

    /// How many weights of a row of this length share a scale, if they divide it.
    package func length(rowLength: Int) -> Int? {
        switch self {
        case .channel: rowLength
        case .size(let size): rowLength.isMultiple(of: size) ? size : nil
        }
    }
}

extension Spec {
    /// P of the laws: nominal bits per weight.
    package var nominalBits: Double { format.nominalBits }

    /// Bits of a stored code.
    var codeBits: Int {
        switch format {
        case .integer(let bits): bits
        default: Int(nominalBits.rounded(.up))
        }
    }

    /// The type in which scales are stored, given the 16-bit type that goes with the checkpoint's weights.
    func scaleType(checkpoint sixteenBit: ScaleType) -> ScaleType {
        if options.powersOfTwo { return .float32 }
        return scales ?? method.scaleType ?? format.scaleType ?? sixteenBit
    }
}

extension Spec: CustomStringConvertible {
    /// The recipe in one word, `rtn-asym-w4-g16`, unique among specs and usable in file names.
    package var name: String { ([method.rawValue] + parts(withWidth: true).map(\.text)).joined(separator: "-") }

    /// The name without the bits, `rtn-asym-g16`: what a law with one parameter per scheme calls it.
    package var scheme: String { ([method.rawValue] + parts(withWidth: false).map(\.text)).joined(separator: "-") }

    /// The scheme without the method and how it works, `asym-g16`: what compared methods share.
    package var form: String {
        parts(withWidth: false).filter { $0.kind == .result }.map(\.text).joined(separator: "-")
    }

    /// The method with how it works, `rtn-search`.
    package var variant: String {
        ([method.rawValue] + parts(withWidth: false).filter { $0.kind == .procedure }.map(\.text)).joined(
            separator: "-")
    }

    package var description: String { name }

    /// What a part of a name is about.
    private enum PartKind {
        /// What weights and inputs become.
        case result
        /// How the method gets there.
        case procedure
        /// How scales are stored.
        case scales
    }

    private func parts(withWidth: Bool) -> [(text: String, kind: PartKind)] {
        var parts: [(text: String, kind: PartKind)] = []
        func add(_ text: String, _ kind: PartKind = .result) { parts.append((text, kind)) }
        switch format {
        case .integer(let bits):
            add(symmetric ? "sym" : "asym")
            if withWidth { add("w\(bits)") }
        case .levels(let count, let vector):
            let name = (withWidth ? "k\(count)" : "") + (vector > 1 ? "v\(vector)" : "")
            if !name.isEmpty { add(name) }
        case .fourBit, .float8, .mx, .ternary, .binary: if let name = format.name { add(name) }
        case .stored: break
        }
        if namesGroup { add(group.description) }
        if let rank = options.rank { add(rank.description) }
        if let sparsity = options.sparsity { add(sparsity.description) }
        if options.scaleSearch { add("search", .procedure) }
        if options.sharedTable { add("shared", .procedure) }
        if options.powersOfTwo { add("pow2", .procedure) }
        if options.clip == false { add("noclip", .procedure) }
        if options.actOrder { add("actorder", .procedure) }
        if let activations = options.activations {
            add("a\(activations.bits)" + (activations.scale == .tensor ? "tensor" : ""))
        }
        if targets != .layers { add(targets.rawValue) }
        if let scales { add(scales.rawValue, .scales) }
        return parts
    }
}

extension Spec {
    /// All but the method and how it works: specs of one setting differ in nothing else.
    package struct Setting: Sendable, Hashable {
        private let format: NumberFormat
        private let group: Group
        private let symmetric: Bool
        private let targets: Targets
        private let sparsity: Sparsity?
        private let rank: Rank?
        private let activations: ActivationRounding?

        fileprivate init(_ spec: Spec) {
            (format, group, symmetric, targets) = (spec.format, spec.group, spec.symmetric, spec.targets)
            (sparsity, rank, activations) = (spec.options.sparsity, spec.options.rank, spec.options.activations)
        }
    }

    package var setting: Setting { Setting(self) }

    /// Whether what shares a scale is the spec's to say, and no matter of the format.
    package var namesGroup: Bool { format != .stored && format.groups?.count != 1 }
}

extension Spec {
    /// The recipe as the one JSON value that keys are made of; `init(json:)` reads it back.
    ///
    /// A key added in a later version is left out while it has its default, so that old artifacts keep their keys.
    package var canonical: JSONValue {
        var object = JSONObject()
        object["method"] = .string(method.rawValue)
        switch format {
        case .integer(let bits): object["bits"] = .integer(bits)
        case .levels(let count, let vector):
            object["levels"] = .integer(count)
            if vector > 1 { object["vector"] = .integer(vector) }
        case .fourBit, .float8, .mx, .ternary, .binary: object["format"] = format.name.map { .string($0) }
        case .stored: break
        }
        if namesGroup {
            switch group {
            case .channel: object["group"] = "channel"
            case .size(let size): object["group"] = .integer(size)
            }
        }
        if format.takesZeroPoint { object["symmetric"] = .bool(symmetric) }
        if options.actOrder { object["act_order"] = true }
        if let sparsity = options.sparsity { object["sparse"] = sparsity.json }
        if let rank = options.rank { object["rank"] = rank.json }
        if let activations = options.activations {
            object["activations"] = .integer(activations.bits)
            if activations.scale != .token { object["activation_scale"] = .string(activations.scale.rawValue) }
        }
        if options.scaleSearch { object["scale_search"] = true }
        if options.sharedTable { object["shared_table"] = true }
        if options.powersOfTwo { object["powers_of_two"] = true }
        // Always said: awq once stood for what it is without.
        if let clip = options.clip { object["clip"] = .bool(clip) }
        if targets != .layers { object["targets"] = .string(targets.rawValue) }
        if let scales { object["scales"] = .string(scales.rawValue) }
        return .object(object)
    }
}
