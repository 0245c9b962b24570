import JSON
import Kernels

extension Spec.Method {
    /// What low-rank forms cannot do.
    private func checkFactors(_ spec: Spec) throws(CompressionError) {
        guard keys.contains(.rank) else { return }
        if self == .lowRank, case .integer(let bits) = spec.format {
            throw .invalidValue(
                key: "bits", value: "\(bits)", allowed: "left out for low-rank; qsd has quantized factors")
        }
        if spec.group != .channel {
            throw .invalidValue(
                key: "group", value: spec.group.description, allowed: "left out: a row of a factor shares a scale")
        }
        if !spec.symmetric { throw .invalidValue(key: "symmetric", value: "false", allowed: "true for \(rawValue)") }
        if case .pattern(let kept, let length)? = spec.options.sparsity {
            throw .invalidValue(
                key: "sparse", value: "\(kept):\(length)", allowed: "a share between 0 and 1 for \(rawValue)")
        }
    }

    /// What a table of sums of powers of two leaves no choice in.
    private func checkPowersOfTwo(_ spec: Spec) throws(CompressionError) {
        guard spec.options.powersOfTwo, keys.contains(.powersOfTwo) else { return }
        let why = "left out with powers_of_two: a weight has one table"
        if spec.group != .channel { throw .invalidValue(key: "group", value: spec.group.description, allowed: why) }
        if spec.options.sharedTable { throw .invalidValue(key: "shared_table", value: "true", allowed: why) }
        if case .levels(let count, let vector) = spec.format {
            guard vector == 1 else {
                throw .invalidValue(key: "vector", value: "\(vector)", allowed: "1 with powers_of_two")
            }
            guard count > 2 else {
                throw .invalidValue(key: "levels", value: "\(count)", allowed: "from 3 to 256 with powers_of_two")
            }
        }
        if let scales = spec.scales {
            throw .invalidValue(
                key: "scales", value: "'\(scales.rawValue)'", allowed: "left out with powers_of_two: there are none")
        }
    }

    /// Refuses a spec that makes no sense.
    func check(_ spec: Spec) throws(CompressionError) {
        if case .levels(let count, let vector) = spec.format, self == .codebook {
            guard NumberFormat.levelCounts.contains(count), NumberFormat.vectors.contains(vector) else {
                throw .invalidValue(key: "levels", value: "\(count)", allowed: "a whole number from 2 to 256")
            }
        } else if case .integer(let bits) = spec.format, self != .codebook {
            guard widths.contains(bits) else {
                throw .invalidValue(
                    key: "bits", value: "\(bits)",
                    allowed: "a whole number from \(widths.lowerBound) to \(widths.upperBound) for \(rawValue)")
            }
        } else if !formats.contains(spec.format) {
            throw .invalidValue(
                key: "format", value: spec.format.name.map { "'\($0)'" } ?? "missing", allowed: allowedFormats)
        }
        if case .size(let size) = spec.group, !Spec.groupSizes.contains(size) {
            throw .invalidValue(key: "group", value: "\(size)", allowed: Spec.allowedGroups)
        }
        if let groups = spec.format.groups, !groups.contains(spec.group) {
            let sizes = groups.map { String($0.description.dropFirst()) }.joined(separator: ", ")
            throw .invalidValue(
                key: "group", value: String(spec.group.description.drop { $0 == "g" }),
                allowed: (groups.count > 1 ? "one of \(sizes)" : sizes) + " for \(spec.format.name ?? rawValue)")
        }
        if !spec.symmetric, !spec.format.takesZeroPoint {
            throw .invalidValue(key: "symmetric", value: "false", allowed: "true for \(spec.format.name ?? rawValue)")
        }
        if spec.format == .stored {
            if spec.group != .channel {
                throw .invalidValue(key: "group", value: spec.group.description, allowed: "left out without bits")
            }
            if let scales = spec.scales {
                throw .invalidValue(key: "scales", value: scales.rawValue, allowed: "left out without bits")
            }
        }
        for key in Spec.OptionalKey.allCases where neededKeys.contains(key) && !spec.options.has(key) {
            throw .missingKey(key.rawValue, allowed: key.allowed)
        }
        try checkFactors(spec)
        if case .pattern(_, let length)? = spec.options.sparsity, !Sparsity.madeLengths.contains(length) {
            throw .invalidValue(
                key: "sparse", value: spec.options.sparsity?.json.canonicalText ?? "missing",
                allowed: "n:m with m one of " + Sparsity.madeLengths.map(String.init).joined(separator: ", "))
        }
        if let scales = spec.scales, !spec.format.takesScaleType {
            throw .invalidValue(
                key: "scales", value: "'\(scales.rawValue)'",
                allowed: "left out for \(spec.format.name ?? rawValue), which has a type of its own")
        }
        if spec.options.scaleSearch, keys.contains(.scaleSearch), !spec.format.takesScaleSearch {
            throw .invalidValue(
                key: "scale_search", value: "true", allowed: "left out for \(spec.format.name ?? rawValue)")
        }
        try checkPowersOfTwo(spec)
        if spec.options.sharedTable, case .levels(_, let vector) = spec.format, vector > 1 {
            throw .invalidValue(
                key: "shared_table", value: "true", allowed: "left out for vectors, whose table is shared anyway")
        }
        for (key, value) in spec.options.given where !keys.contains(key) {
            let takers = Self.allCases.filter { $0.keys.contains(key) }.map(\.rawValue)
            throw .invalidValue(
                key: key.rawValue, value: value,
                allowed: "left out for \(rawValue); it is for \(takers.joined(separator: ", "))")
        }
    }

    private var allowedFormats: String {
        let names = formats.compactMap(\.name)
        return names.isEmpty ? "left out for \(rawValue), and bits given" : "one of " + names.joined(separator: ", ")
    }
}

extension Spec.Options {
    /// The options that are given, with their values as a person wrote them.
    var given: [(key: Spec.OptionalKey, value: String)] {
        [
            (Spec.OptionalKey.actOrder, actOrder), (.scaleSearch, scaleSearch), (.sharedTable, sharedTable),
            (.powersOfTwo, powersOfTwo),
        ]
        .filter(\.1).map { ($0.0, "true") }
            + (sparsity.map { [(.sparse, $0.json.canonicalText)] } ?? [])
            + (clip.map { [(.clip, "\($0)")] } ?? [])
            + (rank.map { [(.rank, $0.json.canonicalText)] } ?? [])
    }
}
