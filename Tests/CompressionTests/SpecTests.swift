import Compression
import JSON
import Testing

struct SpecTests {
    private func object(_ text: String) throws -> JSONObject {
        try #require(try JSONValue(parsing: text).object)
    }

    private func error(_ text: String) throws -> CompressionError? {
        let object = try object(text)
        return #expect(throws: CompressionError.self) { try Spec.expand(line: object) }
    }

    @Test func linesExpandToAllCombinations() throws {
        let line = try object(#"{"method": "rtn", "bits": [4, 3, 2], "group": 16, "symmetric": false}"#)
        let specs = try Spec.expand(line: line)
        #expect(specs.map(\.name) == ["rtn-asym-w4-g16", "rtn-asym-w3-g16", "rtn-asym-w2-g16"])
        #expect(specs.map(\.scheme) == ["rtn-asym-g16", "rtn-asym-g16", "rtn-asym-g16"])
        let square = try object(#"{"bits": [2, 8], "method": ["rtn"], "group": ["channel", 128], "symmetric": [true]}"#)
        #expect(
            try Spec.expand(line: square).map(\.name) == [
                "rtn-sym-w2-channel", "rtn-sym-w2-g128", "rtn-sym-w8-channel", "rtn-sym-w8-g128",
            ])
    }

    /// What gives other weights than it once did has another key; all else keeps its own.
    @Test func aRecipeThatChangedHasAnotherIdentity() throws {
        func revision(_ text: String) throws -> Int? {
            let spec = try #require(try Spec.expand(line: object(text)).first)
            let identity = try #require(spec.identity.object)
            #expect((identity["revision"] == nil) == (spec.identity == spec.canonical))
            return identity["revision"]?.int
        }
        #expect(try revision(#"{"method": "rtn", "bits": 4, "group": 16}"#) == nil)
        #expect(try revision(#"{"method": "codebook", "bits": 3}"#) == nil)
        #expect(try revision(#"{"method": "codebook", "bits": 3, "shared_table": true}"#) == 2)
        #expect(try revision(#"{"method": "codebook", "vector": 4, "levels": 256}"#) == 2)
        #expect(try revision(#"{"method": "rtn", "format": "fp8-e4m3"}"#) == 2)
        #expect(try revision(#"{"method": "rtn", "format": "fp8-e5m2"}"#) == nil)
        #expect(
            try revision(
                #"{"method": "none", "modules": {"down_proj": {"method": "rtn", "format": "fp8-block"}}}"#) == 2)
        #expect(try revision(#"{"method": "awq", "bits": 4, "group": 16}"#) == 2)
        #expect(try revision(#"{"method": "none", "kv": "fp8"}"#) == nil)
    }

    @Test func repeatedValuesGiveOneSpec() throws {
        #expect(try Spec.expand(line: object(#"{"method": "rtn", "bits": [4, 4.0]}"#)).count == 1)
    }

    @Test func groupAndSymmetryHaveDefaults() throws {
        let specs = try Spec.expand(line: object(#"{"method": "gptq", "bits": 3, "act-order": true}"#))
        #expect(specs.map(\.name) == ["gptq-sym-w3-channel-actorder"])
        #expect(specs.first?.options.actOrder == true)
    }

    @Test func storedScalesArePartOfASpec() throws {
        let specs = try Spec.expand(line: object(#"{"method": "gptq", "bits": 3, "group": 8, "scales": "float16"}"#))
        #expect(specs.map(\.name) == ["gptq-sym-w3-g8-float16"])
        #expect(try Spec(json: #require(specs[0].canonical.object)) == specs[0])
        #expect(try specs != [Spec(method: .gptq, bits: 3, group: .size(8))])
    }

    @Test func canonicalFormReadsBack() throws {
        let line =
            #"{"method": ["rtn", "gptq"], "bits": [2, 3, 4, 5, 6, 7, 8], "group": [32, "channel"], "symmetric": [true, false]}"#
        let specs = try Spec.expand(line: object(line))
        #expect(specs.count == 56)
        #expect(Set(specs.map(\.name)).count == 56)
        for spec in specs {
            #expect(try Spec(json: #require(spec.canonical.object)) == spec)
        }
        #expect(
            try Spec(options: [("method", "rtn"), ("bits", "4"), ("group", "16"), ("symmetric", "false")]).canonical
                .canonicalText
                == #"{"bits":4,"group":16,"method":"rtn","symmetric":false}"#)
    }

    @Test func commandLineOptionsMakeTheSameSpecs() throws {
        let spec = try Spec(options: [("method", "rtn"), ("bits", "4"), ("group", "128"), ("symmetric", "false")])
        #expect(try spec == Spec(method: .rtn, bits: 4, group: .size(128), symmetric: false))
        #expect(try Spec(options: [("method", "rtn"), ("bits", "8")]).group == .channel)
        #expect(throws: CompressionError.invalidValue(key: "group", value: "\"all\"", allowed: allowedGroups)) {
            try Spec(options: [("method", "rtn"), ("bits", "4"), ("group", "all")])
        }
    }

    private let allowedMethods = "one of " + Method.all.map(\.name).joined(separator: ", ")
    private let allowedGroups = "'channel' or a whole number from 2 to 65536 (128, 64, 32, 16 are usual)"

    @Test func nonsenseIsRefusedWithWhatIsAllowed() throws {
        #expect(
            try error(#"{"method": "rtn", "bits": 9}"#)
                == .invalidValue(key: "bits", value: "9", allowed: "a whole number from 2 to 8 for rtn"))
        #expect(
            try error(#"{"method": "rtn", "bits": 1}"#)
                == .invalidValue(key: "bits", value: "1", allowed: "a whole number from 2 to 8 for rtn"))
        #expect(
            try error(#"{"method": "rtn", "bits": "four"}"#)
                == .invalidValue(key: "bits", value: "\"four\"", allowed: "a whole number"))
        #expect(
            try error(#"{"method": "best", "bits": 4}"#)
                == .invalidValue(key: "method", value: "'best'", allowed: allowedMethods))
        #expect(
            try error(#"{"method": "rtn", "bits": 4, "group": 1}"#)
                == .invalidValue(key: "group", value: "1", allowed: allowedGroups))
        #expect(
            try error(#"{"method": "rtn", "bits": 4, "symmetric": "no"}"#)
                == .invalidValue(key: "symmetric", value: "\"no\"", allowed: "true or false"))
        #expect(
            try error(#"{"method": "rtn", "bits": 4, "act_order": true}"#)
                == .invalidValue(key: "act_order", value: "true", allowed: "left out for rtn; it is for gptq, gptaq"))
        #expect(
            try error(#"{"method": "rtn", "bits": 4, "targets": "norms"}"#)
                == .invalidValue(key: "targets", value: "'norms'", allowed: "one of layers"))
        #expect(
            try error(#"{"method": "rtn", "bits": 4, "scales": "half"}"#)
                == .invalidValue(key: "scales", value: "'half'", allowed: "one of float16, bfloat16, float32"))
        #expect(
            try error(#"{"method": "rtn", "bits": []}"#)
                == .invalidValue(key: "bits", value: "an empty list", allowed: "a value or a list of some"))
    }

    @Test func unknownMissingAndRepeatedKeysAreRefused() throws {
        let keys = [
            "method", "bits", "format", "levels", "vector", "group", "symmetric", "act_order", "order", "sparse",
            "rank", "activations", "activation_scale", "kv", "rotate", "scale_search", "imatrix", "shared_table",
            "powers_of_two", "outliers", "clip", "targets", "scales", "modules",
        ]
        #expect(try error(#"{"method": "rtn", "bit": 4}"#) == .unknownKey("bit", allowed: keys))
        #expect(try error(#"{"method": "rtn"}"#) == .missingKey("bits", allowed: "a whole number"))
        #expect(try error(#"{"bits": 4}"#) == .missingKey("method", allowed: allowedMethods))
        #expect(
            try error(#"{"method": "gptq", "bits": 4, "act-order": true, "act_order": true}"#)
                == .repeatedKey("act_order"))
    }

    @Test func aLineOfTooManySpecsIsRefused() throws {
        let many = (0..<5000).map { _ in "4" }.joined(separator: ",")
        #expect(
            try error(#"{"method": "rtn", "bits": ["# + many + "]}")
                == .invalidValue(key: "bits", value: "5000 values", allowed: "few enough for 4096 specs a line"))
    }

    @Test func formatsHaveNamesGroupsAndNominalBits() throws {
        let line = try object(#"{"method": "rtn", "format": ["nf4", "fp8-e4m3", "mxfp4", "ternary", "binary"]}"#)
        let specs = try Spec.expand(line: line)
        #expect(
            specs.map(\.name) == [
                "rtn-nf4-g64", "rtn-fp8-e4m3-channel", "rtn-mxfp4", "rtn-ternary-channel", "rtn-binary-channel",
            ])
        #expect(specs.map { ($0.nominalBits * 1000).rounded() / 1000 } == [4, 8, 4, 1.585, 1])
        #expect(
            try Spec(method: .rtn, format: .mxint8).canonical.canonicalText == #"{"format":"mxint8","method":"rtn"}"#
        )
        #expect(
            try Spec(json: object(#"{"method": "rtn", "bits": 3, "scale_search": true}"#)).name
                == "rtn-sym-w3-channel-search")
    }

    @Test func codebooksAreGivenByLevelsOrBits() throws {
        let specs = try [
            #"{"method": "codebook", "levels": 12}"#, #"{"method": "codebook", "bits": 3, "group": 64}"#,
            #"{"method": "codebook", "bits": 2, "vector": 4}"#,
            #"{"method": "codebook", "levels": 8, "shared_table": true}"#,
            #"{"method": "codebook", "bits": 4, "powers_of_two": true}"#,
        ].map { try Spec(json: object($0)) }
        #expect(
            specs.map(\.name) == [
                "codebook-k12-channel", "codebook-k8-g64", "codebook-k256v4-channel", "codebook-k8-channel-shared",
                "codebook-k16-channel-pow2",
            ])
        #expect(
            specs.map(\.scheme) == [
                "codebook-channel", "codebook-g64", "codebook-v4-channel", "codebook-channel-shared",
                "codebook-channel-pow2",
            ])
        #expect(specs.map(\.nominalBits).dropFirst() == [3, 2, 3, 4])
        #expect(specs[2].canonical.canonicalText == #"{"group":"channel","levels":256,"method":"codebook","vector":4}"#)
        #expect(try Spec(json: #require(specs[4].canonical.object)) == specs[4])
    }

    @Test func formatsThatMakeNoSenseAreRefused() throws {
        let refused = [
            (#"{"method": "rtn", "format": "nf5"}"#, "format"), (#"{"method": "gptq", "format": "nf4"}"#, "format"),
            (#"{"method": "rtn", "format": "nf4", "bits": 3}"#, "bits"),
            (#"{"method": "rtn", "format": "nf4", "group": 48}"#, "group"),
            (#"{"method": "rtn", "format": "nf4", "group": "channel"}"#, "group"),
            (#"{"method": "rtn", "format": "mxfp4", "group": 64}"#, "group"),
            (#"{"method": "rtn", "format": "mxint8", "scales": "float16"}"#, "scales"),
            (#"{"method": "rtn", "format": "ternary", "symmetric": false}"#, "symmetric"),
            (#"{"method": "rtn", "format": "fp8-e4m3", "scale_search": true}"#, "scale_search"),
            (#"{"method": "gptq", "bits": 3, "scale_search": true}"#, "scale_search"),
            (#"{"method": "rtn", "bits": 3, "levels": 8}"#, "levels"),
            (#"{"method": "rtn", "bits": 3, "shared_table": true}"#, "shared_table"),
            (#"{"method": "codebook", "levels": 1}"#, "levels"), (#"{"method": "codebook", "levels": 257}"#, "levels"),
            (#"{"method": "codebook", "levels": 8, "bits": 3}"#, "bits"),
            (#"{"method": "codebook", "bits": 9}"#, "bits"),
            (#"{"method": "codebook", "bits": 3, "vector": 4}"#, "bits"),
            (#"{"method": "codebook", "bits": 1, "vector": 9}"#, "bits"),
            (#"{"method": "codebook", "levels": 8, "vector": 17}"#, "vector"),
            (#"{"method": "codebook", "levels": 8, "vector": 2, "shared_table": true}"#, "shared_table"),
            (#"{"method": "codebook", "levels": 8, "format": "nf4"}"#, "format"),
            (#"{"method": "rtn", "bits": 3, "powers_of_two": true}"#, "powers_of_two"),
            (#"{"method": "codebook", "bits": 4, "powers_of_two": true, "group": 64}"#, "group"),
            (#"{"method": "codebook", "bits": 4, "powers_of_two": true, "shared_table": true}"#, "shared_table"),
            (#"{"method": "codebook", "bits": 4, "powers_of_two": true, "vector": 2}"#, "vector"),
            (#"{"method": "codebook", "bits": 1, "powers_of_two": true}"#, "levels"),
            (#"{"method": "codebook", "bits": 4, "powers_of_two": true, "scales": "float16"}"#, "scales"),
            (#"{"method": "codebook", "levels": 8, "symmetric": false}"#, "symmetric"),
        ]
        for (line, key) in refused {
            let found = try error(line)
            guard case .invalidValue(key, _, let allowed) = found else {
                Issue.record("\(line) gave \(String(describing: found))")
                continue
            }
            #expect(!allowed.isEmpty)
        }
        #expect(
            try error(#"{"method": "rtn", "format": "nf4", "group": 48}"#)
                == .invalidValue(
                    key: "group", value: "48",
                    allowed: "one of 32, 64, 128, 256, 512, 1024, 2048, 4096 for nf4"))
        #expect(
            try error(#"{"method": "codebook"}"#)
                == .missingKey("levels", allowed: "a whole number from 2 to 256, or bits given instead"))
        #expect(throws: CompressionError.self) { try Spec(method: .codebook, bits: 3) }
    }

    @Test func messagesSayWhatWouldBeRight() {
        let error = CompressionError.groupDoesNotDivide(tensor: "h.0.q", rowLength: 48, group: 32, allowed: [8, 16])
        #expect(
            error.description
                == "tensor 'h.0.q' has rows of 48 weights, which groups of 32 do not divide; groups of 8, 16 or channel would"
        )
    }

    @Test func sparsityIsAShareOrAPattern() throws {
        #expect(try Sparsity(.number(0.5)) == .share(0.5))
        #expect(try Sparsity("2:4") == .pattern(kept: 2, of: 4))
        #expect(try Sparsity("2:4").share == 0.5)
        #expect(
            try [Sparsity(.number(0.5)), Sparsity(.number(0.625)), Sparsity("4:8")].map(\.description) == [
                "s50", "s62.5", "4of8",
            ])
        for value: JSONValue in [0, 1, 1.5, "4:2", "0:4", "2:4:8", "half", "2:", true] {
            #expect(
                throws: CompressionError.invalidValue(
                    key: "sparse", value: value.canonicalText,
                    allowed: "a share between 0 and 1, or a pattern such as 2:4 (two of four kept)")
            ) {
                try Sparsity(value)
            }
        }
    }

    @Test func nativeCompressionIsDeclaredByAMapping() throws {
        let ternary = try NativeSpec(json: object(#"{"bits": 1.58, "activations": 8}"#))
        #expect(ternary.scheme == "native-w1.58-a8")
        #expect(try NativeSpec(json: #require(ternary.json.object)) == ternary)
        #expect(try NativeSpec(json: object(#"{"sparse": "2:4", "bits": 4}"#)).scheme == "native-2of4-w4")
        #expect(throws: CompressionError.unknownKey("bit", allowed: ["bits", "activations", "sparse"])) {
            try NativeSpec(json: object(#"{"bit": 1}"#))
        }
        #expect(throws: CompressionError.invalidValue(key: "bits", value: "0", allowed: "from 1 to 16")) {
            try NativeSpec(json: object(#"{"bits": 0}"#))
        }
        #expect(throws: CompressionError.missingKey("bits", allowed: "there, or 'activations' or 'sparse'")) {
            try NativeSpec(json: object("{}"))
        }
    }
}
