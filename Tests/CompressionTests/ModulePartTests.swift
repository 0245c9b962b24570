import Compression
import JSON
import Testing

/// Lines of a manifest in which some modules have a spec of their own.
struct ModulePartTests {
    private func specs(_ text: String) throws -> [Spec] {
        try Spec.expand(line: #require(try JSONValue(parsing: text).object))
    }

    private func spec(_ text: String) throws -> Spec { try #require(try specs(text).first) }

    @Test func aPartThatNamesNoMethodIsTheLineWithOtherValues() throws {
        let spec = try spec(
            #"""
            {"method": "gptq", "bits": 4, "group": 32, "symmetric": false, "act_order": true,
             "modules": {"down_proj": {"bits": 8}, "layers.0": {"method": "rtn", "format": "fp8-e4m3"}, "head": "none"}}
            """#)
        #expect(spec.name == "gptq-asym-w4-g32-actorder+down_proj=w8-actorder+head=none+layers.0=rtn-fp8-e4m3-channel")
        #expect(spec.scheme == "gptq-asym-g32-actorder+down_proj=w8-actorder+head=none+layers.0=rtn-fp8-e4m3-channel")
        #expect(spec.parts.map(\.selector.text) == ["down_proj", "head", "layers.0"])
        #expect(
            try spec.parts[0].spec
                == Spec(method: .gptq, bits: 8, group: .size(32), symmetric: false, actOrder: true))
        #expect(spec.parts[1].spec == nil)
        #expect(spec.nominalBits == 4)
        #expect(spec.needsCalibration)
    }

    @Test func canonicalFormsReadBackAndSayNothingOfOrder() throws {
        let line = #"{"method": "rtn", "bits": 3, "group": 16, "modules": {"b": {"bits": 8}, "a": {"format": "nf4"}}}"#
        let other = #"{"method": "rtn", "bits": 3, "group": 16, "modules": {"a": {"format": "nf4"}, "b": {"bits": 8}}}"#
        let text = #"{"method": "rtn", "bits": 3, "group": 16, "modules": "b:bits=8;a:format=nf4"}"#
        let found = try spec(line)
        #expect(try found == spec(other))
        #expect(try found == spec(text))
        #expect(try Spec(json: #require(found.canonical.object)) == found)
        #expect(
            found.canonical.canonicalText
                == #"{"bits":3,"group":16,"method":"rtn","modules":{"a":{"format":"nf4","group":64,"method":"rtn"},"#
                + #""b":{"bits":8,"group":16,"method":"rtn","symmetric":true}},"symmetric":true}"#)
        let option = [("method", "rtn"), ("bits", "3"), ("group", "16"), ("modules", "a:format=nf4;b:bits=8")]
        #expect(try Spec(options: option.map { (key: $0.0, value: $0.1) }) == found)
    }

    /// Names tell apart whatever two lines may differ in.
    @Test func namesAreUnique() throws {
        let line = #"""
            {"method": "rtn", "bits": [4, 3], "group": [16, "channel"], "symmetric": [true, false],
             "modules": [{"up": {"bits": 4}}, {"up": {"bits": 8}}, {"up": {"bits": 8, "group": 16}}, {"up": "none"},
                         {"up": {"bits": 8, "group": "channel"}}, {"up": {"bits": 8, "symmetric": false}},
                         {"up": {"format": "nf4"}}, {"up": {"bits": 8, "scale_search": true}}, {"gate.up": {"bits": 8}}]}
            """#
        let found = try specs(line)
        #expect(Set(found.map(\.name)).count == found.count)
        #expect(Set(found.map(\.canonical.canonicalText)).count == found.count)
        #expect(Set(found.map(\.setting)).count == found.count)
    }

    @Test(arguments: [
        (#"{"down proj": {"bits": 8}}"#, "modules is 'down proj' but must be a mapping from parts of modules' names"),
        (#"{"a..b": {"bits": 8}}"#, "modules is 'a..b' but must be"),
        (#"{}"#, "modules is {} but must be"),
        (#"7"#, "modules is 7 but must be"),
        (#""down_proj""#, "modules is 'down_proj' but must be"),
        (#""a:bits=8;a:bits=3""#, "key 'a' is given twice"),
        (#"{"a": 8}"#, "modules 'a': its value is 8 but must be a mapping of keys, or 'none'"),
        (#"{"a": {"bits": 9}}"#, "modules 'a': bits is 9 but must be"),
        (#"{"a": {"bites": 8}}"#, "modules 'a': unknown key 'bites'"),
        (#"{"a": {"bits": [8, 4]}}"#, "modules 'a': bits is [8,4] but must be a whole number"),
        (#"{"a": {"modules": {"b": {"bits": 8}}}}"#, "modules 'a': modules is"),
        (#"{"a": {"bits": 8, "kv": "fp8"}}"#, "modules 'a': kv is \"fp8\" but must be left out of a part"),
        (#"{"a": {"bits": 8, "rotate": "hadamard"}}"#, "modules 'a': rotate is"),
        (#"{"a": {"format": "q4_k"}}"#, "modules 'a': q4_k and rtn go into different files"),
        (#"{"a": {"method": "awq", "bits": 4}}"#, "modules 'a': awq moves factors between channels of a whole model"),
        (
            #"{"a": {"method": "gptq", "bits": 4}, "b": {"method": "wanda", "sparse": 0.5}}"#,
            "look at inputs in different ways"
        ),
    ])
    func whatMakesNoSenseIsNamed(modules: String, message: String) throws {
        let line = try #require(
            try JSONValue(parsing: #"{"method": "rtn", "bits": 4, "modules": \#(modules)}"#).object)
        let error = #expect(throws: CompressionError.self) { try Spec.expand(line: line) }
        #expect(try #require(error).description.contains(message), "\(error?.description ?? "")")
    }

    @Test func methodsThatScaleTakeNoOthersThatLookAtInputs() throws {
        for (line, message) in [
            (#""awq", "bits": 4, "modules": {"a": {"method": "gptq", "bits": 4}}"#, "gptq cannot follow awq"),
            (#""rtn", "format": "q4_k", "modules": {"a": {"bits": 4}}"#, "modules 'a': "),
            (#""rtn", "format": "q4_k", "modules": {"a": {"format": "q4_k_m"}}"#, "is a mixture of a whole file"),
        ] {
            let error = #expect(throws: CompressionError.self) { try spec(#"{"method": \#(line)}"#) }
            #expect(try #require(error).description.contains(message), "\(error?.description ?? "")")
        }
    }
}
