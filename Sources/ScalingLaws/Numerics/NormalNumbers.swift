package import Mathematics

extension RandomNumbers {
    /// Standard normal, by inversion.
    package mutating func normal() -> Double { Normal.quantile((Double(next() >> 11) + 0.5) * 0x1p-53) }
}
