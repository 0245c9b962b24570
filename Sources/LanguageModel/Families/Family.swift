/// A decoder family: the models that one kind of configuration describes.
///
/// A family is a value in a file of its own and an entry of ``all``; nothing else in the program knows a family.
/// <doc:AddAFamily> walks through adding one.
package struct Family: Sendable {
    /// The `model_type`s of configurations that it answers to.
    package let modelTypes: [String]
    /// What makes it what it is, in one sentence.
    package let summary: String
    /// Constants that code of the family once saved beside each layer's parameters, by their names inside a layer.
    ///
    /// Nothing reads them, and they count as no parameters. Those that many families have need not be named
    /// (`UnplacedTensors`).
    let buffers: [String]
    private let read: @Sendable (FamilySettings) throws(LanguageModelError) -> DecoderDescription

    init(
        _ modelTypes: String..., summary: String, buffers: [String] = [],
        describe read: @escaping @Sendable (FamilySettings) throws(LanguageModelError) -> DecoderDescription
    ) {
        self.modelTypes = modelTypes
        self.summary = summary
        self.buffers = buffers
        self.read = read
    }

    /// Every family, in the order in which errors and documents name them.
    package static let all: [Family] = [
        .gptNeoX, .llama, .mistral, .qwen2, .qwen3, .gpt2, .opt, .olmo, .olmo2, .olmo3, .smolLM3, .bitNet, .gemma,
        .gemma2,
        .gemma3, .phi, .phi3, .stableLM, .granite, .cohere, .starCoder2, .gptBigCode, .nemotron, .gptJ, .falcon, .bloom,
        .mpt, .apertus, .hfOLMo, .olmoE, .mixtral, .qwen2MoE, .qwen3MoE, .gptOSS,
    ]

    /// Describes the model of a checkpoint by the family that answers to its `model_type`.
    package static func describe(_ settings: FamilySettings) throws(LanguageModelError) -> DecoderDescription {
        let name = try settings.text("model_type", default: "missing")
        guard let family = all.first(where: { $0.modelTypes.contains(name) }) else {
            let supported = all.flatMap(\.modelTypes).joined(separator: ", ")
            throw .unsupported(key: "model_type", found: "'\(name)'", supported: supported)
        }
        var description = try family.read(settings)
        description.modelType = name
        description.buffers = family.buffers
        return description.sharingInputs()
    }
}
