import Compression
import Kernels
import LanguageModel
import Testing

struct LayerwiseRunTests {
    /// What the linear layers of a layer are shown, by the first module that reads it.
    private func inputs(
        _ run: LayerwiseRun, layer: Int, keepingOutputs: Bool = false
    ) throws -> [String: [Float]] {
        var seen: [String: [Float]] = [:]
        try run.observe(layer: layer, keepingOutputs: keepingOutputs) { modules, inputs in
            for row in 0..<inputs.rows {
                seen[modules[0], default: []] += Array(
                    UnsafeBufferPointer(start: inputs.row(row), count: inputs.columns))
            }
        }
        return seen
    }

    @Test(arguments: ["neox parallel", "llama", "gpt2", "olmo2", "bitnet"])
    func showsTheInputsOfEveryMapOnceForEachWindow(name: String) throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all[name]))
        let run = try LayerwiseRun(tiny.store(), windows: tiny.windows(3, context: 8))
        let layer = run.description.layers[0]
        var widths: [String: Int] = [:]
        for linear in layer.linearLayers { widths[linear.module] = linear.inputs }
        var calls: [String: Int] = [:]
        try run.observe(layer: 0) { modules, inputs in
            #expect(inputs.rows.isMultiple(of: 8))
            for module in modules {
                calls[module, default: 0] += inputs.rows / 8
                #expect(inputs.columns == widths[module])
            }
        }
        #expect(calls == widths.mapValues { _ in 3 })
    }

    @Test func observingChangesNothing() throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all["llama"]))
        let run = try LayerwiseRun(tiny.store(), windows: tiny.windows(2, context: 9))
        let first = try inputs(run, layer: 0)
        #expect(try inputs(run, layer: 0) == first)
    }

    /// A stream kept beside the observed one is that of going on afterwards, and the same inputs are shown.
    @Test(arguments: TinyConfigurations.all.keys.sorted())
    func whatAnObservationKeepsIsWhatTheLayerMakes(name: String) throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all[name]))
        let windows = tiny.windows(3, context: 8)
        let (kept, plain) = (
            try LayerwiseRun(tiny.store(), windows: windows), try LayerwiseRun(tiny.store(), windows: windows)
        )
        let start = plain.hidden.values
        #expect(try inputs(kept, layer: 0, keepingOutputs: true) == inputs(plain, layer: 0))
        #expect(kept.hidden.values == start)
        try kept.advance(layer: 0, replacing: [:])
        try plain.advance(layer: 0, replacing: [:])
        #expect(kept.hidden.values == plain.hidden.values && kept.hidden.values != start)
        #expect(try inputs(kept, layer: 1) == inputs(plain, layer: 1))
    }

    @Test(arguments: ["neox parallel", "qwen3", "gpt2", "opt 350m"])
    func goesOnWithReplacedWeights(name: String) throws {
        let config = try #require(TinyConfigurations.all[name])
        let (base, changed) = (try TinyCheckpoint(config, seed: 9), try TinyCheckpoint(config, seed: 9))
        try changed.perturb(by: 0.1)
        let windows = base.windows(2, context: 9)
        let replaced = try LayerwiseRun(base.store(), windows: windows)
        let layer = replaced.description.layers[0]
        let store = try changed.store()
        var weights: [String: any WeightMatrix] = [:]
        for linear in layer.linearLayers {
            weights[linear.module] = try store.matrix(linear.module, transposed: linear.transposed)
        }
        try replaced.advance(layer: 0, replacing: weights)
        let expected = try LayerwiseRun(store, windows: windows)
        try expected.advance(layer: 0, replacing: [:])
        // The first linear layer of the next layer sees the stream as it left this one.
        let first = try #require(replaced.description.layers[1].attention.projections.linearLayers.first).module
        #expect(try inputs(replaced, layer: 1)[first] == inputs(expected, layer: 1)[first])
        let untouched = try LayerwiseRun(base.store(), windows: windows)
        try untouched.advance(layer: 0, replacing: [:])
        #expect(try inputs(untouched, layer: 1)[first] != inputs(expected, layer: 1)[first])
    }
}
