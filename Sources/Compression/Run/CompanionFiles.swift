package import Checkpoint
package import FoundationEssentials
import System

/// Files of a Hugging Face directory that go with the weights unchanged.
package let companionFiles = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
    "merges.txt", "tokenizer.model", "generation_config.json", "chat_template.jinja",
]

/// Copies what goes with a checkpoint's weights into a directory.
///
/// What is listed beside them has to be read: without its tokenizer an artifact would be whole to everybody.
package func copyCompanions(of checkpoint: Checkpoint, into directory: URL) throws(CompressionError) {
    // A GGUF file has nothing beside it.
    let there = try CompressionError.attempt { () throws(SystemError) in
        try FileStatus(of: checkpoint.directory).kind == .directory ? names(in: checkpoint.directory) : []
    }
    for name in companionFiles where there.contains(name) {
        let source = checkpoint.directory.appending(path: name)
        let bytes = try CompressionError.attempt { () throws(SystemError) in try readFile(source) }
        try writeNew(bytes, to: directory.appending(path: name))
    }
}
