import JSON
import Kernels

extension SpecKey {
    /// How many levels a table has.
    package static let levels: SpecKey = .init(
        "levels", summary: "Levels of a table, instead of bits", allowed: "a whole number from 2 to 256",
        schema: ["type": "integer", "minimum": 2, "maximum": 256],
        read: { (value, draft) throws(CompressionError) in draft.levels = try value.whole() },
        canonical: { spec in spec.format.foundLevels.map { .integer($0.count) } })

    /// How many weights a level stands for.
    package static let vector: SpecKey = .init(
        "vector", summary: "Consecutive weights that a level stands for, with one table for a whole weight",
        allowed: "a whole number from 1 to 16", schema: ["type": "integer", "minimum": 1, "maximum": 16],
        read: { (value, draft) throws(CompressionError) in draft.vector = try value.whole() },
        canonical: { spec in spec.format.foundLevels.flatMap { $0.vector > 1 ? .integer($0.vector) : nil } })

    /// One table for a whole weight.
    package static let sharedTable: SpecKey = .flag(
        "shared_table", summary: "One table of levels for a whole weight, and scales",
        label: SpecLabel("shared", words: "one table for a weight", .procedure), \.sharedTable,
        check: { (spec) throws(CompressionError) in
            if let levels = spec.format.foundLevels, levels.vector > 1 {
                throw SpecKey.sharedTable.refusal(
                    "true", allowed: "left out for vectors, whose table is shared anyway")
            }
        })

    /// Levels that are sums of powers of two.
    package static let powersOfTwo: SpecKey = .flag(
        "powers_of_two", summary: "Levels that are sums of powers of two, in one table for a whole weight",
        label: SpecLabel("pow2", words: "sums of powers of two", .procedure), \.powersOfTwo,
        check: { (spec) throws(CompressionError) in try spec.checkPowersOfTwo() })
}

extension Spec {
    /// What a table of sums of powers of two leaves no choice in.
    fileprivate func checkPowersOfTwo() throws(CompressionError) {
        guard let levels = format.foundLevels else { return }
        let why = "left out with powers_of_two: a weight has one table"
        if group != .channel { throw SpecKey.group.refusal(group.description, allowed: why) }
        if options.sharedTable { throw SpecKey.sharedTable.refusal("true", allowed: why) }
        if levels.vector > 1 { throw SpecKey.vector.refusal("\(levels.vector)", allowed: "1 with powers_of_two") }
        if levels.count <= 2 {
            throw SpecKey.levels.refusal("\(levels.count)", allowed: "from 3 to 256 with powers_of_two")
        }
        if let scales {
            throw SpecKey.scales.refusal(
                "'\(scales.rawValue)'", allowed: "left out with powers_of_two: there are none")
        }
    }
}

extension SpecDraft {
    /// The levels of a table: as many as `levels` says, or 2^(bits·vector).
    func foundLevels() throws(CompressionError) -> NumberFormat {
        let vector = vector ?? 1
        guard NumberFormat.vectors.contains(vector) else {
            throw SpecKey.vector.refusal("\(vector)", allowed: SpecKey.vector.allowed)
        }
        guard let bits else {
            guard let levels else {
                throw .missingKey("levels", allowed: SpecKey.levels.allowed + ", or bits given instead")
            }
            return .levels(levels, vector: vector)
        }
        guard levels == nil else {
            throw SpecKey.bits.refusal("\(bits)", allowed: "left out where levels are given")
        }
        guard bits >= 1, bits <= 8 / vector else {
            throw SpecKey.bits.refusal(
                "\(bits)",
                allowed: vector > 8
                    ? "left out for vectors of \(vector), and levels given"
                    : "a whole number from 1 to \(8 / vector) for vectors of \(vector)")
        }
        return .levels(1 << (bits * vector), vector: vector)
    }
}
