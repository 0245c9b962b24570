/// The functions between a decoder's linear layers, applied to each element.
@usableFromInline package enum Activation: Sendable, Equatable, CaseIterable {
    /// x·Φ(x) with the normal distribution's Φ.
    case gelu
    /// x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))).
    case geluTanh
    /// x/(1 + e⁻ˣ).
    case silu
    /// max(x, 0).
    case relu
    /// max(x, 0)².
    case reluSquared
}
