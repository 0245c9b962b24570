/// The names of modules inside a layer and beside the layers, Llama's unless said.
struct LlamaNames {
    var body = "model."
    var finalNorm = "norm"
    var attentionNorm = "input_layernorm"
    /// The norm in front of the MLP.
    var mlpNorm = "post_attention_layernorm"
    /// The norms behind attention and MLP, where there are such.
    var afterAttention = "post_attention_layernorm"
    var afterMLP = "post_feedforward_layernorm"
    var output = "o_proj"
    var queryNorm = "q_norm"
    var keyNorm = "k_norm"
    var gate = "gate_proj"
    var up = "up_proj"
    var down = "down_proj"
    var activation = "act_fn"
    /// The one linear layer for queries, keys and values, where there is one (Phi-3).
    var fusedAttention: String?
    /// The one linear layer for gate and up, the gate's outputs first, where there is one (Phi-3).
    var fusedMLP: String?
}
