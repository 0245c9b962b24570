import Checkpoint
import Compression
import FoundationEssentials
import JSON
import Kernels
import LanguageModel
import System

/// Writes a checkpoint whose weights are turned, in float32, into a new directory, and opens it.
///
/// Tensors are turned in Double. A head that is tied to the embedding gets a tensor of its own, as what is folded into it
/// is not in the embedding. What the turning does not reach is copied as it is stored.
func rotatedCheckpoint(_ store: WeightStore, in directory: URL) throws(LanguageModelError) -> Checkpoint {
    let checkpoint = store.checkpoint
    if let existing = checkpoint.config.quantization, existing != .null {
        throw .compression(
            .alreadyCompressed(
                checkpoint: checkpoint.config.file,
                method: existing.object?["quant_method"]?.string ?? existing.canonicalText))
    }
    let description = try ModelVariant(store).description
    let config = untiedConfiguration(checkpoint.config.json)
    let untied = try Family.describe(FamilySettings(json: config, hasModule: { _ in true }))
    guard untied.head != untied.embedding.module else {
        throw .unsupported(
            key: "rotate", found: "'hadamard' for '\(description.modelType)', whose head is always its embedding",
            supported: "families whose head can have a weight of its own")
    }
    let plan = try RotationPlan(description, untied: untied, store)
    do throws(SystemError) { try makeDirectory(directory) } catch { throw .compression(.system(error)) }
    try writeTurned(store, plan, head: (untied.head, description.head), in: directory)
    do throws(CompressionError) { try copyCompanions(of: checkpoint, into: directory) } catch {
        throw .compression(error)
    }
    do throws(SystemError) {
        try writeFile(
            Array(JSONValue.object(config).prettyText.utf8), to: directory.appending(path: "config.json"))
    } catch { throw .compression(.system(error)) }
    do { return try Checkpoint(directory: directory) } catch { throw .checkpoint(error) }
}

/// The configuration of the same model with a head of its own and weights of float32.
private func untiedConfiguration(_ config: JSONObject) -> JSONObject {
    var config = config
    config["tie_word_embeddings"] = false
    for key in ["torch_dtype", "dtype"] where config[key] != nil { config[key] = "float32" }
    return config
}

/// Writes every tensor of a checkpoint, and a head where it has none of its own.
private func writeTurned(
    _ store: WeightStore, _ plan: RotationPlan, head: (own: String, used: String), in directory: URL
) throws(LanguageModelError) {
    let checkpoint = store.checkpoint
    var sources = checkpoint.tensors.mapValues { (source: $0, isTurned: false) }
    for name in Array(plan.turns.keys) + Array(plan.vectors.keys) {
        let stored = name == head.own + ".weight" && sources[name] == nil ? head.used + ".weight" : name
        guard let source = checkpoint.tensors[stored] else { throw .missingTensor(stored) }
        sources[name] = (source, true)
    }
    let names = sources.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let declarations = names.compactMap { name in
        sources[name].map {
            SafetensorsWriter.Declaration(name, $0.isTurned ? .float32 : $0.source.info.type, $0.source.info.shape)
        }
    }
    let file = directory.appending(path: "model.safetensors")
    var writer: SafetensorsWriter
    do { writer = try SafetensorsWriter(creating: file, tensors: declarations) } catch { throw .checkpoint(error) }
    for name in names {
        guard let (source, isTurned) = sources[name] else { continue }
        if isTurned {
            let values = try plan.values(name, of: source, store)
            do { try writer.write(name, values) } catch { throw .checkpoint(error) }
        } else {
            do throws(CheckpointError) {
                try source.withBytes { (bytes) throws(CheckpointError) in try writer.write(name, bytes) }
            } catch { throw .checkpoint(error) }
        }
    }
    do { try writer.finish() } catch { throw .checkpoint(error) }
}

extension RotationPlan {
    /// The turned values of a tensor, as they are stored.
    fileprivate func values(
        _ name: String, of source: Tensor, _ store: WeightStore
    ) throws(LanguageModelError) -> [Float] {
        if let vector = vectors[name] { return vector.map { Float($0) } }
        let (shape, isTransposed) = (source.info.shape, transposed.contains(name))
        let (rows, columns) = (shape[0], shape.count == 2 ? shape[1] : 1)
        var table = RowTable<Double>(
            rows: isTransposed ? columns : rows, columns: isTransposed ? rows : columns, repeating: 0)
        let stored: [Float]
        do { stored = try store.vector(source.info.name) } catch { throw .compression(error) }
        for row in 0..<rows {
            for column in 0..<columns {
                let (target, place) = isTransposed ? (column, row) : (row, column)
                table.withRow(target) { $0[place] = Double(stored[row * columns + column]) }
            }
        }
        for turn in turns[name] ?? [] { table = turn.apply(to: table) }
        var result = [Float](repeating: 0, count: rows * columns)
        for row in 0..<table.rows {
            table.readRow(row) { values in
                for column in 0..<values.count {
                    result[isTransposed ? column * columns + row : row * columns + column] = Float(values[column])
                }
            }
        }
        return result
    }
}
