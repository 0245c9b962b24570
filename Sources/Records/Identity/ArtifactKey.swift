import Crypto
package import JSON

/// The name of an artifact: SHA-256 of the canonical JSON of everything that went into it.
package struct ArtifactKey: Sendable, Hashable {
    /// 64 hexadecimal digits.
    package let text: String

    /// The key of what a stage makes of inputs, known by their digests, when it is asked to do what `parameters` say.
    ///
    /// The stage's version is part of it, and goes up when the same inputs give other bytes.
    package init(stage: Stage, inputs: JSONValue, parameters: JSONValue) {
        let identity: JSONValue = [
            "stage": .string(stage.rawValue), "version": .integer(stage.version), "inputs": inputs,
            "parameters": parameters,
        ]
        text = sha256(Array(identity.canonicalText.utf8))
    }
}

/// The stages of the pipeline, in the order in which data goes through them.
package enum Stage: String, Sendable, CaseIterable {
    case ingest, quantize, evaluate, record, fit

    /// Goes up when the same inputs give other bytes, so that older artifacts are not mistaken for new ones.
    ///
    /// 2 of `quantize` and `evaluate`: matrix products, attention and the head sum in another order. 3 of `evaluate`:
    /// windows from all over the shard, standard errors from blocks of them, KL of each. 2 of `fit`: eigenvalues by another
    /// algorithm, in the last digits of parameters; 3: one phase, errors as weights, intervals from runs; 4: degrees of freedom that know
    /// what runs have of their own, and how measurements lie about a law; 5: intervals of measurements by the degrees of
    /// freedom of each part of their variance.
    package var version: Int {
        switch self {
        case .fit: 5
        case .evaluate: 3
        case .quantize: 2
        case .ingest, .record: 1
        }
    }

    /// The executable that runs this stage.
    package var command: String { "qid-" + rawValue }
}

/// SHA-256 of bytes, in hexadecimal.
package func sha256(_ bytes: [UInt8]) -> String {
    hexadecimal(SHA256.hash(data: bytes))
}

/// Bytes as lower-case hexadecimal digits.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}
