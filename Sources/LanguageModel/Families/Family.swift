/// The decoder families by the `model_type` of their configurations.
///
/// To add one:
/// 1. Write `Families/<Name>.swift` with an extension of ``FamilySettings`` that has one function, from the settings to a
///    ``DecoderDescription``. If the model is Llama but for a few parts, start from ``LlamaForm`` and change those
///    (`Families/Qwen.swift` is the shortest example); otherwise fill the description in (`Families/GPTNeoX.swift`).
///    Read each setting with the default that transformers gives it, and refuse by name (``FamilySettings/refuse(_:)``,
///    ``LanguageModelError/unsupported(key:found:supported:)``) whatever the description cannot say.
/// 2. Add a case here.
/// 3. Save a tiny random model of the family with transformers, and compare losses in `ArchitectureTests`.
///
/// The forward pass changes only if the family computes something that no description can say yet; then the description
/// gets a new field whose default is "not there".
package enum Family: String, Sendable, CaseIterable {
    case gptNeoX = "gpt_neox"
    case llama
    case mistral
    case qwen2
    case qwen3
    case gpt2
    case opt
    case olmo
    case olmo2
    case olmo3
    case smolLM3 = "smollm3"
    case bitnet

    /// Describes the model of a checkpoint.
    package static func describe(_ settings: FamilySettings) throws(LanguageModelError) -> DecoderDescription {
        let name = try settings.text("model_type", default: "missing")
        guard let family = Family(rawValue: name) else {
            let supported = allCases.map(\.rawValue).joined(separator: ", ")
            throw .unsupported(key: "model_type", found: "'\(name)'", supported: supported)
        }
        return try family.describe(settings)
    }

    private func describe(_ settings: FamilySettings) throws(LanguageModelError) -> DecoderDescription {
        switch self {
        case .gptNeoX: try settings.gptNeoX()
        case .llama: try settings.llama()
        case .mistral: try settings.mistral()
        case .qwen2: try settings.qwen2()
        case .qwen3: try settings.qwen3()
        case .gpt2: try settings.gpt2()
        case .opt: try settings.opt()
        case .olmo: try settings.olmo()
        case .olmo2: try settings.olmo2()
        case .olmo3: try settings.olmo3()
        case .smolLM3: try settings.smolLM3()
        case .bitnet: try settings.bitnet()
        }
    }
}
