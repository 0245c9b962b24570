package import ArgumentParser
package import Compression
import Kernels

/// The keys of a spec as command-line options.
package struct SpecOptions: ParsableArguments {
    @Option(help: .key(.method, values: Method.all.map(\.name)))
    package var method: String = Method.rtn.name

    @Option(help: .key(.bits))
    package var bits: Int?

    @Option(help: .key(.format, values: NumberFormat.named.compactMap(\.name)))
    package var format: String?

    @Option(help: .key(.levels))
    package var levels: Int?

    @Option(help: .key(.vector))
    package var vector: Int?

    @Option(help: .key(.group))
    package var group: String?

    @Flag(help: "Grids with a zero point instead of symmetric ones.")
    package var asymmetric = false

    @Option(help: .key(.cache, values: CacheFormat.allCases.map(\.rawValue)))
    package var kv: String?

    @Option(help: .key(.rotate, values: Rotation.allCases.map(\.rawValue)))
    package var rotate: String?

    @Flag(help: .key(.scaleSearch))
    package var scaleSearch = false

    @Flag(help: .key(.importance))
    package var imatrix = false

    @Flag(help: .key(.sharedTable))
    package var sharedTable = false

    @Flag(help: .key(.powersOfTwo))
    package var powersOfTwo = false

    @Option(help: .key(.outliers))
    package var outliers: String?

    @Flag(help: "Without the search for clipping limits (awq).")
    package var noClip = false

    @Flag(help: .key(.actOrder))
    package var actOrder = false

    @Option(help: .key(.order))
    package var order: String?

    @Option(help: .key(.sparse))
    package var sparse: String?

    @Option(help: .key(.rank))
    package var rank: String?

    @Option(help: .key(.activations))
    package var activations: String?

    @Option(help: .key(.activationScale))
    package var activationScale: String?

    @Option(help: .key(.targets))
    package var targets: String?

    @Option(help: .key(.scales, values: ScaleType.allCases.map(\.rawValue)))
    package var scales: String?

    @Option(help: .key(.modules))
    package var modules: String?

    package init() {}

    /// What the options say of each key; nil where they say nothing.
    package var values: [(key: SpecKey, value: String?)] {
        [
            (.method, method), (.bits, bits?.description), (.format, format), (.levels, levels?.description),
            (.vector, vector?.description), (.group, group), (.symmetric, asymmetric ? "false" : nil),
            (.actOrder, actOrder ? "true" : nil), (.order, order), (.sparse, sparse), (.rank, rank),
            (.activations, activations), (.activationScale, activationScale), (.cache, kv), (.rotate, rotate),
            (.scaleSearch, scaleSearch ? "true" : nil), (.importance, imatrix ? "true" : nil),
            (.sharedTable, sharedTable ? "true" : nil), (.powersOfTwo, powersOfTwo ? "true" : nil),
            (.outliers, outliers), (.clip, noClip ? "false" : nil), (.targets, targets), (.scales, scales),
            (.modules, modules),
        ]
    }

    /// The keys that are given.
    package var members: [(key: String, value: String)] {
        values.compactMap { key, value in value.map { (key.name, $0) } }
    }
}

extension ArgumentHelp {
    /// What a key says, the values it may have, and which methods take it.
    fileprivate static func key(_ key: SpecKey, values: [String] = []) -> ArgumentHelp {
        let takers = key.isCommon ? "" : " (" + key.takers.map(\.name).joined(separator: ", ") + ")"
        let values = values.isEmpty ? "" : ": " + values.joined(separator: ", ")
        return ArgumentHelp(stringLiteral: key.summary + values + takers + ".")
    }
}
