import Calibration
import Checkpoint
import Compression
import Foundation
import JSON
import Kernels
import LanguageModel
import TestSupport
import Testing

/// The errors of layers, against sums over the inputs themselves.
struct DistortionTests {
    @Test func errorsAreThoseOfOutputsOnTheText() throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all["llama"]))
        let windows = tiny.windows(3, context: 8)
        let spec = try Spec(method: .rtn, bits: 3)
        try withScratchDirectory { scratch in
            let target = CompressionTarget(spec, directory: scratch.appending(path: "rtn"))
            let store = try tiny.store()
            try compress(
                store.checkpoint, into: [target], calibratedOn: nil, provenance: Provenance(source: nil, version: "1"),
                memoryBudget: 1 << 30)
            let compressed = try WeightStore(try Checkpoint(directory: target.directory))
            let found = try distortions(
                of: [DistortedWeights(compressed)], from: store, on: windows, memoryBudget: 1 << 30)[0]
            #expect(
                found
                    == (try distortions(
                        of: [DistortedWeights(compressed)], from: store, on: windows, memoryBudget: 1)[0]))
            let run = try LayerwiseRun(store, windows: windows)
            var expected: [String: Double] = [:]
            for (index, layer) in run.description.layers.enumerated() {
                let sums = Sums()
                let linears = layer.linearLayers
                let pairs = try Dictionary(
                    uniqueKeysWithValues: linears.map {
                        ($0.module, (try store.weight(of: $0), try compressed.weight(of: $0)))
                    })
                try run.observe(layer: index) { modules, inputs in
                    for module in modules {
                        guard let (exact, stored) = pairs[module] else { continue }
                        sums.add(module, exact, stored, inputs)
                    }
                }
                for (module, sum) in sums.values { expected[module] = sum.error / sum.whole }
                if index + 1 < run.description.layers.count { try run.advance(layer: index, replacing: [:]) }
            }
            #expect(found.count == expected.count && !found.isEmpty)
            for layer in found {
                let error = try #require(layer.outputError)
                #expect(abs(error / (expected[layer.name] ?? 0) - 1) < 1e-4, "\(layer.name)")
                #expect(layer.weightError > 0.001 && layer.weightError < 0.5)
            }
        }
    }

    /// What is read behind a sublayer of the first layer, by walks through models of which that alone is compressed.
    @Test(arguments: ["llama", "neox parallel", "gpt2", "gemma2"], [Sublayer.attention, .mlp])
    func readErrorsAreThoseOfTheNextInputs(name: String, part: Sublayer) throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all[name]))
        let windows = tiny.windows(3, context: 8)
        let layers = tiny.description.layers
        let own = part == .attention ? layers[0].attentionLayers : layers[0].mlps.flatMap(\.linearLayers)
        try withScratchDirectory { scratch in
            let store = try tiny.store()
            let modules = Set(own.map(\.module))
            let other = store.noisy(WeightNoise(size: 0.2, seed: 3, modules: modules))
            let found = try distortions(
                of: [DistortedWeights(other)], from: store, on: windows, memoryBudget: 1 << 30)[0]
            func read(_ store: WeightStore) throws -> [[Float]] {
                let run = try LayerwiseRun(store, windows: windows)
                let isNext = part == .mlp || layers[0].parallel
                let reader = isNext ? layers[1].attentionLayers[0] : layers[0].mlps[0].linearLayers[0]
                if isNext { try run.advance(layer: 0, replacing: [:]) }
                var rows: [[Float]] = []
                try run.observe(layer: isNext ? 1 : 0) { modules, inputs in
                    guard modules.contains(reader.module) else { return }
                    rows += (0..<inputs.rows).map { row in
                        Array(UnsafeBufferPointer(start: inputs.row(row), count: inputs.columns))
                    }
                }
                return rows
            }
            let (exact, moved) = (try read(store), try read(other))
            #expect(exact.count == 24 && moved.count == 24)
            let errors = zip(exact, moved).map { exact, moved in
                let error = zip(exact, moved).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
                return error / exact.reduce(0.0) { $0 + Double($1) * Double($1) }
            }
            let expected = errors.reduce(0, +) / 24
            let ends = Dictionary(
                uniqueKeysWithValues: found.compactMap { one in one.readError.map { (one.name, $0) } })
            #expect(ends.count == 2 * layers.count && expected > 1e-6)
            for (module, error) in ends {
                #expect(
                    module == own.last?.module ? abs(error / expected - 1) < 1e-3 : error == 0,
                    "\(module): \(error), not \(expected)")
            }
        }
    }

    /// Behind the first attention of a model whose inputs, or keys and values, are rounded, or whose norms and biases changed
    /// with the weights: what its own first MLP is given, factors undone.
    @Test(arguments: [
        ("llama", #"{"method": "none", "modules": {"self_attn": {"method": "rtn", "bits": 8, "activations": 4}}}"#),
        ("llama", #"{"method": "none", "kv": "int4"}"#),
        ("gpt2", #"{"method": "aweq", "bits": 3, "group": "channel", "symmetric": false}"#),
    ])
    func readErrorsAreThoseOfTheWholeForm(name: String, spec: String) throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all[name]))
        let windows = tiny.windows(3, context: 8)
        let layer = tiny.description.layers[0]
        let reader = try #require(layer.mlps.first?.linearLayers.first?.module)
        try withScratchDirectory { scratch in
            let store = try tiny.store()
            let target = CompressionTarget(
                try Spec(json: #require(try JSONValue(parsing: spec).object)),
                directory: scratch.appending(path: "form"))
            let factors = try compress(
                store.checkpoint, into: [target], calibratedOn: windows,
                provenance: Provenance(source: nil, version: "1"), memoryBudget: 1 << 30)
            let form = try WeightStore(try Checkpoint(directory: target.directory))
            let found = try distortions(
                of: [DistortedWeights(form, factors: factors[0])], from: store, on: windows, memoryBudget: 1 << 30)[0]
            func read(_ store: WeightStore) throws -> [[Double]] {
                var rows: [[Double]] = []
                try LayerwiseRun(store, windows: windows).observe(layer: 0) { modules, inputs in
                    guard modules.contains(reader) else { return }
                    rows += (0..<inputs.rows).map { row in (0..<inputs.columns).map { Double(inputs.row(row)[$0]) } }
                }
                return rows
            }
            let columns = factors[0].columns[reader]
            #expect((columns != nil) == spec.contains("aweq"))
            let moved = try read(form).map { row in
                row.indices.map { row[$0] * Double(columns?[$0] ?? 1) }
            }
            let errors = zip(try read(store), moved).map { exact, moved in
                let error = zip(exact, moved).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
                return error / exact.reduce(0.0) { $0 + $1 * $1 }
            }
            let expected = errors.reduce(0, +) / Double(errors.count)
            let error = try #require(found.first { $0.name == layer.attentionLayers.last?.module }?.readError)
            #expect(errors.count == 24 && expected > 1e-6 && abs(error / expected - 1) < 1e-3, "\(error), \(expected)")
        }
    }

    /// Factors that are moved between channels change nothing that the model computes, and are no errors.
    @Test(arguments: ["awq", "smoothquant", "aweq", "dilation"])
    func movedFactorsAreUndone(method: String) throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all["llama"]))
        let windows = tiny.windows(3, context: 8)
        try withScratchDirectory { scratch in
            let store = try tiny.store()
            let targets = try [method, "rtn"].map { name in
                CompressionTarget(
                    try Spec(options: [("method", name), ("bits", "8"), ("group", "channel")]),
                    directory: scratch.appending(path: name))
            }
            let factors = try compress(
                store.checkpoint, into: targets, calibratedOn: windows,
                provenance: Provenance(source: nil, version: "1"), memoryBudget: 1 << 30)
            #expect(factors[1].columns.isEmpty && !factors[0].columns.isEmpty)
            let forms = try zip(targets, factors).map { target, factors in
                DistortedWeights(try WeightStore(try Checkpoint(directory: target.directory)), factors: factors)
            }
            let found = try distortions(of: forms, from: store, on: windows, memoryBudget: 1 << 30)
            let (own, plain) = (try #require(found[0].distortion), try #require(found[1].distortion))
            #expect(own < 20 * plain, "\(method): \(own), round to nearest \(plain)")
        }
    }

    @Test func noiseHasTheSizeThatItIsToHave() throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all["gpt2"]))
        let store = try tiny.store()
        let modules = Set(tiny.description.linearModules.map(\.name))
        func noisy(_ size: Double, _ seed: Int) -> DistortedWeights {
            DistortedWeights(store.noisy(WeightNoise(size: size, seed: seed, modules: modules)))
        }
        let windows = tiny.windows(2, context: 8)
        let found = try distortions(
            of: [noisy(0.1, 1), noisy(0.1, 1), noisy(0.1, 2), noisy(0.3, 1), noisy(1e25, 1)], from: store,
            on: windows, memoryBudget: 1 << 30)
        #expect(found[4].distortion == nil, "values are not finite under it: \(found[4].readErrors)")
        let read = try readErrors(of: [noisy(0.1, 2).weights], from: store, on: windows)
        #expect(read == [found[2].readErrors])
        #expect(found[0] == found[1] && found[0] != found[2])
        for layer in found[0] + found[2] { #expect(abs(layer.weightError - 0.01) < 1e-6, "\(layer)") }
        for layer in found[3] { #expect(abs(layer.weightError - 0.09) < 1e-5, "\(layer)") }
        let (small, large) = (try #require(found[0].distortion), try #require(found[3].distortion))
        #expect(large / small > 6 && large / small < 12, "in proportion to the squared size: \(small), \(large)")
        // Each row gets its share, the small ones no more than others.
        for linear in tiny.description.layers.flatMap(\.linearLayers) {
            let (exact, other) = (try store.weight(of: linear), try noisy(0.1, 1).weights.weight(of: linear))
            for row in 0..<exact.rows {
                let (w, v) = (exact.values(row: row), other.values(row: row))
                let square = w.reduce(0.0) { $0 + Double($1) * Double($1) }
                let error = zip(w, v).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
                #expect(abs(error - 0.01 * square) <= 1e-5 * square, "\(linear.module), row \(row)")
            }
        }
    }

    /// Sums of squares of outputs, by module.
    private final class Sums {
        var values: [String: (error: Double, whole: Double)] = [:]

        func add(_ module: String, _ exact: any WeightMatrix, _ stored: any WeightMatrix, _ inputs: MatrixView) {
            var sum = values[module] ?? (0, 0)
            for row in 0..<exact.rows {
                let (w, q) = (exact.values(row: row), stored.values(row: row))
                for token in 0..<inputs.rows {
                    let x = inputs.row(token)
                    let whole = w.indices.reduce(0.0) { $0 + Double(w[$1]) * Double(x[$1]) }
                    let error = w.indices.reduce(0.0) { $0 + Double(w[$1] - q[$1]) * Double(x[$1]) }
                    sum.whole += whole * whole
                    sum.error += error * error
                }
            }
            values[module] = sum
        }
    }
}
