import Compression
import RealModule

/// A spec, what bounds it, and how its answer is checked.
struct MeasuredMethod {
    let spec: Spec
    let bound: Bound
    let check: MethodCheck

    /// What cannot be saved.
    enum Bound: Equatable {
        /// The weight's bytes read once, the result's written once.
        case bytes
        /// Operations by rows and columns.
        case operations((_ rows: Double, _ columns: Double) -> Double)

        static func == (left: Bound, right: Bound) -> Bool {
            if case .bytes = left, case .bytes = right { true } else { false }
        }
    }

    private init(_ spec: Spec, _ bound: Bound, _ check: MethodCheck) {
        (self.spec, self.bound, self.check) = (spec, bound, check)
    }

    static func all() throws(BenchmarkError) -> [MeasuredMethod] {
        do throws(CompressionError) { return try formats() + pruned() + searched() } catch { throw .compression(error) }
    }

    private static func formats() throws(CompressionError) -> [MeasuredMethod] {
        // Blocks of GGUF files depend on the whole checkpoint, which there is none of here.
        try NumberFormat.named.filter { $0.blocks == nil }.map { (format) throws(CompressionError) in
            MeasuredMethod(try Spec(method: .rtn, format: format), .bytes, .nearest)
        }
    }

    private static func pruned() throws(CompressionError) -> [MeasuredMethod] {
        var methods: [MeasuredMethod] = []
        for (method, sparsity) in [
            (Method.magnitude, Sparsity.pattern(kept: 2, of: 4)), (.magnitude, .share(0.5)),
            (.wanda, .pattern(kept: 2, of: 4)),
        ] {
            let spec = try Spec(method: method, format: .stored, options: .init(sparsity: sparsity))
            methods.append(MeasuredMethod(spec, .bytes, .pruned))
        }
        return methods
    }

    /// What the operations are, `Performance.md` says.
    private static func searched() throws(CompressionError) -> [MeasuredMethod] {
        let (nearest, zeros) = (try rounded(.rtn), try Spec(method: .magnitude, format: .stored, options: half))
        return [
            MeasuredMethod(
                try rounded(.rtn, .init(scaleSearch: true)), .operations { 80 * 8 * $0 * $1 },
                .error(share: 1, of: nearest)),
            MeasuredMethod(try rounded(.hqq), .operations { 20 * 12 * $0 * $1 }, .error(share: 1.5, of: nearest)),
            MeasuredMethod(
                try Spec(method: .codebook, format: .levels(16, vector: 1)),
                .operations { 8 * 16 * $0 * $1 * Double.log2($1) }, .nearest),
            MeasuredMethod(
                try Spec(method: .codebook, format: .levels(256, vector: 4)), .operations { 2 * 256 * $0 * $1 },
                .error(share: 1, of: try Spec(method: .codebook, format: .levels(4, vector: 1)))),
            MeasuredMethod(
                try Spec(method: .lowRank, format: .stored, options: .init(rank: .share(0.25))),
                .operations { 1.5 * $0 * $1 * min($0, $1) + 9 * Double.pow(min($0, $1), 3) }, .projected),
            MeasuredMethod(
                try rounded(.gptq), .operations { $0 * $1 * $1 + $1 * $1 * $1 }, .error(share: 1, of: nearest)),
            MeasuredMethod(
                try Spec(method: .sparsegpt, format: .stored, options: half),
                .operations { $0 * $1 * $1 + $1 * $1 * $1 }, .error(share: 1, of: zeros)),
        ]
    }

    private static let half = Spec.Options(sparsity: .pattern(kept: 2, of: 4))

    private static func rounded(_ method: Method, _ options: Spec.Options = .init()) throws(CompressionError) -> Spec {
        try Spec(method: method, format: .integer(bits: 4), group: .size(64), symmetric: false, options: options)
    }
}
