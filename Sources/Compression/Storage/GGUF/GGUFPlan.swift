import Checkpoint
import FoundationEssentials
import GGUF
package import JSON
import Kernels
import System

/// A compressed checkpoint as a GGUF file before it is written: its metadata, and where each tensor goes in which type.
package struct GGUFPlan: Sendable {
    /// What becomes of a tensor.
    struct Passage: Sendable {
        let place: ModelExport.Place
        let stored: GGMLType
        /// Rows of the tensor, 1 of a vector.
        let rows: Int
        let columns: Int
    }

    let metadata: [(key: String, value: GGUFValue)]
    let declarations: [GGUFWriter.Declaration]
    /// By the checkpoint's names.
    let passages: [String: Passage]
    /// Weights whose rows the blocks of their type do not divide, by the file's names.
    let fallbacks: [String: TypeRules.Choice]
    /// The factors of rotary frequencies that are a tensor of their own.
    let rotaryFactors: [Float]?
    /// What a reader of the file takes for its `config.json`.
    package let configuration: JSONObject

    static let rotaryName = "rope_freqs.weight"

    /// The tensors of the checkpoint that the file will have.
    package var names: Set<String> { Set(passages.keys) }

    /// The type of each weight in blocks or plain numbers by the checkpoint's names.
    var types: [String: GGMLType] { passages.mapValues(\.stored) }

    /// Says what the file will be; refuses what llama.cpp has no place for, or would not quantize so.
    init(
        _ checkpoint: Checkpoint, _ spec: Spec, _ format: BlockFormat, _ assignment: ModuleAssignment,
        _ layers: [LinearLayer], _ kept: [Tensor]
    ) throws(CompressionError) {
        var tensors = layers.map { layer in
            Source(
                name: layer.name + ".weight", shape: [layer.weight.rows, layer.weight.columns], type: nil)
        }
        for tensor in kept {
            tensors.append(Source(name: tensor.info.name, shape: tensor.info.shape, type: tensor.info.type))
        }
        let export = try Self.attempt { () throws(GGUFError) in
            try ModelExport(
                configuration: checkpoint.config.json, tensors: tensors.map(\.name),
                tokenizer: Self.tokenizer(checkpoint), fileType: format.fileType, file: checkpoint.config.file)
        }
        let placed = tensors.compactMap { tensor in export.place(tensor.name).map { (tensor: tensor, place: $0) } }
        try Self.checkStacks(placed, spec, assignment)
        let choices = try Self.choices(format, export, placed, spec, assignment)
        var (passages, declarations): ([String: Passage], [GGUFWriter.Declaration]) = ([:], [])
        for (tensor, place) in placed {
            let choice = choices[place.name]
            let passage = Passage(
                place: place, stored: choice?.type ?? tensor.plainType(place.name),
                rows: tensor.shape.dropLast().reduce(1, *), columns: tensor.shape.last ?? 1)
            passages[tensor.name] = passage
            // Of a stack the first part stands for all.
            if let part = place.part, part.index > 0 { continue }
            declarations.append(.init(place.name, passage.stored, Self.shape(tensor.shape, place)))
        }
        if let factors = export.rotaryFactors { declarations.append(.init(Self.rotaryName, .f32, [factors.count])) }
        (self.passages, self.declarations) = (passages, declarations)
        fallbacks = choices.filter { $0.value.wanted != $0.value.type }
        (metadata, rotaryFactors) = (export.metadata, export.rotaryFactors)
        configuration = try Self.attempt { () throws(GGUFError) in
            let header = try GGUFWriter.header(export.metadata, declarations, file: GGUFOutput.name)
            return try GGUFModel.configuration(of: header, rotaryFactors: export.rotaryFactors)
        }
    }

    /// A tensor of the checkpoint, outputs by inputs; the type is that of one that is not among the compressed layers.
    private struct Source {
        let name: String
        let shape: [Int]
        let type: ElementType?

        /// llama.cpp has vectors, routers and tables of positions in single precision, whatever weights are in.
        func plainType(_ stored: String) -> GGMLType {
            let isSingle =
                shape.count < 2 || shape.dropLast().allSatisfy { $0 == 1 } || stored.hasSuffix("_norm.weight")
                || stored.contains("ffn_gate_inp") || stored == "position_embd.weight"
            switch type {
            case .float16 where !isSingle: return .f16
            case .bfloat16 where !isSingle: return .bf16
            default: return .f32
            }
        }
    }

    private static func shape(_ shape: [Int], _ place: ModelExport.Place) -> [Int] {
        if let part = place.part { return [part.count] + shape }
        return place.form == .oneRow ? [shape.last ?? 1] : shape
    }

    /// The types of quantized weights by the file's names.
    private static func choices(
        _ format: BlockFormat, _ export: ModelExport, _ placed: [(tensor: Source, place: ModelExport.Place)],
        _ spec: Spec, _ assignment: ModuleAssignment
    ) throws(CompressionError) -> [String: TypeRules.Choice] {
        do throws(TypeRules.Refusal) {
            var choices: [String: TypeRules.Choice] = [:]
            if case .mixture(let fileType) = format {
                let weights = placed.filter { ($0.place.part?.index ?? 0) == 0 }.map { tensor, place in
                    TypeRules.Weight(place.name, shape(tensor.shape, place))
                }
                choices = try TypeRules.choices(
                    fileType, export.model, weights, hasImportance: spec.options.importance)
            }
            for (tensor, place) in placed {
                if let type = assignment.type(ofWeight: tensor.name) {
                    choices[place.name] = try .init(type, of: place.name, columns: tensor.shape.last ?? 1)
                } else if assignment.leaves(weight: tensor.name) {
                    choices[place.name] = nil
                }
            }
            return choices
        } catch {
            switch error {
            case .columns(let weight, let type, let columns):
                throw .groupDoesNotDivide(
                    tensor: weight, rowLength: columns, group: type.weightsPerBlock, allowed: [])
            case .importance(let weight, let type):
                throw .missingKey(
                    SpecKey.importance.name,
                    allowed: "true: llama-quantize makes no \(type.name) of '\(weight)' without it")
            }
        }
    }

    /// Refuses experts of one layer that would have different types, as they lie in one tensor.
    private static func checkStacks(
        _ placed: [(tensor: Source, place: ModelExport.Place)], _ spec: Spec, _ assignment: ModuleAssignment
    ) throws(CompressionError) {
        var types: [String: (type: GGMLType?, name: String)] = [:]
        for (tensor, place) in placed where place.part != nil {
            let type = assignment.type(ofWeight: tensor.name)
            if let other = types[place.name], other.type != type {
                throw .unsupported(
                    spec: spec.name,
                    reason: "'\(other.name)' and '\(tensor.name)' lie in one tensor of a GGUF file, "
                        + "so they need one type")
            }
            types[place.name] = (type, tensor.name)
        }
    }

    static func attempt<Value: ~Copyable>(
        _ body: () throws(GGUFError) -> Value
    ) throws(CompressionError) -> Value {
        do throws(GGUFError) { return try body() } catch {
            if case .system(let error) = error { throw .system(error) }
            throw .checkpoint(.gguf(error))
        }
    }

    private static func tokenizer(_ checkpoint: Checkpoint) throws(GGUFError) -> (json: JSONObject, file: String)? {
        guard let file = checkpoint.tokenizerFile else { return nil }
        let path = file.path(percentEncoded: false)
        if let metadata = checkpoint.gguf, GGUFFile.isOne(file) { return (try GGUFTokenizer(metadata).json(), path) }
        let bytes = try GGUFError.attempt { () throws(SystemError) in try readFile(file) }
        guard let object = (try? JSONValue(parsing: bytes))?.object else {
            throw .wrongValue(file: path, key: "the whole file", found: "no JSON object", expected: "one")
        }
        return (object, path)
    }
}

extension ModuleAssignment {
    /// The type that a spec gives a weight by name; nil where it is a mixture's to choose.
    fileprivate func type(ofWeight name: String) -> GGMLType? {
        guard case .type(let type)? = specs[module(name)]?.format.blocks else { return nil }
        return type
    }

    /// Whether a weight is one of a module that stays as it is.
    fileprivate func leaves(weight name: String) -> Bool { left.contains(module(name)) }

    private func module(_ weight: String) -> String {
        weight.hasSuffix(".weight") ? String(weight.dropLast(".weight".count)) : weight
    }
}
