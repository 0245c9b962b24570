/// A checkpoint by its contents: one row per model at one training step.
package struct CheckpointRow: Sendable, Equatable {
    package var digest: String
    package var architecture: String
    package var dtype: String
    package var paramsTotal: Int
    package var paramsNonEmbedding: Int
    package var hiddenSize: Int
    package var layers: Int
    package var vocabularySize: Int
    /// How its weights are compressed as they are stored; nil for plain ones.
    package var storedScheme: String?

    package init(
        digest: String, architecture: String, dtype: String, paramsTotal: Int, paramsNonEmbedding: Int, hiddenSize: Int,
        layers: Int, vocabularySize: Int, storedScheme: String? = nil
    ) {
        self.storedScheme = storedScheme
        self.digest = digest
        self.architecture = architecture
        self.dtype = dtype
        self.paramsTotal = paramsTotal
        self.paramsNonEmbedding = paramsNonEmbedding
        self.hiddenSize = hiddenSize
        self.layers = layers
        self.vocabularySize = vocabularySize
    }
}

/// A compression recipe: one row per spec.
package struct SpecRow: Sendable, Equatable {
    package var name: String
    /// The name without the bits.
    package var scheme: String
    package var method: String
    /// Nominal bits per weight, P of the laws.
    package var bits: Double
    /// Weights sharing a scale; nil for a whole channel.
    package var groupSize: Int?
    package var symmetric: Bool
    /// The whole recipe as canonical JSON.
    package var canonical: String

    package init(
        name: String, scheme: String, method: String, bits: Double, groupSize: Int?, symmetric: Bool, canonical: String
    ) {
        self.name = name
        self.scheme = scheme
        self.method = method
        self.bits = bits
        self.groupSize = groupSize
        self.symmetric = symmetric
        self.canonical = canonical
    }
}

/// A held-out token stream: one row per stream.
package struct ShardRow: Sendable, Equatable {
    /// Names the stream: the file and the tokenizer together.
    package var digest: String
    package var name: String
    package var fileDigest: String
    package var tokenizerDigest: String?

    package init(digest: String, name: String, fileDigest: String, tokenizerDigest: String?) {
        self.digest = digest
        self.name = name
        self.fileDigest = fileDigest
        self.tokenizerDigest = tokenizerDigest
    }
}

/// What compression did to a loss, on the windows of the baseline's loss it is compared with; in nats per scored token.
package struct DegradationRow: Sendable, Equatable {
    package var baselineLossNats: Double
    package var qidNats: Double
    /// Standard error of the mean of the windows' differences; nil for one window.
    package var qidStderrNats: Double?
    package var klNats: Double
    package var agreement: Double

    package init(
        baselineLossNats: Double, qidNats: Double, qidStderrNats: Double?, klNats: Double, agreement: Double
    ) {
        self.baselineLossNats = baselineLossNats
        self.qidNats = qidNats
        self.qidStderrNats = qidStderrNats
        self.klNats = klNats
        self.agreement = agreement
    }
}

/// Which tokens of a window count for its loss.
package enum ScoredPart: String, Sendable, Equatable {
    /// All but the first.
    case all
    /// Those of the second half.
    case secondHalf = "second-half"
}

/// How an evaluation was made: enough to find its inputs and to repeat it.
package struct EvaluationProvenance: Sendable, Equatable {
    /// Artifact key of the compressed checkpoint; nil for a baseline.
    package var compressedKey: String?
    /// Digest of what the spec's method was calibrated on; nil where it needs nothing.
    package var calibrationDigest: String?
    package var stageVersion: Int
    package var programVersion: String

    package init(compressedKey: String?, calibrationDigest: String?, stageVersion: Int, programVersion: String) {
        self.compressedKey = compressedKey
        self.calibrationDigest = calibrationDigest
        self.stageVersion = stageVersion
        self.programVersion = programVersion
    }
}

/// One evaluation with all it refers to, recorded in one transaction.
package struct EvaluationRow: Sendable, Equatable {
    /// Artifact key of the evaluation.
    package var key: String
    package var checkpoint: CheckpointRow
    package var shard: ShardRow
    package var contextTokens: Int
    package var scoredTokens: Int
    package var score: ScoredPart
    package var lossNats: Double
    package var perplexity: Double
    package var bitsPerWeight: Double
    /// Summed negative log-likelihood of each window, in nats, in the order of the stream.
    package var windowNLLNats: [Double]
    /// How it came to its windows; nil where their number was asked for.
    package var stopping: Stopping?
    /// The spec and its damage; nil for the baseline, the checkpoint as it is stored.
    package var compression: Compression?
    package var provenance: EvaluationProvenance

    /// The rule by which windows were added until QiD was known well enough.
    package struct Stopping: Sendable, Equatable {
        /// The standard error asked for.
        package var qidStderrTargetNats: Double
        /// Windows that there would have been.
        package var availableWindows: Int
        /// Artifact key of the evaluation that holds the checkpoint's loss in 16 bits, on windows of its own.
        package var baselineKey: String

        package init(qidStderrTargetNats: Double, availableWindows: Int, baselineKey: String) {
            self.qidStderrTargetNats = qidStderrTargetNats
            self.availableWindows = availableWindows
            self.baselineKey = baselineKey
        }
    }

    /// A spec with what it did.
    package struct Compression: Sendable, Equatable {
        package var spec: SpecRow
        package var degradation: DegradationRow

        package init(spec: SpecRow, degradation: DegradationRow) {
            self.spec = spec
            self.degradation = degradation
        }
    }

    package init(
        key: String, checkpoint: CheckpointRow, shard: ShardRow, contextTokens: Int, scoredTokens: Int,
        score: ScoredPart = .all, lossNats: Double, perplexity: Double, bitsPerWeight: Double, windowNLLNats: [Double],
        stopping: Stopping? = nil, compression: Compression?, provenance: EvaluationProvenance
    ) {
        self.key = key
        self.checkpoint = checkpoint
        self.shard = shard
        self.contextTokens = contextTokens
        self.scoredTokens = scoredTokens
        self.score = score
        self.lossNats = lossNats
        self.perplexity = perplexity
        self.bitsPerWeight = bitsPerWeight
        self.windowNLLNats = windowNLLNats
        self.stopping = stopping
        self.compression = compression
        self.provenance = provenance
    }
}
