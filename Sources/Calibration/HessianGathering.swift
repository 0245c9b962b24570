import Compression
import Kernels
import LanguageModel

/// Hessians and greatest magnitudes of the inputs that are shown, and how far they are from those of the uncompressed model,
/// each shared by the modules that have the same input.
final class HessianGathering {
    private(set) var hessians: [String: Hessian] = [:]
    private(set) var drifts: [String: CrossMoments] = [:]
    private let context: Int
    private(set) var largest: [String: Float] = [:]
    /// Whether there was room for all that was shown and not seen before.
    private(set) var isComplete = true
    private let seen: Set<String>
    private let byteCount: Int
    private var used = 0

    init(context: Int, except seen: Set<String>, byteCount: Int) {
        self.context = context
        self.seen = seen
        self.byteCount = byteCount
    }

    /// Adds some windows' inputs; `uncompressed` are those in the uncompressed model, where they are wanted.
    func add(_ inputs: MatrixView, of modules: [String], uncompressed: MatrixView? = nil) {
        guard let first = modules.first, !seen.contains(first) else { return }
        // Experts are given other numbers of tokens than whole windows have.
        let windows = (inputs.rows + context - 1) / context
        if let known = hessians[first] {
            known.add(inputs, windows: windows)
            if let uncompressed { drifts[first]?.add(inputs, uncompressed: uncompressed, windows: windows) }
            return enlarge(inputs, modules)
        }
        let needed = (uncompressed == nil ? 8 : 16) * inputs.columns * inputs.columns
        guard hessians.isEmpty || needed <= byteCount - used else {
            isComplete = false
            return
        }
        used += needed
        let hessian = Hessian(columns: inputs.columns)
        for module in modules { hessians[module] = hessian }
        hessian.add(inputs, windows: windows)
        if let uncompressed {
            let drift = CrossMoments(columns: inputs.columns)
            for module in modules { drifts[module] = drift }
            drift.add(inputs, uncompressed: uncompressed, windows: windows)
        }
        enlarge(inputs, modules)
    }

    private func enlarge(_ inputs: MatrixView, _ modules: [String]) {
        let found = largestMagnitude(of: inputs)
        for module in modules { largest[module] = max(largest[module] ?? 0, found) }
    }
}

extension Hessian {
    /// Whether all inputs were finite: the diagonal sums their squares.
    var isFinite: Bool { (0..<columns).allSatisfy { self[$0, $0].isFinite } }
}
