/// Comparisons of what was measured with what it should have given.
enum Check {
    static func equal<Value: Equatable>(
        _ found: Value, _ expected: Value, _ measurement: String
    ) throws(BenchmarkError) {
        guard found == expected else {
            throw .wrongAnswer(measurement: measurement, found: "\(found)", expected: "\(expected)")
        }
    }

    /// Accepts a difference up to `tolerance`; what is not a number is never right.
    static func close(
        _ found: Float, _ expected: Double, tolerance: Double, _ measurement: String
    ) throws(BenchmarkError) {
        try close(Double(found), expected, tolerance: tolerance, measurement)
    }

    static func close(
        _ found: Double, _ expected: Double, tolerance: Double, _ measurement: String
    ) throws(BenchmarkError) {
        guard (found - expected).magnitude <= tolerance else {
            throw .wrongAnswer(measurement: measurement, found: "\(found)", expected: "\(expected)")
        }
    }
}
