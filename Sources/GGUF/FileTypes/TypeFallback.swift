extension GGMLType {
    /// The type that rows of so many weights get instead of this one where its blocks do not divide them; nil where
    /// llama-quantize knows none.
    ///
    /// `tensor_type_fallback` of llama.cpp's `llama-quant.cpp`: blocks of 32 for those of 256, half precision where these do
    /// not divide either.
    package func fitting(columns: Int) -> GGMLType? {
        if columns.isMultiple(of: weightsPerBlock) { return self }
        let other: GGMLType
        switch spelling {
        case "iq1_s", "iq1_m", "iq2_xxs", "iq2_xs", "iq2_s", "iq3_xxs", "iq3_s", "iq4_xs": other = .iq4NL
        case "q2_k", "q3_k", "tq1_0", "tq2_0": other = .q40
        case "q4_k": other = .q50
        case "q5_k": other = .q51
        case "q6_k": other = .q80
        default: return nil
        }
        return columns.isMultiple(of: other.weightsPerBlock) ? other : .f16
    }
}
