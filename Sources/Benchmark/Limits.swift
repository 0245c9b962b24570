import CKernels
import Glibc
import Kernels

#if arch(x86_64)
    import KernelsAVX512
    import _Builtin_intrinsics.intel
#endif

/// What the machine can do at most, measured in the same run as everything else.
enum Limits {
    static let group = "limit"

    static func measure(_ workload: Workload, _ stand: Stand) throws(BenchmarkError) -> [Measurement] {
        var results: [Measurement] = []
        for threads in Stand.threadCounts {
            results.append(try arithmetic(workload, stand, threads: threads))
            if PanelForm.current == .parts { results.append(try tiles(workload, stand, threads: threads)) }
            results.append(try bandwidth(workload, stand, threads: threads))
        }
        return results
    }

    /// What all threads do at most in a wall second against one: less than their number where the machine is busy, or
    /// where they share a core's tiles.
    static func ratios(_ measurements: [Measurement]) -> [Ratio] {
        [("fused multiply-add", Measurement.Limit.arithmetic), ("tiles", .tiles)].compactMap { name, limit in
            let loops = measurements.filter { $0.group == group && $0.limit == limit }
            guard let one = loops.first, let all = loops.last, all.threads > one.threads else { return nil }
            let rates = [one, all].map { Measurement.quotient($0.work, $0.cost.wallSeconds) }
            return Ratio(
                name: "\(name): \(all.threads) threads to one, work per wall second",
                value: Measurement.quotient(rates[1], rates[0]))
        }
    }

    /// The rate of fused multiply-adds that touch no memory.
    private static func arithmetic(
        _ workload: Workload, _ stand: Stand, threads: Int
    ) throws(BenchmarkError) -> Measurement {
        let laneCount = Processor.usesAVX512 ? 16 : 8
        let name = "fused multiply-add, vectors of \(32 * laneCount) bits"
        let steps = workload.fusedSteps
        let cost = try stand.cost(threads: threads) { () throws(BenchmarkError) in
            let sums = Parallel.map(threads) { _ in fusedMultiplyAdds(steps: steps, factor: 0.5, addend: 1) }
            for sum in sums { try Check.equal(sum, Float(2 * chains * laneCount), name) }
        }
        return Measurement(
            group: group, name: name, threads: threads, limit: .arithmetic,
            work: Double(2 * chains * laneCount * steps * threads), cost: cost)
    }

    /// The rate of tiles that touch no memory.
    private static func tiles(
        _ workload: Workload, _ stand: Stand, threads: Int
    ) throws(BenchmarkError) -> Measurement {
        // Up to 2²⁴ sums of ones are exact in float32.
        let steps = min(workload.fusedSteps, 1 << 19)
        let name = "multiplication of tiles, six for one"
        let cost = try stand.cost(threads: threads) { () throws(BenchmarkError) in
            let sums = Parallel.map(threads) { _ in amx_multiply_ones(steps) }
            for sum in sums { try Check.equal(sum, Float(32 * steps), name) }
        }
        let operations = 2 * 16 * 16 * 32 * 4
        return Measurement(
            group: group, name: name, threads: threads, limit: .tiles, work: Double(operations * steps * threads) / 6,
            cost: cost)
    }

    /// The rate of `memcpy`, each thread copying a part of its own.
    private static func bandwidth(
        _ workload: Workload, _ stand: Stand, threads: Int
    ) throws(BenchmarkError) -> Measurement {
        let count = workload.copyByteCount / 4
        let source = Synthetic.matrix(rows: 1, columns: count, seed: 1)
        let target = Matrix(rows: 1, columns: count)
        let part = (count + threads - 1) / threads
        let cost = stand.cost(threads: threads) {
            Parallel.forEach(threads) { index in
                let first = min(count, index * part)
                memcpy(target.base + first, source.base + first, 4 * (min(count, first + part) - first))
            }
        }
        try Check.equal(memcmp(source.base, target.base, 4 * count), 0, "copy")
        return Measurement(
            group: group, name: "copy", threads: threads, limit: .bandwidth, work: Double(8 * count), cost: cost)
    }
}

private typealias Lanes = SIMD8<Float>
/// Sums that do not wait for each other: at least the latency of the instruction times how many begin at once.
private let chains = 12

/// x ← x·factor + addend from twelve registers at once; the sum of all lanes at the end.
///
/// With factor 1/2 and addend 1 every lane comes to exactly 2, the fixed point.
private func fusedMultiplyAdds(steps: Int, factor: Float, addend: Float) -> Float {
    #if arch(x86_64)
        if Processor.usesAVX512 { return fusedMultiplyAdds512(steps: steps, factor: factor, addend: addend) }
    #endif
    return fusedMultiplyAdds256(steps: steps, factor: factor, addend: addend)
}

@inline(never)
private func fusedMultiplyAdds256(steps: Int, factor: Float, addend: Float) -> Float {
    let (a, b) = (Lanes(repeating: factor), Lanes(repeating: addend))
    var (s0, s1, s2, s3) = (Lanes(repeating: 0), Lanes(repeating: 1), Lanes(repeating: 2), Lanes(repeating: 3))
    var (s4, s5, s6, s7) = (Lanes(repeating: 4), Lanes(repeating: 5), Lanes(repeating: 6), Lanes(repeating: 7))
    var (s8, s9, s10, s11) = (Lanes(repeating: 8), Lanes(repeating: 9), Lanes(repeating: 10), Lanes(repeating: 11))
    for _ in 0..<steps {
        (s0, s1, s2, s3) = (fused(s0, a, b), fused(s1, a, b), fused(s2, a, b), fused(s3, a, b))
        (s4, s5, s6, s7) = (fused(s4, a, b), fused(s5, a, b), fused(s6, a, b), fused(s7, a, b))
        (s8, s9, s10, s11) = (fused(s8, a, b), fused(s9, a, b), fused(s10, a, b), fused(s11, a, b))
    }
    return (((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7)) + ((s8 + s9) + (s10 + s11))).sum()
}

@inline(__always)
private func fused(_ x: Lanes, _ a: Lanes, _ b: Lanes) -> Lanes {
    #if arch(x86_64)
        _mm256_fmadd_ps(x, a, b)
    #else
        b.addingProduct(x, a)
    #endif
}
