extension GGMLType {
    package static let f32 = GGMLType(F32.self)
    package static let f16 = GGMLType(F16.self)
    package static let bf16 = GGMLType(BF16.self)

    /// Every type whose rows decode and encode.
    package static let all =
        [f32, f16, bf16]
        + [GGMLType(Q4_0.self), GGMLType(Q4_1.self), GGMLType(Q5_0.self), GGMLType(Q5_1.self), GGMLType(Q8_0.self)]
        + [GGMLType(Q2_K.self), GGMLType(Q3_K.self), GGMLType(Q4_K.self), GGMLType(Q5_K.self), GGMLType(Q6_K.self)]
        + [GGMLType(IQ1_S.self), GGMLType(IQ1_M.self)]
        + [GGMLType(IQ2_XXS.self), GGMLType(IQ2_XS.self), GGMLType(IQ2_S.self)]
        + [GGMLType(IQ3_XXS.self), GGMLType(IQ3_S.self), GGMLType(IQ4_NL.self), GGMLType(IQ4_XS.self)]
        + [GGMLType(TQ1_0.self), GGMLType(TQ2_0.self), GGMLType(MXFP4.self), GGMLType(NVFP4.self)]
}
