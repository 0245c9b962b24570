import Checkpoint
import JSON
import Pipeline

/// Says once of which models windows are longer than the positions that they were made for: learned positions end there and
/// are refused, rotary ones go on, with losses that are not those of shorter windows.
func noteLongWindows(of context: Int, for checkpoints: [(name: String, checkpoint: Checkpoint)]) {
    let beyond = checkpoints.compactMap { one in
        one.checkpoint.positions.flatMap { $0 < context ? (name: one.name, positions: $0) : nil }
    }
    guard let least = beyond.map(\.positions).min(), let first = beyond.first else { return }
    let more = beyond.count > 1 ? " and \(beyond.count - 1) more" : ""
    Pipeline.report(
        "evaluate: note on '\(first.name)'\(more): windows of \(context) tokens are longer than the \(least) positions it was "
            + "made for ('max_position_embeddings'); its losses there say little of the model")
}

extension Checkpoint {
    /// How many positions its configuration speaks of, for text where it speaks of several things.
    var positions: Int? {
        (config.json["max_position_embeddings"] ?? config.json["text_config"]?.object?["max_position_embeddings"])?.int
    }
}
