import Checkpoint
import Compression
import JSON
import Testing

/// Rounded inputs: in specs, and in the configurations of stored checkpoints.
struct InputActivationsTests {
    private func spec(_ text: String) throws -> Spec {
        try Spec(json: #require(try JSONValue(parsing: text).object))
    }

    @Test func specsSayHowInputsAreRounded() throws {
        let dynamic = try spec(#"{"method": "rtn", "bits": 8, "activations": 8}"#)
        #expect(dynamic.name == "rtn-sym-w8-channel-a8" && dynamic.scheme == "rtn-sym-channel-a8")
        #expect(dynamic.nominalBits == 8 && !dynamic.needsCalibration)
        #expect(
            dynamic.canonical.canonicalText
                == #"{"activations":8,"bits":8,"group":"channel","method":"rtn","symmetric":true}"#)
        let fixed = try spec(#"{"method": "gptq", "bits": 4, "activations": 6, "activation_scale": "tensor"}"#)
        #expect(fixed.name == "gptq-sym-w4-channel-a6tensor" && fixed.needsCalibration)
        #expect(
            try spec(#"{"method": "rtn", "bits": 4, "activations": 6, "activation-scale": "tensor"}"#).needsCalibration)
        for spec in [dynamic, fixed] { #expect(try Spec(json: #require(spec.canonical.object)) == spec) }
        #expect(
            try spec(#"{"method": "awq", "bits": 4, "group": 128, "symmetric": false}"#).name == "awq-asym-w4-g128")
    }

    @Test func nonsenseIsRefused() throws {
        #expect(
            throws: CompressionError.invalidValue(
                key: "activations", value: "5", allowed: "4, 6, 8 (bits), fp8 or nvfp4")
        ) { try spec(#"{"method": "rtn", "bits": 8, "activations": 5}"#) }
        #expect(
            throws: CompressionError.missingKey(
                "activations", allowed: "given where activation_scale is: 4, 6, 8 (bits), fp8 or nvfp4")
        ) { try spec(#"{"method": "rtn", "bits": 8, "activation_scale": "tensor"}"#) }
        #expect(
            throws: CompressionError.invalidValue(
                key: "activation_scale", value: "'row'", allowed: "one of token, tensor")
        ) { try spec(#"{"method": "rtn", "bits": 8, "activations": 8, "activation_scale": "row"}"#) }
    }

    // MARK: Stored checkpoints

    /// Integers as compressed-tensors stores them, with what is said about inputs.
    private func module(_ inputs: String, format: String = "int-quantized") -> StoredModule {
        var module = StoredModule(
            quantization: """
                {"quant_method": "compressed-tensors", "format": "\(format)", "config_groups": {"group_0": {
                 "targets": ["Linear"], "weights": {"num_bits": 8, "type": "int", "symmetric": true,
                 "strategy": "channel"}, "input_activations": \(inputs)}}}
                """)
        module.add("weight", .int8, [4, 24], [Int8](repeating: 3, count: 4 * 24))
        module.add("weight_scale", .float32, [4, 1], [Float](repeating: 0.5, count: 4))
        return module
    }

    private func rounding(_ module: StoredModule) throws -> ActivationQuantizer? {
        try module.withStore { try $0.activationQuantizer(of: StoredModule.name) }
    }

    private let fixed = #"{"num_bits": 8, "type": "int", "symmetric": true, "strategy": "tensor", "dynamic": false}"#

    @Test func readsWhatOthersStore() throws {
        #expect(try rounding(module("null")) == nil)
        let token = #"{"num_bits": 8, "type": "int", "symmetric": true, "strategy": "token", "dynamic": true}"#
        #expect(try rounding(module(token)) == ActivationQuantizer(bits: 8, scale: .token))
        let asymmetric = #"{"num_bits": 4, "symmetric": false, "strategy": "token", "dynamic": true, "observer": null}"#
        #expect(try rounding(module(asymmetric)) == ActivationQuantizer(bits: 4, scale: .asymmetricToken))
        var scaled = module(fixed)
        scaled.add("input_scale", .bfloat16, [1], [UInt16(0x3d00)])
        #expect(try rounding(scaled) == ActivationQuantizer(bits: 8, scale: .tensor(scale: 0.03125, zero: 0)))
        var shifted = module(fixed.replacing("true", with: "false"))
        shifted.add("input_scale", .float32, [1], [Float(0.25)])
        shifted.add("input_zero_point", .int8, [1], [Int8(-7)])
        #expect(try rounding(shifted) == ActivationQuantizer(bits: 8, scale: .tensor(scale: 0.25, zero: -7)))
        // A configuration over plain weights alone is left over from another form of the checkpoint.
        var plain = module(token)
        plain.pieces = []
        plain.add("weight", .float32, [1, 1], [Float(1)])
        #expect(throws: CompressionError.self) { try rounding(plain) }
    }

    @Test func whatIsNotComputedIsRefused() throws {
        for (inputs, key) in [
            (#"{"num_bits": 8, "type": "complex", "strategy": "token", "dynamic": true}"#, ".type"),
            (#"{"num_bits": 6, "type": "float", "strategy": "token", "dynamic": true}"#, ".num_bits"),
            (
                #"{"num_bits": 8, "type": "float", "symmetric": false, "strategy": "token", "dynamic": true}"#,
                ".symmetric"
            ),
            (
                #"{"num_bits": 4, "type": "float", "strategy": "tensor_group", "group_size": 32, "dynamic": "local"}"#,
                ""
            ),
            (#"{"num_bits": 8, "type": "float", "strategy": "group", "dynamic": true}"#, ".group_size"),
            (
                #"{"num_bits": 8, "type": "float", "strategy": "group", "group_size": 32, "scale_dtype": "torch.uint8", "dynamic": true}"#,
                ""
            ),
            (#"{"num_bits": 16, "strategy": "token", "dynamic": true}"#, ".num_bits"),
            (#"{"strategy": "token", "dynamic": true, "symmetric": "yes"}"#, ".symmetric"),
            (#"{"strategy": "token", "dynamic": false}"#, ""), (#"{"strategy": "tensor", "dynamic": true}"#, ""),
            (#"{"strategy": "group", "group_size": 8, "dynamic": true}"#, ""), (#"{"dynamic": "local"}"#, ""),
            ("8", ""),
        ] {
            let error = #expect(throws: CompressionError.self) { try rounding(module(inputs)) }
            guard case .invalidConfiguration(_, let found, _, _) = error else {
                Issue.record("\(inputs): \(String(describing: error))")
                continue
            }
            #expect(found == "quantization_config.config_groups.group_0.input_activations" + key)
        }
    }

    @Test func storedScalesMustBeUsable() throws {
        let name = StoredModule.name
        #expect(
            throws: CompressionError.missingTensor(
                name: "\(name).input_scale", known: ["\(name).weight", "\(name).weight_scale"])
        ) { try rounding(module(fixed)) }
        for bad in [Float.nan, .infinity, 0, -1] {
            var scaled = module(fixed)
            scaled.add("input_scale", .float32, [1], [bad])
            #expect(throws: CompressionError.notFinite(tensor: "\(name).input_scale", row: 0, column: 0)) {
                try rounding(scaled)
            }
        }
        #expect(
            throws: CompressionError.wrongShape(tensor: "\(name).input_scale", found: [0], expected: "of 1 elements")
        ) { try rounding(module(fixed).replacing("input_scale", .float32, [0])) }
        #expect(
            throws: CompressionError.wrongType(tensor: "\(name).input_scale", found: "I8", expected: "F16, BF16 or F32")
        ) { try rounding(module(fixed).replacing("input_scale", .int8, [1])) }
    }
}
