import Kernels

/// A compression method: all that is known about it but its arithmetic.
///
/// Each method's value stands beside its algorithm (`GPTQ/GPTQ.swift`); ``all`` lists them. Manifests, the command line,
/// the schema, refusals, the way through a model and the tables of the documentation ask the value.
package struct Method: Sendable {
    /// The word for it in manifests and in names of specs.
    package let name: String
    /// What people call it.
    package let title: String
    /// What it does, in one sentence without a full stop.
    package let summary: String
    /// The number of its paper at arXiv; nil where there is none to name.
    package let source: String?
    /// How it goes through a model, and what it looks at on the way.
    package let passage: Passage
    /// The numbers that weights can become.
    package let formats: FormatChoice
    /// The keys that mean something to it beside those that every method takes.
    package let keys: [SpecKey]
    /// Those of its keys that a spec must have.
    package let neededKeys: [SpecKey]
    /// The type of its scales where a spec does not say; nil for the format's or the checkpoint's.
    let scaleType: ScaleType?
    /// Whether grids are symmetric where a spec does not say.
    let usualSymmetry: Bool
    /// Fills in what a spec leaves open.
    let defaults: @Sendable (inout Spec.Options) -> Void
    /// What it cannot do, beyond what formats and keys refuse by themselves.
    let check: @Sendable (Spec) throws(CompressionError) -> Void
    /// Goes up when what it does before or around its compressor gives other weights than before (`Spec.revision`).
    let revision: Int
    /// What makes its weights; nil for round to nearest in the spec's format.
    let compressor: (any LayerCompressor)?

    init(
        _ name: String, title: String, summary: String, source: String? = nil, passage: Passage = .alone,
        formats: FormatChoice = .integers, keys: [SpecKey] = [], neededKeys: [SpecKey] = [],
        scaleType: ScaleType? = nil, usualSymmetry: Bool = true,
        defaults: @escaping @Sendable (inout Spec.Options) -> Void = { _ in },
        check: @escaping @Sendable (Spec) throws(CompressionError) -> Void = { _ in }, revision: Int = 1,
        compressor: (any LayerCompressor)? = nil
    ) {
        self.name = name
        self.title = title
        self.summary = summary
        self.source = source
        self.passage = passage
        self.formats = formats
        self.keys = keys + neededKeys
        self.neededKeys = neededKeys
        self.scaleType = scaleType
        self.usualSymmetry = usualSymmetry
        self.defaults = defaults
        self.check = check
        self.revision = revision
        self.compressor = compressor
    }

    /// All methods, in the order in which messages list them.
    package static let all: [Method] = [
        .rtn, .hqq, .gptq, .gptaq, .magnitude, .wanda, .sparsegpt, .lowRank, .qsd, .awq, .smoothquant, .aweq, .dilation,
        .codebook, .unchanged,
    ]

    /// Finds a method by its name.
    package init?(named name: String) {
        guard let method = Self.all.first(where: { $0.name == name }) else { return nil }
        self = method
    }
}

extension Method: Hashable {
    package static func == (left: Method, right: Method) -> Bool { left.name == right.name }
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// How a method goes through a model, and what it looks at on the way.
package enum Passage: Sendable {
    /// Each weight by itself; no text is needed.
    case alone
    /// Layer after layer, each calibrated on what comes through the layers that are compressed already.
    case sequential(InputStatistic)
    /// Factors move between channels of the uncompressed model, then each weight is rounded to nearest.
    case scaling(ChannelScaling)

    /// Whether calibration text is needed.
    package var needsText: Bool {
        switch self {
        case .alone: false
        case .sequential: true
        case .scaling(let scaling): scaling.seesInputs
        }
    }
}

/// What a method must know of the inputs that a layer sees.
package enum InputStatistic: Sendable, Hashable, CaseIterable {
    /// H = 2XXᵀ/n over the calibration tokens.
    case hessian
    /// The same and 2/n · (X̃ − X)ᵀX, X̃ being the inputs in the uncompressed model.
    case hessianAndDrift
    /// The root mean square of each input.
    case norms
}
