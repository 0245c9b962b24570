extension NumberFormat {
    /// Microscaling's 8-bit floating-point numbers with four exponent bits.
    package static let mxfp8 = NumberFormat(
        name: "mxfp8", summary: "8-bit floating point (E4M3) with a power of two for every 32 weights (OCP MX 1.0)",
        values: .fixed(MXFormat.fp8.levels), nominalBits: 8, usualGroup: .size(MXFormat.block),
        groups: [.size(MXFormat.block)], takesScaleType: false, takesScaleSearch: true, rounding: MXRounding(.fp8))
}
