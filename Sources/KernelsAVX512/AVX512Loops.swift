#if arch(x86_64)
    package import Vectors

    /// The loops for registers of 512 bits, for processors that have AVX-512.
    package enum AVX512Loops: ElementLoops {
        package static func activate(_ row: ActivatedRow) { row.activate() }

        package static func largest(_ block: LogitBlock) -> Float { block.largest }

        package static func exponentiate(_ block: LogitBlock, less largest: Float) -> Double {
            block.exponentiate(less: largest)
        }

        package static func compare(
            _ block: LogitBlock, less largest: Float
        ) -> (sum: Double, difference: Double) { block.compare(less: largest) }

        package static func cap(_ row: CappedRow) { row.cap() }

        package static func accumulate(
            _ softmax: inout OnlineSoftmax, scores: UnsafeMutablePointer<Float>, keys: Int,
            sums: UnsafeMutablePointer<Float>, channels: Int
        ) { softmax.accumulate(scores: scores, keys: keys, sums: sums, channels: channels) }
    }
#endif
