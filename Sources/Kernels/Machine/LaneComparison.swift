/// Comparisons of float32 lanes in one instruction each.
///
/// Swift makes its own masks of floats lane by lane, in many instructions.
extension Lanes {
    /// All ones in each lane that is below the other's, all zeros in the others.
    ///
    /// The sign of a difference says which of two finite numbers is less; it says nothing about NaN, or about two infinities
    /// of one sign.
    @inlinable
    @inline(__always)
    package func isBelow(_ other: Lanes) -> SIMD8<Int32> {
        // Adding 0 makes 0 of −0, which is no difference.
        (self - other + Lanes.zero).patterns &>> 31
    }

    /// The bits as whole numbers, which have the order of the values where these are not negative.
    @inlinable
    @inline(__always)
    package var patterns: SIMD8<Int32> {
        // Sound because both are eight times four bytes, and any bits are whole numbers.
        unsafeBitCast(self, to: SIMD8<Int32>.self)
    }

    /// The other's lanes where all bits of the mask are ones, these where they are zeros.
    @inlinable
    @inline(__always)
    package func choosing(_ other: Lanes, where mask: SIMD8<Int32>) -> Lanes {
        // Sound as above, and any bits are a float.
        unsafeBitCast(patterns.choosing(other.patterns, where: mask), to: Lanes.self)
    }
}

extension SIMD8<Int32> {
    /// The other's lanes where all bits of the mask are ones, these where they are zeros.
    @inlinable
    @inline(__always)
    package func choosing(_ other: Self, where mask: Self) -> Self { (self & ~mask) | (other & mask) }
}
