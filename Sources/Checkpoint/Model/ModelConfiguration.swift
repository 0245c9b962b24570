package import FoundationEssentials
package import JSON

/// A checkpoint's `config.json`, parsed; its values are read by the typed getters of `ConfigurationValues`.
package struct ModelConfiguration: ConfigurationValues {
    package let file: String
    package var path: String { "" }
    package let json: JSONObject
    /// The family of the architecture, as `"gpt_neox"`.
    package let modelType: String

    package init(json: JSONObject, file: String) throws(CheckpointError) {
        self.file = file
        self.json = json
        let outermost = ConfigurationSection(file: file, path: "", json: json)
        modelType = try outermost.string("model_type")
    }

    package init(file location: URL) throws(CheckpointError) {
        let file = location.path(percentEncoded: false)
        let bytes = try WeightFiles.contents(location)
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw .malformedConfiguration(file: file, reason: error)
        }
        guard let json = value.object else { throw .configurationNotObject(file: file, found: value.kind) }
        try self.init(json: json, file: file)
    }

    /// The declared type of the weights, `torch_dtype` in old configurations, without a leading `torch.`.
    package var declaredType: String? {
        let text = json["dtype"]?.string ?? json["torch_dtype"]?.string
        return text.map { $0.hasPrefix("torch.") ? String($0.dropFirst(6)) : $0 }
    }

    /// Whether the output head is the token embedding: as configured, else as the family's class in transformers
    /// has it.
    package func tiesWordEmbeddings() throws(CheckpointError) -> Bool {
        try optionalBool("tie_word_embeddings") ?? Self.familiesTiedByDefault.contains(modelType)
    }

    private static let familiesTiedByDefault: Set<String> = [
        "biogpt", "bloom", "cohere", "cohere2", "ernie4_5", "falcon", "falcon_mamba", "gemma", "gemma2", "gemma3",
        "gemma3_text", "gpt2", "gpt_bigcode", "gpt_neo", "minicpm3", "mpt", "openai-gpt", "opt", "smollm3",
        "starcoder2", "xglm",
    ]
}
