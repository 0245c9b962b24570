import Checkpoint
package import Compression

extension DecoderDescription {
    /// Why a GGUF file would be another model than this; nil if readers take it for the same.
    ///
    /// llama.cpp's files say less than configurations do; what a file says is read back as anybody else's.
    package func difference(fromFile plan: GGUFPlan) throws(LanguageModelError) -> String? {
        let names = plan.names
        if let lost = parameters.first(where: { !names.contains($0.name) }) {
            return "it has no place for '\(lost.name)'"
        }
        let settings = FamilySettings(
            json: plan.configuration,
            hasModule: { name in
                // Checkpoints saved without a head leave the body's prefix out.
                let bare = name.drop { $0 != "." }.dropFirst()
                return names.contains(name + ".weight") || names.contains(bare + ".weight")
            })
        return difference(from: try Family.describe(settings))
    }
}
