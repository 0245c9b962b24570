package import Vectors

#if arch(x86_64)
    private import KernelsAVX512
#endif

extension ElementLoops {
    /// The loops for the registers that every processor has that this package runs on.
    package static let common = ElementLoops(
        activate: { $0.activate() }, largest: { $0.largest }, exponentiate: { $0.exponentiate(less: $1) },
        compare: { $0.compare(less: $1) }, cap: { $0.cap() },
        accumulate: { $0.accumulate(scores: $1, keys: $2, sums: $3, channels: $4) })
}

extension Processor {
    /// The loops that kernels called by this task use: the best of this machine's processor unless a caller chose others.
    @TaskLocal package static var loops = availableLoops[0]

    /// Those that this machine's processor can run, the best first.
    package static var availableLoops: [ElementLoops] {
        #if arch(x86_64)
            if usesAVX512 { return [.avx512, .common] }
        #endif
        return [.common]
    }
}
