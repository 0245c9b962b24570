package import JSON

/// A key of a spec: how it is read, checked, written and shown.
///
/// Keys that say how one method works stand beside it (`GPTQ/ActOrder.swift`), all others in this folder; ``all`` lists
/// them. Manifests, the command line, the schema and the tables of the documentation ask the value.
package struct SpecKey: Sendable {
    /// As manifests write it.
    package let name: String
    /// What it says, in one sentence without a full stop.
    package let summary: String
    /// What a value may be, as messages say it.
    let allowed: String
    /// The JSON Schema of one value.
    package let schema: JSONValue
    /// Whether every method takes it, and not only those that list it.
    package let isCommon: Bool
    /// Takes a value into a draft.
    let read: @Sendable (SpecValue, inout SpecDraft) throws(CompressionError) -> Void
    /// The value in a spec's canonical form; nil where it is left out, as it is for what the key means when it is absent.
    let canonical: @Sendable (Spec) -> JSONValue?
    /// Its part of a spec's name and the same in words; nil where the name says nothing of it.
    let label: @Sendable (Spec) -> SpecLabel?
    /// Refuses a spec in which the key makes no sense.
    let check: @Sendable (Spec) throws(CompressionError) -> Void

    init(
        _ name: String, summary: String, allowed: String, schema: JSONValue, isCommon: Bool = false,
        read: @escaping @Sendable (SpecValue, inout SpecDraft) throws(CompressionError) -> Void,
        canonical: @escaping @Sendable (Spec) -> JSONValue?,
        label: @escaping @Sendable (Spec) -> SpecLabel? = { _ in nil },
        check: @escaping @Sendable (Spec) throws(CompressionError) -> Void = { _ in }
    ) {
        self.name = name
        self.summary = summary
        self.allowed = allowed
        self.schema = schema
        self.isCommon = isCommon
        self.read = read
        self.canonical = canonical
        self.label = label
        self.check = check
    }

    /// All keys, in the order in which messages list them and specs are written.
    package static let all: [SpecKey] = [
        .method, .bits, .format, .levels, .vector, .group, .symmetric, .actOrder, .order, .sparse, .rank,
        .activations, .activationScale, .cache, .rotate, .scaleSearch, .importance, .sharedTable, .powersOfTwo,
        .outliers, .clip, .targets, .scales, .modules,
    ]

    /// The keys that a spec's name shows behind its method and numbers, in the name's order.
    static let shown: [SpecKey] = [
        .group, .rank, .sparse, .outliers, .scaleSearch, .importance, .sharedTable, .powersOfTwo, .clip, .actOrder,
        .order, .rotate, .activations, .cache, .targets, .scales,
    ]

    /// The methods that take it; all of them where it is common.
    package var takers: [Method] { Method.all.filter { isCommon || $0.keys.contains(self) } }
}

extension SpecKey: Hashable {
    package static func == (left: SpecKey, right: SpecKey) -> Bool { left.name == right.name }
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// A part of a spec's name.
package struct SpecLabel: Sendable, Hashable {
    /// As it stands in the name: `g16`.
    package let text: String
    /// The same in words: `in groups of 16`.
    package let words: String
    let subject: Subject

    /// What a part of a name is about.
    enum Subject: Sendable {
        /// What weights and inputs become.
        case result
        /// How the method gets there.
        case procedure
        /// How scales are stored.
        case scales
    }

    init(_ text: String, words: String? = nil, _ subject: Subject = .result) {
        self.text = text
        self.words = words ?? text
        self.subject = subject
    }
}

extension SpecKey {
    /// A key that is true or false, and false where it is absent.
    static func flag(
        _ name: String, summary: String, label: SpecLabel, _ option: any WritableKeyPath<Spec.Options, Bool> & Sendable,
        check: @escaping @Sendable (Spec) throws(CompressionError) -> Void = { _ in }
    ) -> SpecKey {
        SpecKey(
            name, summary: summary, allowed: SpecValue.flag, schema: ["type": "boolean"],
            read: { (value, draft) throws(CompressionError) in draft.options[keyPath: option] = try value.flag() },
            canonical: { $0.options[keyPath: option] ? true : nil },
            label: { $0.options[keyPath: option] ? label : nil },
            check: { (spec) throws(CompressionError) in if spec.options[keyPath: option] { try check(spec) } })
    }

    /// The error that a value of this key is not taken.
    func refusal(_ value: String, allowed: String) -> CompressionError {
        .invalidValue(key: name, value: value, allowed: allowed)
    }

    /// The error that a method takes no such key.
    func refusal(_ value: String, by method: Method) -> CompressionError {
        refusal(
            value, allowed: "left out for \(method.name); it is for " + takers.map(\.name).joined(separator: ", "))
    }
}
