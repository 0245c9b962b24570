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

    /// Stores scales and zero points.
    func store(scales groupScales: UnsafePointer<Float>, zeros groupZeros: UnsafePointer<UInt8>, groups: Range<Int>) {
        scaleType.encode(groupScales, count: groups.count, into: scales + groups.lowerBound * scaleType.byteCount)
        if let zeros { (zeros + groups.lowerBound).copyMemory(from: groupZeros, byteCount: groups.count) }
    }
}
