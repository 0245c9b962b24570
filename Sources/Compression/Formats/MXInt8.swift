extension NumberFormat {
    /// Microscaling's 8-bit integers.
    package static let mxint8 = NumberFormat(
        name: "mxint8", summary: "8-bit integers with a power of two for every 32 weights (OCP MX 1.0)",
        values: .fixed(MXFormat.int8.levels), nominalBits: 8, usualGroup: .size(MXFormat.block),
        groups: [.size(MXFormat.block)], takesScaleType: false, rounding: MXRounding(.int8))
}
