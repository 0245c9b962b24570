/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers for the same seed on every machine.
package struct RandomNumbers: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// An independent stream of a seed: the same for any order in which the streams are used.
    package init(seed: UInt64, stream: Int) {
        var mixer = RandomNumbers(seed: seed ^ (UInt64(truncatingIfNeeded: stream) &* 0xd1b5_4a32_d192_ed03))
        state = mixer.next()
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Uniform in 0..<1.
    package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
}
