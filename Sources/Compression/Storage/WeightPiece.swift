/// A tensor's part in a module's weight, by its name: what bits per weight count.
///
/// That nothing stands beside a weight but what its form reads is ``WeightStore/tensors(readFor:transposed:stack:)``'s to say.
struct WeightPiece {
    let module: String
    /// What follows the module's name and a dot.
    let piece: String

    /// Pieces that hold the weight itself, one of which every module with a weight has.
    static let main = ["weight", "weight_packed", "weight_mask", "weight_left_shape", "weight_blocks", "qweight"]

    /// Nil for biases and whatever else belongs to no weight.
    init?(_ name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard let last = parts.last, parts.count > 1 else { return nil }
        if Self.besideWeight.contains(last), parts.count > 2, parts[parts.count - 2] == "weight" {
            module = parts.dropLast(2).joined(separator: ".")
            piece = "weight." + last
        } else if last == "weight" || last.hasPrefix("weight_") || Self.besideCodes.contains(last) {
            module = parts.dropLast().joined(separator: ".")
            piece = String(last)
        } else {
            return nil
        }
    }

    /// Whether the piece holds values; a shape or a format is a description.
    var isStored: Bool { StoredLayout.countsAsStored(piece) && piece != "weight_format" }

    /// bitsandbytes' pieces of 4-bit weights, named `weight.absmax` and so on.
    private static let besideWeight: Set<Substring> = ["absmax", "quant_map", "nested_absmax", "nested_quant_map"]
    /// GPTQ's and AWQ's pieces, and bitsandbytes' of 8-bit weights.
    private static let besideCodes: Set<Substring> = ["qweight", "qzeros", "scales", "g_idx", "SCB"]
}
