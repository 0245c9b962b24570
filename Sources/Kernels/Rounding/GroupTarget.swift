/// Where the groups of a weight are stored whose codes take whole words, numbered through all rows.
///
/// It counts no reference when workers use it, who would wait for each other at every block: who made it keeps the
/// memory alive.
///
/// `@unchecked Sendable` because workers store different groups, which touch disjoint memory.
package struct GroupTarget: @unchecked Sendable {
    package let form: GridForm
    let groupLength: Int
    private let groupCount: Int
    private let codes: UnsafeMutableRawPointer
    private let scales: UnsafeMutableRawPointer
    private let zeros: UnsafeMutableRawPointer?

    /// Takes memory for the codes, the scales and, where grids are asymmetric, the zero points of all groups.
    package init(
        _ form: GridForm, groupLength: Int, groupCount: Int, codes: UnsafeMutableRawBufferPointer,
        scales: UnsafeMutableRawBufferPointer, zeros: UnsafeMutableRawBufferPointer?
    ) {
        (self.form, self.groupLength, self.groupCount) = (form, groupLength, groupCount)
        let fits =
            codes.count >= groupCount * groupLength * form.bits / 8
            && scales.count >= groupCount * form.scaleType.byteCount && zeros?.count ?? groupCount >= groupCount
        guard fits, let codes = codes.baseAddress, let scales = scales.baseAddress else {
            preconditionFailure("a weight has room for all of its groups")
        }
        (self.codes, self.scales, self.zeros) = (codes, scales, zeros?.baseAddress)
    }

    private var groupByteCount: Int { groupLength * form.bits / 8 }

    /// The memory of some groups' codes, which are all that may be written there.
    func codes(_ groups: Range<Int>) -> UnsafeMutableRawPointer {
        precondition(groups.lowerBound >= 0 && groups.upperBound <= groupCount, "groups are those of the weight")
        return codes + groups.lowerBound * groupByteCount
    }

    /// Stores scales and zero points.
    func store(scales groupScales: UnsafePointer<Float>, zeros groupZeros: UnsafePointer<UInt8>, groups: Range<Int>) {
        precondition(groups.lowerBound >= 0 && groups.upperBound <= groupCount, "groups are those of the weight")
        let type = form.scaleType
        type.encode(groupScales, count: groups.count, into: scales + groups.lowerBound * type.byteCount)
        if let zeros { (zeros + groups.lowerBound).copyMemory(from: groupZeros, byteCount: groups.count) }
    }
}
