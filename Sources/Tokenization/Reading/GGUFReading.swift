import FoundationEssentials
import GGUF
import JSON

extension Tokenizer {
    /// What a `tokenizer.json` would say of the tokenizer in a GGUF file.
    static func value(ofGGUF file: URL) throws(TokenizationError) -> JSONValue {
        let (metadata, embedded): (GGUFMetadata, String?)
        do throws(GGUFError) {
            metadata = try GGUFFile(file).metadata
            embedded = try GGUFTokenizer.embedded(metadata)
            guard embedded != nil else { return .object(try GGUFTokenizer(metadata).json()) }
        } catch {
            if case .system(let error) = error { throw .system(error) }
            throw .gguf(error)
        }
        do throws(JSONError) { return try JSONValue(parsing: Array((embedded ?? "").utf8)) } catch {
            throw .notJSON(file: file.path, error)
        }
    }
}
