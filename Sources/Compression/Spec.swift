package import JSON

/// A compression recipe: which method, how many bits, what shares a scale, and what is compressed.
///
/// A spec is data: it is what a manifest line expands to, part of an artifact's key, and a row's name in a report.
/// A method's own rules (which keys, which widths) stand in `Method`.
package struct Spec: Sendable, Hashable {
    package let method: Method
    /// Nominal bits per weight.
    package let bits: Int
    package let group: Group
    package let symmetric: Bool
    /// Columns in the order of falling activation energy (gptq).
    package let actOrder: Bool
    package let targets: Targets
    /// The type in which scales are stored; nil for what the method does by itself.
    package let scales: ScaleType?

    /// The input weights of one output row that share a scale.
    package enum Group: Sendable, Hashable {
        /// The whole row.
        case channel
        /// So many consecutive weights.
        case size(Int)
    }

    /// A recipe as code gives it; nonsense is refused as in `init(json:)`.
    package init(
        method: Method, bits: Int, group: Group = .channel, symmetric: Bool = true, actOrder: Bool = false,
        targets: Targets = .layers, scales: ScaleType? = nil
    ) throws(CompressionError) {
        self.method = method
        self.bits = bits
        self.group = group
        self.symmetric = symmetric
        self.actOrder = actOrder
        self.targets = targets
        self.scales = scales
        try method.check(self)
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

    /// How many weights of a row of this length share a scale, if they divide it.
    package func length(rowLength: Int) -> Int? {
        switch self {
        case .channel: rowLength
        case .size(let size): rowLength.isMultiple(of: size) ? size : nil
        }
    }
}

extension Spec {
    /// The type in which scales are stored, given the 16-bit type that goes with the checkpoint's weights.
    func scaleType(checkpoint sixteenBit: ScaleType) -> ScaleType { scales ?? method.scaleType ?? sixteenBit }
}

extension Spec: CustomStringConvertible {
    /// The recipe in one word, `rtn-asym-w4-g16`, unique among specs and usable in file names.
    package var name: String { join(width: "w\(bits)") }

    /// The name without the bits, `rtn-asym-g16`: what a law with one parameter per scheme calls it.
    package var scheme: String { join(width: nil) }

    package var description: String { name }

    private func join(width: String?) -> String {
        [
            method.rawValue, symmetric ? "sym" : "asym", width, group.description, actOrder ? "actorder" : nil,
            targets == .layers ? nil : targets.rawValue, scales?.rawValue,
        ].compactMap(\.self).joined(separator: "-")
    }
}

extension Spec {
    /// The recipe as the one JSON value that keys are made of; `init(json:)` reads it back.
    ///
    /// A key added in a later version is left out while it has its default, so that old artifacts keep their keys.
    package var canonical: JSONValue {
        var object = JSONObject()
        object["method"] = .string(method.rawValue)
        object["bits"] = .integer(bits)
        switch group {
        case .channel: object["group"] = "channel"
        case .size(let size): object["group"] = .integer(size)
        }
        object["symmetric"] = .bool(symmetric)
        if actOrder { object["act_order"] = true }
        if targets != .layers { object["targets"] = .string(targets.rawValue) }
        if let scales { object["scales"] = .string(scales.rawValue) }
        return .object(object)
    }
}
