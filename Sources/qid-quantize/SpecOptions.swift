import ArgumentParser

/// The keys of a spec as command-line options.
struct SpecOptions: ParsableArguments {
    @Option(
        help: """
            The compression method: rtn, gptq, awq, smoothquant, aweq, dilation, magnitude, wanda, sparsegpt, low-rank, \
            qsd, codebook.
            """)
    var method: String = "rtn"

    @Option(help: "Bits per weight.")
    var bits: Int?

    @Option(
        help: """
            Numbers other than whole ones of so many bits: nf4, fp4, fp8-e4m3, fp8-e5m2, mxfp4, mxint8, ternary, \
            binary (rtn).
            """)
    var format: String?

    @Option(help: "Levels of a table, 2 to 256 (codebook).")
    var levels: Int?

    @Option(help: "Consecutive weights that a level stands for (codebook).")
    var vector: Int?

    @Option(help: "Input weights that share a scale, or 'channel' for a whole output row.")
    var group: String?

    @Flag(help: "Scales with a zero point instead of symmetric ones.")
    var asymmetric = false

    @Flag(help: "The scale of least squared error instead of that of the largest weight (rtn).")
    var scaleSearch = false

    @Flag(help: "One table of levels for a whole weight, and scales (codebook).")
    var sharedTable = false

    @Flag(help: "Levels that are sums of powers of two (codebook).")
    var powersOfTwo = false

    @Flag(help: "Without the search for clipping limits (awq).")
    var noClip = false

    @Flag(help: "Columns in the order of falling activation energy (gptq).")
    var actOrder = false

    @Option(
        help:
            "Weights that become zero: a share such as 0.5, or n:m of every m inputs kept (magnitude, wanda, sparsegpt, qsd)."
    )
    var sparse: String?

    @Option(help: "Dimensions that factors keep, a number or a share of the full rank such as 0.25 (low-rank, qsd).")
    var rank: String?

    @Option(help: "Round the inputs of compressed layers to so many bits: 8, 6, 4.")
    var activations: Int?

    @Option(help: "What shares a scale of rounded inputs: token, or tensor (which needs --calibration).")
    var activationScale: String?

    /// The options that are given, by the keys of a spec.
    var members: [(key: String, value: String)] {
        var members = [(key: "method", value: method)]
        if let bits { members.append(("bits", "\(bits)")) }
        if let format { members.append(("format", format)) }
        if let levels { members.append(("levels", "\(levels)")) }
        if let vector { members.append(("vector", "\(vector)")) }
        if let group { members.append(("group", group)) }
        if asymmetric { members.append(("symmetric", "false")) }
        if scaleSearch { members.append(("scale_search", "true")) }
        if sharedTable { members.append(("shared_table", "true")) }
        if powersOfTwo { members.append(("powers_of_two", "true")) }
        if noClip { members.append(("clip", "false")) }
        if actOrder { members.append(("act_order", "true")) }
        if let sparse { members.append(("sparse", sparse)) }
        if let rank { members.append(("rank", rank)) }
        if let activations { members.append(("activations", "\(activations)")) }
        if let activationScale { members.append(("activation_scale", activationScale)) }
        return members
    }
}
