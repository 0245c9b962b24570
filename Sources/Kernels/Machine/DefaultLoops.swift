package import Vectors

#if arch(x86_64)
    private import KernelsAVX512
#endif

/// The loops for the registers that every processor has that this package runs on.
package enum DefaultLoops: ElementLoops {
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

extension Processor {
    /// The loops that kernels called by this task use: the best of this machine's processor unless a caller chose others.
    @TaskLocal package static var loops: any ElementLoops.Type = availableLoops[0]

    /// Those that this machine's processor can run, the best first.
    package static var availableLoops: [any ElementLoops.Type] {
        #if arch(x86_64)
            if usesAVX512 { return [AVX512Loops.self, DefaultLoops.self] }
        #endif
        return [DefaultLoops.self]
    }
}
