extension GGMLType {
    package static let f32 = GGMLType(F32.self)
    package static let f16 = GGMLType(F16.self)
    package static let bf16 = GGMLType(BF16.self)

    /// Every type whose rows decode and encode.
    package static let all = [f32, f16, bf16, GGMLType(Q8_0.self)]
}
