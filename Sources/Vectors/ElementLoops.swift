/// The loops over elements that wide registers make faster.
///
/// Each is written once, as an inlined method of its argument. A type that conforms to this protocol has them compiled for
/// the processor that its module is compiled for, and may be used only there. All give the same bits.
@usableFromInline package protocol ElementLoops: SendableMetatype {
    /// `row.activate()`.
    static func activate(_ row: ActivatedRow)

    /// `block.largest`.
    static func largest(_ block: LogitBlock) -> Float

    /// `block.exponentiate(less:)`.
    static func exponentiate(_ block: LogitBlock, less largest: Float) -> Double

    /// `block.compare(less:)`.
    static func compare(_ block: LogitBlock, less largest: Float) -> (sum: Double, difference: Double)

    /// `row.cap()`.
    static func cap(_ row: CappedRow)

    /// `softmax.accumulate(scores:keys:sums:channels:)`.
    static func accumulate(
        _ softmax: inout OnlineSoftmax, scores: UnsafeMutablePointer<Float>, keys: Int,
        sums: UnsafeMutablePointer<Float>, channels: Int)
}
