extension NumberFormat {
    /// Microscaling's 6-bit floating-point numbers with three bits of fraction.
    package static let mxfp6 = NumberFormat(
        name: "mxfp6", summary: "6-bit floating point (E2M3) with a power of two for every 32 weights (OCP MX 1.0)",
        values: .fixed(MXFormat.fp6.levels), nominalBits: 6, usualGroup: .size(MXFormat.block),
        groups: [.size(MXFormat.block)], takesScaleType: false, takesScaleSearch: true, rounding: MXRounding(.fp6))
}
