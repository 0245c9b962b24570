/// Which token ends a document where the model's configuration does not say.
enum EndOfText {
    /// The names that model families give it; the first that a tokenizer has is taken.
    ///
    /// GPT-2, GPT-NeoX, OLMo and Qwen; Llama 3; Llama 2, Mistral and OPT; Gemma; DeepSeek.
    static let names = ["<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<｜end▁of▁sentence｜>"]
}
