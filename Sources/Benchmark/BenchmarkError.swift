package import Archive
package import Checkpoint
package import Compression
package import Evaluation
package import ScalingLaws
package import System

/// Why a benchmark cannot be finished.
package enum BenchmarkError: SystemFailure, Equatable {
    /// What was measured gave an answer that its plain reference does not.
    case wrongAnswer(measurement: String, found: String, expected: String)
    case system(SystemError)
    /// A library that does not load, or has no product of float32 matrices.
    case noBLAS(path: String, reason: String)
    case archive(ArchiveError)
    case checkpoint(CheckpointError)
    case compression(CompressionError)
    case evaluation(EvaluationError)
    case laws(ScalingLawsError)
    /// A law that no simulation is designed for.
    case notSimulated(law: String, known: [String])
    /// A file of an earlier run with which this one cannot be compared.
    case notComparable(file: String, reason: String)
}

extension BenchmarkError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .wrongAnswer(let measurement, let found, let expected):
            "'\(measurement)' gave \(found) where the reference gives \(expected)"
        case .system(let error): error.description
        case .noBLAS(let path, let reason): "'\(path)' is no BLAS library: \(reason)"
        case .archive(let error): error.description
        case .checkpoint(let error): error.description
        case .compression(let error): error.description
        case .evaluation(let error): error.description
        case .laws(let error): error.description
        case .notComparable(let file, let reason): "cannot compare with '\(file)': \(reason)"
        case .notSimulated(let law, let known):
            "no simulation of a law '\(law)'; there are \(known.joined(separator: ", "))"
        }
    }
}
