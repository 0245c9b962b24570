import Kernels

/// Where a weight's groups of whole words are stored, numbered through all rows; valid while the weight lives.
///
/// It has no reference for workers to count, who would wait for each other at every block.
///
/// `@unchecked Sendable` because workers store different groups, which touch disjoint memory.
struct GroupTarget: @unchecked Sendable {
    let geometry: PackQuantizedGeometry
    let scaleType: ScaleType
    let codes: UnsafeMutableRawPointer
    let scales: UnsafeMutableRawPointer
    let zeros: UnsafeMutableRawPointer?

    /// Where the codes of a group begin.
    func codes(group: Int) -> UnsafeMutableRawPointer {
        codes + group * (geometry.groupLength * geometry.bits / 8)
    }

    /// Stores scales and zero points of at most eight groups.
    func store(scales groupScales: SIMD8<Float>, zeros groupZeros: SIMD8<UInt8>, groups: Range<Int>) {
        var (groupScales, groupZeros) = (groupScales, groupZeros)
        withUnsafeBytes(of: &groupScales) { bytes in
            // Sound because eight scales lie there.
            let values = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Float.self)
            scaleType.encode(values, count: groups.count, into: scales + groups.lowerBound * scaleType.byteCount)
        }
        guard let zeros else { return }
        withUnsafeBytes(of: &groupZeros) { bytes in
            (zeros + groups.lowerBound).copyMemory(
                from: bytes.baseAddress.unsafelyUnwrapped, byteCount: groups.count)
        }
    }
}
