#if arch(x86_64)
    package import Vectors

    extension ElementLoops {
        /// The loops for registers of 512 bits, for processors that have AVX-512.
        package static let avx512 = ElementLoops(
            activate: { $0.activate() }, largest: { $0.largest }, exponentiate: { $0.exponentiate(less: $1) },
            compare: { $0.compare(less: $1) }, cap: { $0.cap() },
            accumulate: { $0.accumulate(scores: $1, keys: $2, sums: $3, channels: $4) })
    }
#endif
