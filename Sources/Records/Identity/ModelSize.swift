import JSON

/// How large a model is, in all the ways that laws may count.
package struct ModelSize: Sendable, Equatable {
    /// All parameters.
    package var parameters: Int
    /// N of the laws: all but embeddings and output head.
    package var nonEmbeddingParameters: Int
    /// Those of N that one token meets; fewer than N in a mixture of experts.
    package var activeParameters: Int
    package var layers: Int
    /// Values of the residual stream.
    package var width: Int
    /// Tokens that it knows.
    package var vocabulary: Int

    package init(
        parameters: Int, nonEmbeddingParameters: Int, activeParameters: Int? = nil, layers: Int, width: Int,
        vocabulary: Int
    ) {
        self.activeParameters = activeParameters ?? nonEmbeddingParameters
        (self.parameters, self.nonEmbeddingParameters, self.layers) = (parameters, nonEmbeddingParameters, layers)
        (self.width, self.vocabulary) = (width, vocabulary)
    }

    /// Reads the size out of an object's members; nil if it is not there.
    init?(members object: JSONObject) {
        guard let parameters = object["params_total"]?.int,
            let nonEmbedding = object["params_non_embedding"]?.int, let layers = object["layers"]?.int,
            let width = object["width"]?.int, let vocabulary = object["vocabulary"]?.int
        else { return nil }
        self.init(
            parameters: parameters, nonEmbeddingParameters: nonEmbedding,
            activeParameters: object["params_active"]?.int, layers: layers, width: width, vocabulary: vocabulary)
    }

    /// Puts the size into an object.
    func add(to object: inout JSONObject) {
        object["params_total"] = .integer(parameters)
        object["params_non_embedding"] = .integer(nonEmbeddingParameters)
        // Dense models have no key, so that what was written before there were others stays the same bytes.
        if activeParameters != nonEmbeddingParameters { object["params_active"] = .integer(activeParameters) }
        object["layers"] = .integer(layers)
        object["width"] = .integer(width)
        object["vocabulary"] = .integer(vocabulary)
    }
}
