import CKernels
import Kernels
import System

#if arch(x86_64)
    import KernelsAVX512
    import _Builtin_intrinsics.intel
#endif

/// What the machine can do at most: loops of nothing but what bounds other work.
struct Limits {
    private static let group = "limit"

    private let arithmetic: Work
    private let tiles: Work
    private let bandwidth: Work

    init(_ workload: Workload) {
        arithmetic = Self.arithmetic(steps: workload.fusedSteps)
        // Up to 2²⁴ sums of ones are exact in float32.
        tiles = Self.tiles(steps: min(workload.fusedSteps, 1 << 19))
        bandwidth = Self.bandwidth(count: workload.copyByteCount / 4)
    }

    /// The limits that this machine has.
    var all: [Work] { PanelForm.current == .splitBFloat16 ? [arithmetic, tiles, bandwidth] : [arithmetic, bandwidth] }

    func work(_ limit: Measurement.Limit) -> Work {
        switch limit {
        case .arithmetic: arithmetic
        case .tiles: tiles
        case .bandwidth: bandwidth
        }
    }

    /// Fused multiply-adds that touch no memory.
    private static func arithmetic(steps: Int) -> Work {
        let laneCount = Processor.usesAVX512 ? 16 : 8
        let name = "fused multiply-add, vectors of \(32 * laneCount) bits"
        let operations = Double(2 * chains * laneCount * steps)
        return Work(group: group, name: name, limit: .arithmetic, amount: .each(operations)) {
            (threads) throws(BenchmarkError) in
            let sums = Parallel.map(threads) { _ in fusedMultiplyAdds(steps: steps, factor: 0.5, addend: 1) }
            for sum in sums { try Check.equal(sum, Float(2 * chains * laneCount), name) }
        }
    }

    /// Tiles that touch no memory.
    private static func tiles(steps: Int) -> Work {
        let name = "multiplication of tiles, six for one"
        let operations = Double(2 * 16 * 16 * 32 * 4 * steps) / 6
        return Work(group: group, name: name, limit: .tiles, amount: .each(operations)) {
            (threads) throws(BenchmarkError) in
            let sums = Parallel.map(threads) { _ in amx_multiply_ones(steps) }
            for sum in sums { try Check.equal(sum, Float(32 * steps), name) }
        }
    }

    /// A copy, each thread copying a part of its own.
    private static func bandwidth(count: Int) -> Work {
        let source = Synthetic.matrix(rows: 1, columns: count, seed: 1)
        let target = Matrix(rows: 1, columns: count)
        return Work(
            group: group, name: "copy", limit: .bandwidth, amount: .whole(Double(8 * count)),
            run: { threads in
                let part = (count + threads - 1) / threads
                Parallel.forEach(threads) { index in
                    let first = min(count, index * part)
                    (target.base + first).update(from: source.base + first, count: min(count, first + part) - first)
                }
            },
            check: { () throws(BenchmarkError) in
                // Both have `count` numbers, and last as long as this part.
                let (written, read) = (
                    UnsafeRawBufferPointer(start: target.base, count: 4 * count),
                    UnsafeRawBufferPointer(start: source.base, count: 4 * count)
                )
                try Check.equal(holdSameBytes(written, read), true, "copy")
            })
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
