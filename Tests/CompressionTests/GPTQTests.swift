import Checkpoint
import Compression
import FoundationEssentials
import JSON
import Kernels
import TestSupport
import Testing

struct GPTQTests {
    private static let (rows, columns, tokens) = (20, 48, 96)

    /// Inputs whose neighbouring columns go together, of different sizes, with one column that is always zero.
    static func inputs(columns: Int, tokens: Int, seed: UInt32 = 22) -> Matrix {
        var values = randomWeights32(count: tokens * columns, seed: seed)
        for token in 0..<tokens {
            for column in stride(from: columns - 1, to: 0, by: -1) {
                values[token * columns + column] += 0.7 * values[token * columns + column - 1]
            }
            for column in 0..<columns { values[token * columns + column] *= Float(1 + column % 7) / 4 }
            values[token * columns + 5] = 0
        }
        return Matrix(rows: tokens, columns: columns, values)
    }

    static func hessian(_ inputs: Matrix) -> Hessian {
        let hessian = Hessian(columns: inputs.columns)
        hessian.add(inputs.view, windows: inputs.rows)
        return hessian
    }

    private static func layer(rows: Int, columns: Int) -> LinearLayer {
        let values = randomWeights(rows: rows, columns: columns, seed: 21)
        return LinearLayer(
            name: "layers.0.x", weight: DenseMatrix(Matrix(values, columns: columns)), scaleType: .float16)
    }

    /// The squared error of the layer's outputs.
    private static func outputError(_ weight: any WeightMatrix, _ layer: LinearLayer, _ inputs: Matrix) -> Double {
        let differences = zip(weight.decoded, layer.weight.decoded).map { $0 - $1 }
        var sum = 0.0
        for token in 0..<inputs.rows {
            for row in 0..<layer.weight.rows {
                let output = (0..<inputs.columns).reduce(Float(0)) {
                    $0 + differences[row * inputs.columns + $1] * inputs.view.row(token)[$1]
                }
                sum += Double(output * output)
            }
        }
        return sum
    }

    /// Made by IST-DASLab/gptq's own `fasterquant` and `Quantizer` in PyTorch (float64, the same in float32), with scales
    /// rounded to float16 where they are found: fingerprint of the float32 values.
    @Test(arguments: gptqGoldens) func valuesEqualTheReference(_ golden: GPTQGolden) throws {
        let layer = Self.layer(rows: Self.rows, columns: Self.columns)
        let inputs = Self.inputs(columns: Self.columns, tokens: Self.tokens)
        let result = try GPTQ().compress(layer, specs: [golden.spec()], hessian: Self.hessian(inputs))[0]
        let bytes = result.matrix.decoded.flatMap { value in withUnsafeBytes(of: value, Array.init) }
        #expect(fingerprint([bytes]) == golden.fingerprint)
    }

    @Test(arguments: [(130, 37), (256, 70), (300, 5)])
    func outputsAreNearerThanThoseOfRoundToNearest(_ columns: Int, _ rows: Int) throws {
        let layer = Self.layer(rows: rows, columns: columns)
        let inputs = Self.inputs(columns: columns, tokens: 2 * columns)
        for bits in [2, 3, 4] {
            for actOrder in [false, true] {
                let group: Spec.Group = columns == 256 ? .size(64) : .channel
                let gptq = try Spec(method: .gptq, bits: bits, group: group, symmetric: false, actOrder: actOrder)
                let rtn = try Spec(method: .rtn, bits: bits, group: group, symmetric: false)
                let ours = try GPTQ().compress(layer, specs: [gptq], hessian: Self.hessian(inputs))[0].matrix
                let nearest = try RoundToNearest().compress(layer, specs: [rtn], hessian: nil)[0].matrix
                #expect(
                    Self.outputError(ours, layer, inputs) < 0.8 * Self.outputError(nearest, layer, inputs),
                    "\(gptq.name)")
            }
        }
    }

    /// The same for rows of several blocks.
    @Test(arguments: [
        GPTQGolden(2, true, .channel, false, 0x54be_4d21_6627_32ef),
        GPTQGolden(2, false, .channel, false, 0x88bd_896a_261a_ddf3),
        GPTQGolden(3, true, .channel, false, 0xddb9_d8d9_878d_e2f8),
        GPTQGolden(3, false, .channel, false, 0x23ea_bd10_69b6_03d1),
        GPTQGolden(4, true, .channel, false, 0x5758_407c_219c_ca48),
        GPTQGolden(4, false, .channel, false, 0x2dbf_c320_5bd5_0d46),
    ]) func valuesOfLongRowsEqualTheReference(_ golden: GPTQGolden) throws {
        let layer = Self.layer(rows: 37, columns: 300)
        let hessian = Self.hessian(Self.inputs(columns: 300, tokens: 400))
        let result = try GPTQ().compress(layer, specs: [golden.spec()], hessian: hessian)[0]
        let bytes = result.matrix.decoded.flatMap { value in withUnsafeBytes(of: value, Array.init) }
        #expect(fingerprint([bytes]) == golden.fingerprint)
    }

    /// The same with the reference's float32 scales.
    @Test(arguments: [
        GPTQGolden(2, true, .channel, false, 0x091f_26e5_02ae_a2fe),
        GPTQGolden(2, false, .size(16), true, 0x881b_33e3_e298_1158),
        GPTQGolden(3, false, .size(16), false, 0x63a1_e3d6_13c7_0f43),
        GPTQGolden(3, true, .size(16), true, 0x2cff_04cf_b62c_e532),
        GPTQGolden(4, false, .channel, true, 0x29a6_e1f7_c4a0_f2ed),
        GPTQGolden(4, false, .size(16), false, 0x6e04_5b6e_a585_5e01),
        GPTQGolden(8, true, .channel, false, 0xe5d5_8c08_2bdd_4f47),
    ]) func valuesWithFloat32ScalesEqualTheReference(_ golden: GPTQGolden) throws {
        let layer = Self.layer(rows: Self.rows, columns: Self.columns)
        let spec = try Spec(
            method: .gptq, bits: golden.bits, group: golden.group, symmetric: golden.symmetric,
            actOrder: golden.actOrder)
        let hessian = Self.hessian(Self.inputs(columns: Self.columns, tokens: Self.tokens))
        let result = try GPTQ().compress(layer, specs: [spec], hessian: hessian)[0]
        #expect(result.tensors[1].layout.type == .float32)
        let bytes = result.matrix.decoded.flatMap { value in withUnsafeBytes(of: value, Array.init) }
        #expect(fingerprint([bytes]) == golden.fingerprint)
    }

    @Test func uncorrelatedInputsGiveRoundToNearest() throws {
        let layer = Self.layer(rows: 9, columns: 40)
        let inputs = Matrix(rows: 40, columns: 40)
        for column in 0..<40 { inputs.base[column * 41] = 2 }
        let spec = try Spec(method: .gptq, bits: 3, group: .size(8), symmetric: true, scales: .float16)
        let ours = try GPTQ().compress(layer, specs: [spec], hessian: Self.hessian(inputs))[0]
        let nearest = try RoundToNearest().compress(layer, specs: [spec], hessian: nil)[0]
        #expect(ours.matrix.decoded == nearest.matrix.decoded)
    }

    @Test func hessiansSumTheProductsOfAllCalls() throws {
        let inputs = Self.inputs(columns: 33, tokens: 50)
        let parts = Hessian(columns: 33)
        parts.add(inputs.view.rows(0..<20), windows: 1)
        parts.add(inputs.view.rows(20..<50), windows: 1)
        #expect(parts.windows == 2)
        for row in 0..<33 {
            for column in 0...row {
                let exact = (0..<50).reduce(0.0) {
                    $0 + Double(inputs.view.row($1)[row]) * Double(inputs.view.row($1)[column])
                }
                #expect(abs(parts[row, column] - exact) < 1e-4)
                #expect(parts[column, row] == parts[row, column])
            }
        }
    }

    @Test func resultsDoNotDependOnThreads() throws {
        let layer = Self.layer(rows: 100, columns: 160)
        let inputs = Self.inputs(columns: 160, tokens: 200)
        let spec = try Spec(method: .gptq, bits: 3, group: .size(32), symmetric: false)
        let one = try Parallel.$limit.withValue(1) {
            try GPTQ().compress(layer, specs: [spec], hessian: Self.hessian(inputs))[0]
        }
        let many = try GPTQ().compress(layer, specs: [spec], hessian: Self.hessian(inputs))[0]
        #expect(one.matrix.decoded == many.matrix.decoded)
    }

    @Test func aHessianThatSawFewerTokensThanColumnsIsDamped() throws {
        let layer = Self.layer(rows: 12, columns: 64)
        let inputs = Self.inputs(columns: 64, tokens: 3)
        let spec = try Spec(method: .gptq, bits: 4, group: .channel, symmetric: false)
        let decoded = try GPTQ().compress(layer, specs: [spec], hessian: Self.hessian(inputs))[0].matrix.decoded
        #expect(decoded.allSatisfy { $0.isFinite })
    }

    @Test func deadInputsHaveZeroWeights() throws {
        let layer = Self.layer(rows: 12, columns: 32)
        let spec = try Spec(method: .gptq, bits: 4, group: .size(8), symmetric: true)
        let hessian = Self.hessian(Self.inputs(columns: 32, tokens: 64))
        let decoded = try GPTQ().compress(layer, specs: [spec], hessian: hessian)[0].matrix.decoded
        for row in 0..<12 { #expect(decoded[row * 32 + 5] == 0) }
        #expect(decoded.contains { $0 != 0 })
        let nothing = try GPTQ().compress(layer, specs: [spec], hessian: Hessian(columns: 32))[0].matrix.decoded
        #expect(nothing.allSatisfy { $0 == 0 })
    }

    @Test func hessiansThatAreNotFiniteAreErrors() throws {
        let layer = Self.layer(rows: 2, columns: 32)
        let inputs = Self.inputs(columns: 32, tokens: 40)
        inputs.base[7] = .nan
        let spec = try Spec(method: .gptq, bits: 4)
        #expect(throws: CompressionError.singularHessian(tensor: "layers.0.x", column: 31)) {
            try GPTQ().compress(layer, specs: [spec], hessian: Self.hessian(inputs))
        }
    }

    @Test func withoutCalibrationThereIsNothingToDo() throws {
        let spec = try Spec(method: .gptq, bits: 4)
        #expect(throws: CompressionError.missingCalibration(method: "gptq")) {
            try GPTQ().compress(Self.layer(rows: 2, columns: 8), specs: [spec], hessian: nil)
        }
    }

    @Test func weightsThatAreNotFiniteAreNamed() throws {
        var values = randomWeights(rows: 3, columns: 32, seed: 21)
        values[32 + 9] = .infinity
        let layer = LinearLayer(
            name: "layers.0.x", weight: DenseMatrix(Matrix(values, columns: 32)), scaleType: .float16)
        let spec = try Spec(method: .gptq, bits: 4, group: .size(8))
        #expect(throws: CompressionError.notFinite(tensor: "layers.0.x", row: 1, column: 9)) {
            try GPTQ().compress(layer, specs: [spec], hessian: Self.hessian(Self.inputs(columns: 32, tokens: 40)))
        }
    }

    @Test func scatteredGroupsAreStoredAndReadBack() throws {
        let directory = try ScratchDirectory()
        let checkpoint = try SmallCheckpoint.usual.write(to: directory.url.appending(path: "source"))
        let output = directory.url.appending(path: "out")
        let spec = try Spec(method: .gptq, bits: 3, group: .size(8), symmetric: false, actOrder: true)
        var run = try CompressionRun(checkpoint, [CompressionTarget(spec, directory: output)])
        var expected: [String: [Float]] = [:]
        for layer in run.layers {
            let inputs = Self.inputs(columns: layer.weight.columns, tokens: 100)
            let results = try run.compress(layer, hessian: Self.hessian(inputs))
            expected[layer.name] = results[0].matrix.decoded
        }
        try run.finish(Provenance(source: "0", version: "1"))
        let result = try Checkpoint(directory: output)
        #expect(result.tensors["gpt_neox.layers.0.mlp.dense_4h_to_h.weight_g_idx"]?.info.shape == [48])
        let store = try WeightStore(result)
        for (name, values) in expected {
            let decoded = try store.matrix(name).decoded
            #expect(decoded == values)
        }
    }

    /// Groups of inputs that lie apart are stored as GPTQ's tools have them, where sizes come in words of 32.
    @Test(arguments: [2, 3, 4, 8], [true, false])
    func scatteredGroupsAreStoredAsGPTQToolsHaveThem(bits: Int, symmetric: Bool) throws {
        let directory = try ScratchDirectory()
        var source = SmallCheckpoint()
        let module = "gpt_neox.layers.0.mlp.dense_h_to_4h"
        source.tensors = [
            (module + ".weight", [96, 64], randomWeights(rows: 96, columns: 64, seed: 1)),
            ("embed_out.weight", [24, 16], randomWeights(rows: 24, columns: 16, seed: 6)),
        ]
        let checkpoint = try source.write(to: directory.url.appending(path: "source"))
        for scales in [ScaleType.float16, .float32] {
            let output = directory.url.appending(path: scales.rawValue)
            let spec = try Spec(
                method: .gptq, bits: bits, group: .size(16), symmetric: symmetric, actOrder: true, scales: scales)
            let hessian = Self.hessian(Self.inputs(columns: 64, tokens: 100))
            var run = try CompressionRun(checkpoint, [CompressionTarget(spec, directory: output)])
            let layer = run.layers[0]
            let written = try run.compress(layer, hessian: hessian)[0].matrix.decoded
            try run.finish(Provenance(source: "0", version: "1"))
            let result = try Checkpoint(directory: output)
            #expect(result.tensors["\(module).qweight"]?.info.shape == [64 * bits / 32, 96])
            #expect(result.tensors["\(module).qzeros"]?.info.shape == [4, 96 * bits / 32])
            #expect(result.tensors["\(module).scales"]?.info.shape == [4, 96])
            #expect(result.tensors["\(module).g_idx"]?.info.shape == [64])
            let configuration = try #require(result.config.json["quantization_config"]?.object)
            #expect(configuration["quant_method"] == "gptq" && configuration["desc_act"] == true)
            #expect(configuration["checkpoint_format"]?.string == (symmetric ? "gptq" : "gptq_v2"))
            #expect(configuration["dynamic"]?.object?.members.map(\.key).contains("-:^embed_out$") == true)
            #expect(try WeightStore(result).matrix(module).decoded == written)
            // The same weights as in the usual form; products with scales of 16 bits are rounded to them, as in GPTQ's tools.
            let usual = try spec.compressor.compress(layer, specs: [spec], hessian: hessian)[0].matrix.decoded
            let rounded = scales == .float32 ? usual : usual.map { Float(Float16($0)) }
            #expect(written == rounded)
        }
    }

    /// Inputs that are rounded, bits that GPTQ's tools have no packing for, and other sizes leave them in the usual form.
    @Test(arguments: [
        (#"{"method": "gptq", "bits": 4, "group": 16, "act_order": true}"#, 64, 96, true),
        (#"{"method": "gptaq", "bits": 4, "group": 96, "act_order": true}"#, 64, 96, true),
        (#"{"method": "gptq", "bits": 4, "group": 16, "act_order": true}"#, 64, 48, false),
        (#"{"method": "gptq", "bits": 4, "group": 16, "act_order": true}"#, 40, 96, false),
        (#"{"method": "gptq", "bits": 5, "group": 16, "act_order": true}"#, 64, 96, false),
        (#"{"method": "gptq", "bits": 4, "group": "channel", "act_order": true}"#, 64, 96, false),
        (#"{"method": "gptq", "bits": 4, "group": 16, "order": "static"}"#, 64, 96, false),
        (#"{"method": "gptq", "bits": 4, "group": 16, "act_order": true, "activations": 8}"#, 64, 96, false),
    ])
    func whatGPTQToolsCannotHoldKeepsTheUsualForm(text: String, rows: Int, columns: Int, isGPTQ: Bool) throws {
        let directory = try ScratchDirectory()
        var source = SmallCheckpoint()
        let module = "gpt_neox.layers.0.mlp.dense_h_to_4h"
        source.tensors = [(module + ".weight", [rows, columns], randomWeights(rows: rows, columns: columns, seed: 1))]
        let checkpoint = try source.write(to: directory.url.appending(path: "source"))
        let spec = try Spec(json: #require(try JSONValue(parsing: text).object))
        let output = directory.url.appending(path: "out")
        var run = try CompressionRun(checkpoint, [CompressionTarget(spec, directory: output)])
        let hessian = Self.hessian(Self.inputs(columns: columns, tokens: 100))
        let written = try run.compress(run.layers[0], hessian: hessian)[0].matrix.decoded
        try run.finish(Provenance(source: "0", version: "1"))
        let result = try Checkpoint(directory: output)
        let method = result.config.json["quantization_config"]?.object?["quant_method"]?.string
        #expect(method == (isGPTQ ? "gptq" : "compressed-tensors"))
        #expect(try WeightStore(result).matrix(module).decoded == written)
    }
}

struct GPTQGolden: Sendable, CustomTestStringConvertible {
    let bits: Int
    let symmetric: Bool
    let group: Spec.Group
    let actOrder: Bool
    let fingerprint: UInt64

    init(_ bits: Int, _ symmetric: Bool, _ group: Spec.Group, _ actOrder: Bool, _ fingerprint: UInt64) {
        self.bits = bits
        self.symmetric = symmetric
        self.group = group
        self.actOrder = actOrder
        self.fingerprint = fingerprint
    }

    func spec() throws(CompressionError) -> Spec {
        try Spec(method: .gptq, bits: bits, group: group, symmetric: symmetric, actOrder: actOrder, scales: .float16)
    }

    var testDescription: String { (try? spec().name) ?? "no spec" }
}

private let gptqGoldens: [GPTQGolden] = [
    GPTQGolden(2, true, .channel, false, 0x21c0_4331_822e_386c),
    GPTQGolden(2, true, .channel, true, 0x839c_bbf5_490b_2e6c),
    GPTQGolden(2, true, .size(16), false, 0x3ccc_3a0e_8f42_a0e5),
    GPTQGolden(2, true, .size(16), true, 0x7c42_afab_460d_aba6),
    GPTQGolden(2, false, .channel, false, 0x0c8f_2fa7_4cef_45d1),
    GPTQGolden(2, false, .channel, true, 0xbdc0_7227_ee0d_6b97),
    GPTQGolden(2, false, .size(16), false, 0xbed8_9829_ba77_4767),
    GPTQGolden(2, false, .size(16), true, 0xda83_b9fa_0885_f5c8),
    GPTQGolden(3, true, .channel, false, 0x8c95_5b0b_0bcd_e176),
    GPTQGolden(3, true, .channel, true, 0xdd54_d2f1_bff5_70ed),
    GPTQGolden(3, true, .size(16), false, 0x342d_3fdf_9001_b6c0),
    GPTQGolden(3, true, .size(16), true, 0x0682_d9ed_2307_bad1),
    GPTQGolden(3, false, .channel, false, 0x5472_6705_5193_4c7a),
    GPTQGolden(3, false, .channel, true, 0xf21b_867c_6d0b_9d8a),
    GPTQGolden(3, false, .size(16), false, 0x0393_76e0_43c8_b4f5),
    GPTQGolden(3, false, .size(16), true, 0x98f3_e3e5_0192_0a0f),
    GPTQGolden(4, true, .channel, false, 0x6a25_92cb_98da_239e),
    GPTQGolden(4, true, .channel, true, 0x907c_3630_1e46_d32d),
    GPTQGolden(4, true, .size(16), false, 0x5cae_28d4_7300_6ed8),
    GPTQGolden(4, true, .size(16), true, 0x9933_5b59_687f_e73a),
    GPTQGolden(4, false, .channel, false, 0x76b5_f017_a305_655e),
    GPTQGolden(4, false, .channel, true, 0x4370_1a95_573b_1394),
    GPTQGolden(4, false, .size(16), false, 0x1009_e4ae_88f4_c0fe),
    GPTQGolden(4, false, .size(16), true, 0xb266_9f3d_2a89_913d),
    GPTQGolden(8, true, .channel, false, 0x3add_3c93_c727_dc57),
    GPTQGolden(8, true, .channel, true, 0xf946_042e_4b00_9cf8),
    GPTQGolden(8, true, .size(16), false, 0x3255_8ca9_1af7_c4de),
    GPTQGolden(8, true, .size(16), true, 0xd12f_e288_107f_4c95),
    GPTQGolden(8, false, .channel, false, 0xafd7_1e5d_7b76_d359),
    GPTQGolden(8, false, .channel, true, 0x3b33_1371_bdba_ff11),
    GPTQGolden(8, false, .size(16), false, 0xdae0_bfe4_e44c_e533),
    GPTQGolden(8, false, .size(16), true, 0xdd8e_b82d_0643_b5f2),
]
