extension NumberFormat {
    /// Microscaling's 4-bit floating-point numbers.
    package static let mxfp4 = NumberFormat(
        name: "mxfp4", summary: "4-bit floating point with a power of two for every 32 weights (OCP MX 1.0)",
        values: .fixed(MXFormat.fp4.levels), nominalBits: 4, usualGroup: .size(MXFormat.block),
        groups: [.size(MXFormat.block)], takesScaleType: false, takesScaleSearch: true, rounding: MXRounding(.fp4))
}
