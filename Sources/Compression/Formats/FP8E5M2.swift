import Kernels

extension NumberFormat {
    /// 8-bit floating-point numbers with five exponent bits.
    package static let e5m2 = NumberFormat(
        name: "fp8-e5m2", summary: "8-bit floating point with 5 exponent bits (OCP 8-bit FP 1.0)",
        values: .fixed(Float8.e5m2.levels), nominalBits: 8, scaleType: .float32, rounding: Float8Rounding(.e5m2))
}
