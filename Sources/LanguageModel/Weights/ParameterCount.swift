import Compression

/// How many parameters a model has, whatever form its weights are stored in.
///
/// They are those of the description. A tied output head is the token embedding and counts once, also where a checkpoint
/// stores it a second time; one that is stored with other values is a head of its own, as transformers computes with it.
package struct ParameterCount: Sendable, Equatable {
    /// All parameters.
    package let total: Int
    /// N: all but token and position embeddings and the output head.
    package let nonEmbedding: Int
    /// Those of N that one token meets: all of them, less the experts that it does not choose.
    package let active: Int

    /// Counts of a model, dense unless `active` says otherwise.
    package init(total: Int, nonEmbedding: Int, active: Int? = nil) {
        self.total = total
        self.nonEmbedding = nonEmbedding
        self.active = active ?? nonEmbedding
    }

    /// Counts the parameters of a model whose tensors have been found.
    init(_ description: DecoderDescription, in store: WeightStore) {
        let storesHeadTwice =
            description.tiesHead
            && store.sharesTensor(
                description.head + ".weight", with: store, named: description.embedding.module + ".weight")
        var (total, nonEmbedding) = (0, 0)
        for tensor in description.parameters
        where !(tensor.piece == "weight" && tensor.role == .outputHead && storesHeadTwice) {
            total += tensor.count
            nonEmbedding += tensor.role == .inner ? tensor.count : 0
        }
        let idle = description.layers.reduce(0) { $0 + $1.idleParameterCount }
        self.init(total: total, nonEmbedding: nonEmbedding, active: nonEmbedding - idle)
    }
}
