/// The loops over elements that wide registers make faster.
///
/// Each is written once, as an inlined method of its argument. A module that makes a value of this type has them compiled
/// for the processor that it is compiled for, and the value may be used only there. All give the same bits.
package struct ElementLoops: Sendable {
    /// `row.activate()`.
    package let activate: @Sendable (_ row: ActivatedRow) -> Void
    /// `block.largest`.
    package let largest: @Sendable (_ block: LogitBlock) -> Float
    /// `block.exponentiate(less:)`.
    package let exponentiate: @Sendable (_ block: LogitBlock, _ largest: Float) -> Double
    /// `block.compare(less:)`.
    package let compare: @Sendable (_ block: LogitBlock, _ largest: Float) -> (sum: Double, difference: Double)
    /// `row.cap()`.
    package let cap: @Sendable (_ row: CappedRow) -> Void
    /// `softmax.accumulate(scores:keys:sums:channels:)`.
    package let accumulate:
        @Sendable (
            _ softmax: inout OnlineSoftmax, _ scores: UnsafeMutablePointer<Float>, _ keys: Int,
            _ sums: UnsafeMutablePointer<Float>, _ channels: Int
        ) -> Void

    package init(
        activate: @escaping @Sendable (ActivatedRow) -> Void, largest: @escaping @Sendable (LogitBlock) -> Float,
        exponentiate: @escaping @Sendable (LogitBlock, Float) -> Double,
        compare: @escaping @Sendable (LogitBlock, Float) -> (sum: Double, difference: Double),
        cap: @escaping @Sendable (CappedRow) -> Void,
        accumulate:
            @escaping @Sendable (
                inout OnlineSoftmax, UnsafeMutablePointer<Float>, Int, UnsafeMutablePointer<Float>, Int
            ) -> Void
    ) {
        (self.activate, self.largest, self.exponentiate) = (activate, largest, exponentiate)
        (self.compare, self.cap, self.accumulate) = (compare, cap, accumulate)
    }
}
