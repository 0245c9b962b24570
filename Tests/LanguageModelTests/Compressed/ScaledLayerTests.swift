import Calibration
import Checkpoint
import Compression
import Foundation
import Kernels
import LanguageModel
import TestSupport
import Testing

/// Factors that move between channels leave what a model computes as it was.
struct ScaledLayerTests {
    /// The sites at which a family's layers can be scaled.
    private static let places: [String: Set<ScalingSite.Place>] = [
        "neox parallel": [.attentionInput, .attentionOutput, .mlpInput],
        "neox sequential": [.attentionInput, .attentionOutput, .mlpInput],
        "neox odd rotary share": [.attentionInput, .attentionOutput, .mlpInput],
        "neox with a learned activation": [.attentionInput, .attentionOutput, .mlpInput],
        "llama with a learned activation": Set(ScalingSite.Place.allCases), "smollm3": Set(ScalingSite.Place.allCases),
        "llama": Set(ScalingSite.Place.allCases), "llama biases and yarn": Set(ScalingSite.Place.allCases),
        "llama dynamic": Set(ScalingSite.Place.allCases), "mistral": Set(ScalingSite.Place.allCases),
        "qwen2": Set(ScalingSite.Place.allCases), "qwen3": Set(ScalingSite.Place.allCases),
        "gpt2": [.attentionInput, .attentionOutput, .mlpInput],
        "opt": Set(ScalingSite.Place.allCases), "opt 350m": [.attentionOutput, .mlpOutput],
        "olmo": [.mlpOutput], "olmo2": [.attentionOutput, .mlpOutput],
        "olmo3": [.attentionOutput, .mlpOutput], "bitnet": Set(ScalingSite.Place.allCases),
        "gemma": Set(ScalingSite.Place.allCases), "gemma2": Set(ScalingSite.Place.allCases),
        "gemma3": Set(ScalingSite.Place.allCases), "phi": [.attentionOutput], "phi normed": [.attentionOutput],
        "phi3": Set(ScalingSite.Place.allCases), "stablelm": Set(ScalingSite.Place.allCases),
        "stablelm parallel": [.attentionOutput, .mlpOutput], "granite": Set(ScalingSite.Place.allCases),
        "cohere": [.attentionOutput, .mlpOutput], "cohere normed": [.attentionOutput, .mlpOutput],
        "starcoder2": [.attentionInput, .attentionOutput, .mlpInput],
        "nemotron": [.attentionInput, .attentionOutput, .mlpInput],
        "apertus": [.attentionInput, .attentionOutput, .mlpInput],
        "gpt bigcode": [.attentionInput, .attentionOutput, .mlpInput],
        "gpt bigcode with many keys": [.attentionInput, .attentionOutput, .mlpInput], "gptj": [.attentionOutput],
        "falcon": [.attentionOutput], "falcon new": [.attentionInput, .attentionOutput, .mlpInput],
        "falcon alibi": [.attentionInput, .attentionOutput, .mlpInput],
        "bloom": [.attentionInput, .attentionOutput, .mlpInput], "mpt": [.attentionInput, .mlpInput],
        "hf_olmo": Set(ScalingSite.Place.allCases), "olmoe": [.attentionInput, .mlpOutput],
        "mixtral": [.attentionInput, .attentionOutput, .mlpOutput],
        "qwen2 moe": [.attentionInput, .attentionOutput, .mlpOutput],
        "qwen3 moe": [.attentionInput, .attentionOutput, .mlpOutput], "gpt oss": [.attentionInput, .attentionOutput],
    ]

    @Test(arguments: TinyConfigurations.all.keys.sorted())
    func everyFamilyHasItsPlaces(name: String) throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all[name]))
        for layer in tiny.description.layers {
            var linearLayers: [String] = []
            var found: Set<ScalingSite.Place> = []
            for place in layer.scalingPlaces {
                switch place {
                case .site(let site):
                    found.insert(site.place)
                    linearLayers += site.linearLayers.map(\.module)
                case .unscaled(let place): linearLayers += place.linearLayers.map(\.module)
                }
            }
            // A router reads the norm in front as well; the layers of such a model that have none can be scaled there.
            var places = try #require(Self.places[name])
            if name.hasSuffix("moe"), case .dense = layer.feedForward { places.insert(.mlpInput) }
            #expect(found == places)
            // Every linear layer is named once, as a site's or as one that stays.
            #expect(Set(linearLayers).count == linearLayers.count)
            #expect(linearLayers.count == layer.linearLayers.count)
        }
    }

    /// Scales all sites of a model by random factors from 1/4 to 4.
    private static func scale(_ tiny: TinyCheckpoint, _ store: WeightStore) throws {
        var random = SeededGenerator(seed: 5)
        for layer in tiny.description.layers {
            var scaled = ScaledLayer(layer, store)
            for case .site(let site) in layer.scalingPlaces {
                // Inputs that share a channel share a factor.
                var factors: [Int: Float] = [:]
                for channel in site.channels where factors[channel] == nil {
                    factors[channel] = exp2(Float.random(in: -2...2, using: &random))
                }
                try scaled.scale(site, by: site.channels.map { factors[$0] ?? 1 })
            }
            for (name, values) in scaled.vectors { try tiny.replace(name, shape: [values.count], values: values) }
            for case .site(let site) in layer.scalingPlaces {
                for linear in site.linearLayers + [site.source.linear].compactMap(\.self) {
                    let weight = try scaled.weight(linear)
                    var values = [Float](repeating: 0, count: weight.rows * weight.columns)
                    for index in 0..<weight.rows {
                        let row = weight.values(row: index)
                        for column in row.indices {
                            values[linear.transposed ? column * weight.rows + index : index * weight.columns + column] =
                                row[column]
                        }
                    }
                    let shape = linear.transposed ? [weight.columns, weight.rows] : [weight.rows, weight.columns]
                    try tiny.replace(linear.module + ".weight", shape: shape, values: values)
                }
            }
        }
    }

    @Test(arguments: TinyConfigurations.all.keys.sorted())
    func movedFactorsChangeNoLoss(name: String) throws {
        let config = try #require(TinyConfigurations.all[name])
        let (plain, scaled) = (try TinyCheckpoint(config, seed: 3), try TinyCheckpoint(config, seed: 3))
        try Self.scale(scaled, try plain.store())
        let changed = scaled.tensors.keys.filter { scaled.tensors[$0]?.values != plain.tensors[$0]?.values }
        #expect(changed.count >= plain.description.layers.count)
        let windows = plain.windows(3, context: 12)
        let scores = try LanguageModel([plain.store(), scaled.store()]).score(windows)
        for (before, after) in zip(scores[0].windows, scores[1].windows) {
            #expect(abs(before.negativeLogLikelihood - after.negativeLogLikelihood) < 1e-5 * 11)
        }
    }

    @Test func factorsThatATypeCannotHoldAreOne() throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all["llama"]))
        let layer = tiny.description.layers[0]
        let norm = try #require(layer.attentionNorms.before?.module) + ".weight"
        var weight = try #require(tiny.tensors[norm]).values
        weight[3] = 0
        try tiny.replace(norm, shape: [weight.count], values: weight)
        var scaled = ScaledLayer(layer, try tiny.store())
        let places = layer.scalingPlaces
        guard case .site(let site) = try #require(places.last) else { return #expect(Bool(false)) }
        var factors = [Float](repeating: 2, count: weight.count)
        (factors[0], factors[1], factors[2]) = (.nan, 0, .infinity)
        try scaled.scale(site, by: factors)
        let divisors = try #require(scaled.divisors(site.linearLayers[0]))
        #expect(divisors[..<3] == [1, 1, 1])
        #expect(divisors[3...] == Array(repeating: 2, count: weight.count - 3)[...])
        let divided = try #require(scaled.vectors[norm])
        #expect(divided[..<4] == [weight[0], weight[1], weight[2], 0])
        #expect(divided[4] == weight[4] / 2)
    }
}

extension ScalingSite.Source {
    /// The linear layer whose rows are divided, if it is one.
    fileprivate var linear: LinearDescription? { if case .rows(let linear) = self { linear } else { nil } }
}
