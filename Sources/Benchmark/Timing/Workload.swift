/// How much of everything is measured.
package struct Workload: Sendable {
    /// Times that everything is measured; the median counts.
    package var rounds = 15
    /// The least seconds of one measurement: shorter work is done several times.
    package var leastSeconds = 0.02
    /// A BLAS library whose products are taken in turn with ours.
    package var blas: String?
    /// Steps of the loop that finds the peak rate of fused multiply-adds.
    package var fusedSteps = 4_000_000
    /// Bytes copied to find the memory bandwidth: more than caches hold.
    package var copyByteCount = 128 << 20
    /// The layers of Pythia-160m.
    package var product = Product(
        tokens: 512,
        shapes: [
            .init(outputs: 2304, inputs: 768), .init(outputs: 768, inputs: 768), .init(outputs: 3072, inputs: 768),
            .init(outputs: 768, inputs: 3072),
        ])
    /// The attention of Pythia-160m.
    package var attention = Attention(windows: 4, context: 512, heads: 12, headSize: 64)
    /// The head of Pythia-70m.
    package var head = Head(tokens: 512, width: 512, vocabulary: 50_304)
    /// Rows and columns that norms and activations work on.
    package var elementwise = Shape(outputs: 16_384, inputs: 1024)
    /// The float16 weight that is rounded.
    package var rounding = Shape(outputs: 8192, inputs: 4096)
    package var roundingGroup = 128
    package var roundingBits = [2, 3, 4, 8]
    /// The float16 weight of methods that search or factor.
    package var searched = Shape(outputs: 768, inputs: 768)
    /// The digest is NumPy's and hashlib's of the same values.
    package var file = File(
        byteCount: 16 << 20, sha256: "b194effd498d52c4d2ea8f674063b5ad326ac35391fa2c9869c2d5a1e6c65288")
    package var models = [ModelShape.pythia70m]
    package var modelWindows = 4
    package var modelContext = 512

    package init() {}

    /// What `qid bench` measures.
    ///
    /// `large` adds the model of Pythia-160m's shape, `blas` a BLAS library whose products are taken in turn with ours.
    package static func standard(large: Bool, rounds: Int, blas: String?) -> Workload {
        var workload = Workload()
        if large { workload.models.append(.pythia160m) }
        workload.rounds = rounds
        workload.blas = blas
        return workload
    }

    /// The sizes of a weight.
    package struct Shape: Sendable {
        package var outputs: Int
        package var inputs: Int

        package init(outputs: Int, inputs: Int) {
            self.outputs = outputs
            self.inputs = inputs
        }

        var count: Int { outputs * inputs }
    }

    /// Matrix products of so many tokens with weights of these shapes.
    package struct Product: Sendable {
        package var tokens: Int
        package var shapes: [Shape]

        package init(tokens: Int, shapes: [Shape]) {
            self.tokens = tokens
            self.shapes = shapes
        }
    }

    /// Attention of so many windows and heads.
    package struct Attention: Sendable {
        package var windows: Int
        package var context: Int
        package var heads: Int
        package var headSize: Int

        package init(windows: Int, context: Int, heads: Int, headSize: Int) {
            self.windows = windows
            self.context = context
            self.heads = heads
            self.headSize = headSize
        }

        var width: Int { heads * headSize }
        var rows: Int { windows * context }
    }

    /// An output head and the tokens it scores.
    package struct Head: Sendable {
        package var tokens: Int
        package var width: Int
        package var vocabulary: Int

        package init(tokens: Int, width: Int, vocabulary: Int) {
            self.tokens = tokens
            self.width = width
            self.vocabulary = vocabulary
        }
    }

    /// A file of synthetic float16 weights and the digest that another implementation gave for it.
    package struct File: Sendable {
        package var byteCount: Int
        package var sha256: String

        package init(byteCount: Int, sha256: String) {
            self.byteCount = byteCount
            self.sha256 = sha256
        }
    }
}
