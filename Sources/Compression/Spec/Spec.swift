package import JSON
package import Kernels

/// How weights are compressed: by which method, to what numbers, what shares a scale, and which of them.
///
/// A spec is data: it is what a manifest line expands to, part of an artifact's key, and a row's name in a report.
/// What is known about methods, formats and keys stands in their values: ``Method``, ``NumberFormat``, ``SpecKey``.
package struct Spec: Sendable, Hashable {
    package let method: Method
    package let format: NumberFormat
    package let group: Group
    package let symmetric: Bool
    package let targets: Targets
    /// The type in which scales are stored; nil for what the method does by itself.
    package let scales: ScaleType?
    package private(set) var options: Options
    /// Modules that are treated otherwise, in byte order of their selectors.
    package private(set) var parts: [ModulePart] = []

    /// What only some methods take; each has a value that stands for its absence.
    package struct Options: Sendable, Hashable {
        /// Columns in the order of falling activation energy.
        package var actOrder = false
        /// The order of columns where groups stay of consecutive ones; nil for their own.
        package var order: ColumnOrder?
        /// Which weights, or which values of a factor, become zero.
        package var sparsity: Sparsity?
        /// The dimensions that a low-rank form keeps.
        package var rank: Rank?
        /// How the inputs of compressed layers are quantized; nil for not at all.
        package var activations: ActivationQuantization?
        /// The numbers that cached keys and values become; nil where they stay.
        package var cache: CacheFormat?
        /// What weights are turned by before the method sees them.
        package var rotation: Rotation?

        /// Scales that minimize a group's squared error instead of those of its largest weight.
        package var scaleSearch = false
        /// One table of levels for a whole weight.
        package var sharedTable = false
        /// Levels that are sums of powers of two, in one table for a whole weight.
        package var powersOfTwo = false
        /// The share of weights that are kept apart from tables of levels.
        package var outliers: Double?
        /// Errors weighed by the mean square of each input.
        package var importance = false
        /// Groups clamped where that makes outputs better; nil for methods without the choice.
        package var clip: Bool?

        package init(
            actOrder: Bool = false, order: ColumnOrder? = nil, sparsity: Sparsity? = nil, rank: Rank? = nil,
            activations: ActivationQuantization? = nil, cache: CacheFormat? = nil, rotation: Rotation? = nil,
            scaleSearch: Bool = false, sharedTable: Bool = false,
            powersOfTwo: Bool = false, outliers: Double? = nil, importance: Bool = false, clip: Bool? = nil
        ) {
            self.actOrder = actOrder
            self.order = order
            self.sparsity = sparsity
            self.rank = rank
            self.activations = activations
            self.cache = cache
            self.rotation = rotation
            self.scaleSearch = scaleSearch
            self.sharedTable = sharedTable
            self.powersOfTwo = powersOfTwo
            self.outliers = outliers
            self.importance = importance
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

    /// A spec as code gives it; nonsense is refused as in `init(json:)`.
    package init(
        method: Method, format: NumberFormat, group: Group? = nil, symmetric: Bool = true,
        targets: Targets = .layers, scales: ScaleType? = nil, options: Options = Options(), parts: [ModulePart] = []
    ) throws(CompressionError) {
        self.method = method
        self.format = format
        self.group = group ?? format.usualGroup
        self.symmetric = symmetric
        self.targets = targets
        self.scales = scales
        var options = options
        method.defaults(&options)
        self.options = options
        self.parts = parts
        try check()
    }

    /// A spec of integers of so many bits.
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

    /// How many weights share a scale; nil for a whole row.
    package var size: Int? { if case .size(let size) = self { size } else { nil } }

    /// So many consecutive weights; nil for the whole row.
    init(length: Int?) { self = length.map { .size($0) } ?? .channel }

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
    var codeBits: Int { format.integerBits ?? Int(nominalBits.rounded(.up)) }

    /// The type in which scales are stored, given the 16-bit type that goes with the checkpoint's weights.
    func scaleType(checkpoint sixteenBit: ScaleType) -> ScaleType {
        if options.powersOfTwo { return .float32 }
        return scales ?? method.scaleType ?? format.scaleType ?? sixteenBit
    }
}

extension Spec {
    /// What makes its weights.
    package var compressor: any LayerCompressor {
        guard let compressor = method.compressor ?? format.rounding else {
            preconditionFailure("a format that nothing rounds to is made by methods of their own")
        }
        return compressor
    }

    /// Whether weights are stored as the checkpoint has them.
    var leavesWeights: Bool { method == .unchanged }

    /// Whether it looks at what layers are given.
    package var needsCalibration: Bool {
        allSpecs.contains {
            $0.method.passage.needsText || $0.options.activations?.isCalibrated == true || $0.options.importance
        }
    }

    /// The spec of the modules that no part is for.
    var withoutParts: Spec {
        var copy = self
        copy.parts = []
        return copy
    }

    /// The same where nothing is known of inputs: they stay as they are, and count alike.
    var withoutInputs: Spec {
        var copy = self
        (copy.options.activations, copy.options.importance) = (nil, false)
        return copy
    }
}

extension Spec {
    /// The spec as the one JSON value that keys are made of; `init(json:)` reads it back.
    ///
    /// A key added in a later version is left out while it has its default, so that old artifacts keep their keys.
    package var canonical: JSONValue {
        var object = JSONObject()
        for key in SpecKey.all { object[key.name] = key.canonical(self) }
        return .object(object)
    }

    /// Goes up when it gives other weights than before (`LayerCompressor.revision`, `Method.revision`).
    package var revision: Int {
        allSpecs.filter { !$0.leavesWeights }.map { max($0.compressor.revision($0), $0.method.revision) }.max() ?? 1
    }

    /// What the key of an artifact knows the spec by: the same, and its revision where it is not the first.
    package var identity: JSONValue {
        guard revision > 1, case .object(var object) = canonical else { return canonical }
        object["revision"] = .integer(revision)
        return .object(object)
    }
}
