import Compression
import Evaluation
import FoundationEssentials
import JSON
import LanguageModel
import Pipeline
import ScalingLaws
import System
import TestSupport
import Testing

struct ManifestTests {
    static let text = """
        name: demo
        archives:
          - {path: runs/small, family: neox, tokens_per_step: 4096, annealed_from: 100, steps: [64, 128]}
          - {path: /data/large, family: neox, tokens: {64: 1000}}
        shard: heldout.jsonl.zst
        context: 256
        windows: 8
        specs:
          - {method: rtn, bits: [4, 3], group: 16, symmetric: false}
          - {method: rtn, bits: 4, group: 16, symmetric: false}
        laws: [qid-unified]
        predictions:
          - {params: 1e9, tokens: [1e12, 2e12], bits: 4}

        """

    @Test func readsEveryKey() throws {
        let manifest = try manifest(Self.text)
        #expect(manifest.name == "demo")
        #expect(manifest.archives.map(\.path.lastPathComponent) == ["small", "large"])
        #expect(manifest.archives[0].rule.tokensPerStep == TokensPerStep(4096))
        #expect(manifest.archives[0].rule.annealedFrom == 100)
        #expect(manifest.archives[0].steps == [64, 128])
        #expect(manifest.archives[1].rule.table == TokenTable([.init(step: 64, tokens: 1000)]))
        #expect(manifest.evaluation.context == 256)
        #expect(manifest.specs.map(\.name) == ["rtn-asym-w4-g16", "rtn-asym-w3-g16"])
        #expect(manifest.predictions.map(\.params) == [[1e9]])
        #expect(manifest.predictions.map(\.tokens) == [[1e12, 2e12]])
    }

    @Test(arguments: [
        ("context: 256", "contxt: 256", "unknown key 'contxt'; known here", 6),
        ("context: 256\n", "", "key 'context' is missing", 1),
        ("context: 256", "context: many", "'context' is 'many' where a whole number was expected", 6),
        ("context: 256", "context: 1", "'context' is 1 where a whole number of at least 2 was expected", 6),
        ("bits: 4,", "bits: 9,", "bits is 9 but must be", 10),
        ("name: demo", "name: ../x", "'name': a name is letters", 1),
        ("params: 1e9", "params: -1", "'params' is -1 where a number above zero was expected", 13),
        ("{64: 1000}", "{a: 1000}", "the keys of 'tokens' are training steps", 4),
        ("windows: 8", "context: 8", "stands twice", 6),
        ("windows: 8", "windows: [", "not YAML", 9),
        ("windows: 8", "qid_stderr: 0", "'qid_stderr' is 0 where a number above zero was expected", 7),
        ("windows: 8", "qid_stderr: small", "'qid_stderr' is 'small' where a number above zero was expected", 7),
        ("windows: 8", "kl_error: 0%", "'kl_error' is '0%' where a share above zero such as 5% was expected", 7),
        ("windows: 8", "kl_error: -1", "'kl_error' is -1 where a number above zero was expected", 7),
        ("windows: 8", "order: sorted", "'order': 'sorted' where shard or random was expected", 7),
        ("windows: 8", "order: shard\nseed: 2", "'seed': the order of the shard has no seed", 8),
        ("windows: 8", "seed: -2", "'seed' is -2 where a whole number of at least 0 was expected", 7),
        ("windows: 8", "score: half", "'score' is 'half' where all or second-half was expected", 7),
        ("windows: 8", "documents: apart", "'documents' is 'apart' where joined or separate was expected", 7),
        ("windows: 8", "documents: separate\nscore: second-half", "'score': the end of a short document", 8),
        ("windows: 8", "separator: -1", "'separator' is -1 where a whole number of at least 0 was expected", 7),
        ("windows: 8", "separator: 4294967296", "'separator': no token id is as large", 7),
        ("windows: 8", "score: 2", "'score' is 2 where all or second-half was expected", 7),
    ])
    func refuses(_ good: String, _ bad: String, _ message: String, _ line: Int) throws {
        let text = Self.text.replacing(good, with: bad)
        try #require(text != Self.text)
        let error = #expect(throws: ManifestError.self) { try manifest(text) }
        let description = try #require(error).description
        #expect(description.contains(message), "\(description)")
        #expect(description.contains("manifest.yaml:\(line):"), "\(description)")
    }

    /// The core schema of YAML 1.2, section 10.3.2.
    @Test(
        arguments: [
            ("1e9", .integer(1_000_000_000)), ("0o17", .integer(15)), ("0x1F", .integer(31)), ("017", .integer(17)),
            ("+12", .integer(12)), ("-0.5", .number(-0.5)), (".5", .number(0.5)), ("1.", .integer(1)),
            ("1.5E-3", .number(0.0015)), ("True", true), ("FALSE", false), ("Null", .null), ("~", .null),
            ("yes", "yes"),
            ("off", "off"), ("tRue", "tRue"), ("1_000", "1_000"), ("0x", "0x"), ("0x1p3", "0x1p3"), ("0o8", "0o8"),
            ("infinity", "infinity"), ("nan", "nan"), ("1e", "1e"), ("+", "+"), (".", "."), ("-.", "-."),
            ("+0x10", "+0x10"),
            ("'1'", "1"), ("!!str 1", "1"), ("1 2", "1 2"),
        ] as [(String, JSONValue)])
    func scalarsAreWhatTheCoreSchemaSays(_ text: String, _ value: JSONValue) throws {
        #expect(try Field(yaml: "key: \(text)", file: "m.yaml").mapping(optional: ["key"])["key"]?.json == value)
    }

    @Test(arguments: [".inf", "-.INF", ".NaN"])
    func numbersThatAreNotFiniteAreRefused(_ text: String) throws {
        #expect(
            throws: ManifestError.invalid(
                place: .init(file: "m.yaml", line: 2), key: "key", reason: "\(text) is not finite")
        ) { try Field(yaml: "a: 1\nkey: \(text)", file: "m.yaml") }
    }

    /// Ten to the seventh values in 300 bytes, and a key that holds as many.
    @Test func aliasesDoNotMultiply() throws {
        var text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        for (name, last) in zip("bcdefg", "abcdef") {
            text += "\(name): &\(name) [" + Array(repeating: "*\(last)", count: 10).joined(separator: ",") + "]\n"
        }
        let error = #expect(throws: ManifestError.self) { try Field(yaml: text, file: "m.yaml") }
        #expect(error?.description.contains("aliases add more than 10000 values") == true)
        for key in ["*g : 1", "? *g\n: 1", "{*g : 1}", "? [1]\n: 1"] {
            #expect(throws: ManifestError.notYAML(file: "m.yaml", line: 8, reason: "a key is not plain text")) {
                try Field(yaml: text + key, file: "m.yaml")
            }
        }
        let few = try Field(yaml: "a: &a {b: 1}\nc: [*a, *a]", file: "m.yaml").json
        #expect(few == ["a": ["b": 1], "c": [["b": 1], ["b": 1]]])
    }

    @Test func howTheTextBecomesWindows() throws {
        #expect(try manifest(Self.text).evaluation.rules == WindowRules())
        let rules = "bos: true\ndocuments: separate\nseparator: 50256"
        #expect(
            try manifest(Self.text.replacing("windows: 8", with: rules)).evaluation.rules
                == WindowRules(bos: true, documents: .separate, separator: 50256))
    }

    @Test func aTargetAndWhatIsScored() throws {
        let plain = try manifest(Self.text).evaluation
        #expect(plain.windows == 8 && plain.target == nil && plain.order == .usual && plain.score == .all)
        let target = try manifest(
            Self.text.replacing("windows: 8", with: "qid_stderr: 0.002\nscore: second-half")
        ).evaluation
        #expect(
            target.windows == nil && target.target == PrecisionTarget(qidStderr: 0.002) && target.score == .secondHalf)
        let capped = try manifest(Self.text.replacing("windows: 8", with: "windows: 8\nqid_stderr: 1")).evaluation
        #expect(capped.windows == 8 && capped.target == PrecisionTarget(qidStderr: 1) && capped.score == .all)
        for (line, share) in [("5%", 0.05), ("0.05", 0.05), ("12.5 %", 0.125), ("1", 1)] {
            let relative = try manifest(Self.text.replacing("windows: 8", with: "kl_error: \(line)")).evaluation
            #expect(relative.target == PrecisionTarget(klError: share))
        }
        let both = try manifest(Self.text.replacing("windows: 8", with: "kl_error: 5%\nqid_stderr: 1")).evaluation
        #expect(both.target == PrecisionTarget(qidStderr: 1, klError: 0.05))
    }

    @Test func theOrderOfWindows() throws {
        let orders: [(String, WindowOrder)] = [
            ("order: shard", .shard), ("order: random", .usual), ("seed: 7", .random(seed: 7)),
            ("order: random\nseed: 0", .random(seed: 0)),
        ]
        for (lines, order) in orders {
            #expect(try manifest(Self.text.replacing("windows: 8", with: lines)).evaluation.order == order)
        }
    }

    @Test func missingFileIsNamed() {
        #expect(throws: ManifestError.unreadable(file: "/nowhere/m.yaml", reason: "no such file")) {
            try Manifest(file: URL(filePath: "/nowhere/m.yaml"))
        }
    }

    @Test func mutatedManifestsNeverTrap() throws {
        let seed: UInt64 = 11
        var random = SeededGenerator(seed: seed)
        let bytes = Array(Self.text.utf8)
        try withScratchDirectory { directory in
            for _ in 0..<300 {
                var mutated = bytes
                for _ in 0...Int.random(in: 0..<3, using: &random) {
                    mutated[Int.random(in: 0..<mutated.count, using: &random)] = UInt8.random(
                        in: 0...127, using: &random)
                }
                let file = directory.appending(path: "m.yaml")
                try replaceFile(mutated, at: file)
                do { _ = try Manifest(file: file) } catch { #expect(error is ManifestError, "seed \(seed)") }
            }
        }
    }

    private func manifest(_ text: String) throws -> Manifest {
        try withScratchDirectory { directory in
            let file = directory.appending(path: "manifest.yaml")
            try replaceFile(Array(text.utf8), at: file)
            return try Manifest(file: file)
        }
    }
}
