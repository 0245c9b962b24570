import Kernels

/// How much the error of each weight of a layer counts when levels are found.
struct LevelWeights: Sendable {
    /// Of each input; nil where all count alike.
    private let importance: [Float]?
    let outliers: Outliers?

    /// Whether each weight counts 1.
    var areEqual: Bool { importance == nil && outliers == nil }

    init(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) {
        importance = try layer.levelImportance(spec)
        outliers = try Outliers(layer, spec, importance: importance)
    }

    /// For weights of a row: 0 for those that are kept apart.
    func of(row: Int, columns: Range<Int>) -> [Float] {
        var weights = importance.map { Array($0[columns]) } ?? [Float](repeating: 1, count: columns.count)
        outliers?.marks.readRow(row) { marks in
            for column in columns where marks[column] == 1 { weights[column - columns.lowerBound] = 0 }
        }
        return weights
    }
}

extension LinearLayer {
    /// How much errors count of the weights of each input, by its mean square in calibration and over the mean of these; nil
    /// where all count alike.
    ///
    /// An input that was always 0 counts a little, so that its weights have levels at all.
    fileprivate func levelImportance(_ spec: Spec) throws(CompressionError) -> [Float]? {
        guard spec.options.importance else { return nil }
        guard let importance else { throw .missingCalibration(method: spec.name) }
        precondition(importance.count == weight.columns, "a layer has as many inputs as its rows are long")
        let mean = importance.reduce(0.0) { $0 + Double($1) } / Double(max(1, importance.count))
        guard mean > 0 else { return nil }
        return importance.map { max(Float(Double($0) / mean), 1e-6) }
    }
}
