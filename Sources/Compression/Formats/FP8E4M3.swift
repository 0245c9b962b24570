extension NumberFormat {
    /// 8-bit floating-point numbers with four exponent bits.
    package static let e4m3 = NumberFormat(
        name: "fp8-e4m3", summary: "8-bit floating point with 4 exponent bits (OCP 8-bit FP 1.0)",
        values: .fixed(Float8.e4m3.levels), nominalBits: 8, rounding: Float8Rounding(.e4m3))
}
