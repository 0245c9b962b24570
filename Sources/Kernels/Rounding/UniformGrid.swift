/// How the grids of a weight's groups are made and stored.
package struct GridForm: Sendable, Equatable {
    package let bits: Int
    package let symmetric: Bool
    package let scaleType: ScaleType

    package init(bits: Int, symmetric: Bool, scaleType: ScaleType) {
        (self.bits, self.symmetric, self.scaleType) = (bits, symmetric, scaleType)
    }

    /// The largest code, 2ᵇ − 1.
    package var top: Int32 { Int32(1) << Int32(bits) - 1 }
    /// The zero point of symmetric grids, 2ᵇ⁻¹.
    package var symmetricZero: Int32 { Int32(1) << Int32(bits - 1) }
}

/// The evenly spaced values that a group's codes stand for: code q is the value (q − zero)·scale, 0 ≤ q < 2ᵇ.
///
/// A symmetric grid has its zero in the middle, at 2ᵇ⁻¹.
package struct UniformGrid: Equatable {
    package let scale: Float
    package let zero: Int32

    /// The grid of round to nearest for values from `low` ≤ 0 to `high` ≥ 0.
    ///
    /// Symmetric: scale = max|w| / ((2ᵇ − 1)/2). Asymmetric: scale = (high − low)/(2ᵇ − 1),
    /// zero = clamp(round(−low/scale), 0, 2ᵇ − 1), rounding half to even. The scale is rounded to its stored type before
    /// it is used; an all-zero group has scale 1, and one whose scale would round to 0 the least positive one.
    /// Nil where the scale is too large for its type. (The convention of compressed-tensors and GPTQ.)
    package init?(low: Float, high: Float, _ form: GridForm) {
        let top = Float(form.top)
        let span = form.symmetric ? max(-low, high) / (top / 2) : (high - low) / top
        let rounded = form.scaleType.rounded(span)
        guard rounded.isFinite else { return nil }
        scale = low == high ? 1 : max(rounded, form.scaleType.leastPositive)
        zero = form.symmetric ? form.symmetricZero : Int32(min(max((-low / scale).rounded(.toNearestOrEven), 0), top))
    }

    @inlinable
    package init(scale: Float, zero: Int32) {
        self.scale = scale
        self.zero = zero
    }

    /// The code whose value is nearest: clamp(round(w/scale) + zero, 0, 2ᵇ − 1), half to even.
    @inline(__always)
    func code(_ value: Float, top: Int32) -> UInt8 {
        let steps = (value / scale).rounded(.toNearestOrEven)
        // Beyond this bound the code is clamped anyway, and the conversion cannot overflow.
        let bounded = Int32(min(max(steps, -512), 512))
        return UInt8(truncatingIfNeeded: min(max(bounded + zero, 0), top))
    }

    /// The value of a code, exact in float32: the product of 9 and at most 11 significant bits, or of a 24-bit scale rounded.
    @inlinable
    @inline(__always)
    package func value(_ code: UInt8) -> Float { Float(Int32(code) - zero) * scale }
}
