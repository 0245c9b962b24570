package import LanguageModel
import Vectors

/// A place of a layer where factors of channels can move from what makes the channels into the linear maps that read
/// them, without a change of what the layer computes.
package struct FoldSite: Sendable, Equatable {
    /// Whose channels they are.
    package enum Place: String, Sendable, CaseIterable {
        /// What queries, keys and values are made of.
        case attentionInput
        /// What the attention's output map is given.
        case attentionOutput
        case perceptronInput
        /// What the perceptron's last map is given.
        case perceptronOutput
    }

    /// What is divided by the factors.
    package enum Source: Sendable, Equatable {
        /// A norm's weight and bias.
        case norm(NormDescription)
        /// Rows of a linear map's weight and bias; which, ``FoldSite/channels`` says.
        case rows(LinearDescription)
    }

    package let place: Place
    /// The maps whose columns are multiplied.
    package let maps: [LinearDescription]
    package let source: Source
    /// For each input of the maps the source's element or row that makes it: inputs that share one share a factor.
    package let channels: [Int]
}

/// Why the maps of a place keep their columns as they are.
package struct UnfoldedPlace: Sendable, Equatable {
    package let maps: [LinearDescription]
    package let reason: String
}

extension LayerDescription {
    /// The layer's places from its end to its beginning, so that a source's rows are scaled before its columns are.
    package var foldPlaces: [FoldPlace] {
        [
            .init(self, .perceptronOutput), .init(self, .perceptronInput), .init(self, .attentionOutput),
            .init(self, .attentionInput),
        ]
    }

    /// The modules of all norms, with those that occur twice.
    fileprivate var normModules: [String] {
        [attentionNorms, perceptronNorms].flatMap { [$0.before, $0.inside, $0.after, $0.afterResidual] }
            .compactMap { $0?.module }
    }
}

/// A place of a layer: one that folds, or why it does not.
package enum FoldPlace: Sendable, Equatable {
    case site(FoldSite)
    case unfolded(UnfoldedPlace)

    fileprivate init(_ layer: LayerDescription, _ place: FoldSite.Place) {
        let (attention, perceptron) = (layer.attention, layer.perceptron)
        switch place {
        case .attentionInput:
            self = .behind(layer, layer.attentionNorms.before, attention.projections.maps, place)
        case .perceptronInput:
            let maps = (perceptron.gate.map { [$0] } ?? []) + [perceptron.up]
            self = .behind(layer, layer.perceptronNorms.before, maps, place)
        case .attentionOutput:
            if let norm = layer.attentionNorms.inside {
                self = .behind(layer, norm, [attention.output], place)
            } else if attention.clip != nil {
                self = .unfolded(.init(maps: [attention.output], reason: "values are clamped"))
            } else {
                let (map, channels) = attention.valueRows
                self = .site(
                    FoldSite(place: place, maps: [attention.output], source: .rows(map), channels: channels))
            }
        case .perceptronOutput:
            if let norm = layer.perceptronNorms.inside {
                self = .behind(layer, norm, [perceptron.down], place)
            } else if perceptron.gate != nil || perceptron.activation.passesScales {
                self = .site(
                    FoldSite(
                        place: place, maps: [perceptron.down], source: .rows(perceptron.up),
                        channels: Array(0..<perceptron.down.inputs)))
            } else {
                self = .unfolded(.init(maps: [perceptron.down], reason: "the activation does not pass scales on"))
            }
        }
    }

    /// Maps behind a norm, which folds if it has parameters and nothing else reads it.
    private static func behind(
        _ layer: LayerDescription, _ norm: NormDescription?, _ maps: [LinearDescription], _ place: FoldSite.Place
    ) -> FoldPlace {
        guard let norm else { return .unfolded(.init(maps: maps, reason: "no norm stands in front")) }
        guard let module = norm.module else {
            return .unfolded(.init(maps: maps, reason: "the norm in front has no parameters"))
        }
        guard layer.normModules.filter({ $0 == module }).count == 1 else {
            return .unfolded(.init(maps: maps, reason: "the norm in front is shared"))
        }
        return .site(FoldSite(place: place, maps: maps, source: .norm(norm), channels: Array(0..<norm.width)))
    }
}

extension AttentionDescription {
    /// The map that makes values, and for each input of the output map the row of it that makes that input: a query
    /// head's inputs come from the value head of its group.
    fileprivate var valueRows: (map: LinearDescription, rows: [Int]) {
        let perGroup = headCount / keyHeadCount
        func rows(_ first: (_ valueHead: Int) -> Int) -> [Int] {
            (0..<queryWidth).map { first($0 / headSize / perGroup) + $0 % headSize }
        }
        switch projections {
        case .separate(_, _, let value): return (value, rows { $0 * headSize })
        case .interleaved(let map): return (map, rows { (3 * $0 + 2) * headSize })
        case .concatenated(let map): return (map, rows { queryWidth + keyWidth + $0 * headSize })
        }
    }
}

extension ActivationFunction {
    /// Whether f(x·s) = f(x)·s for s > 0.
    var passesScales: Bool {
        switch self {
        case .vectorised(let function): function == .relu
        case .plain(let function): function == .leakyRelu || function == .identity
        case .learned: false
        }
    }
}
