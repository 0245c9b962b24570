import Archive
import Foundation
import System
import SystemPackage
import TestSupport
import Testing

@Suite struct DiscoveryTests {
    let directory: ScratchDirectory

    init() throws { directory = try ScratchDirectory() }

    /// Makes empty files; what they hold does not matter for what they are taken for.
    private func touch(_ names: String...) throws {
        for name in names { try directory.write("", to: name) }
    }

    private func discover(_ folder: String = "") throws -> Discovery {
        try Discovery(root: directory.url.appending(path: folder))
    }

    @Test func findsTheDemoInAllItsForms() throws {
        let discovery = try Discovery(root: Fixtures.demoArchive)
        #expect(discovery.skipped.isEmpty)
        let steps = [64, 128, 256, 512, 1024]
        let runs = [
            "neox-200k-seed1", "neox-25k-seed1", "neox-25k-seed2", "neox-560k-seed1", "neox-85k-seed1",
            "neox-85k-seed2",
        ]
        #expect(discovery.sources.map(\.series) == runs.flatMap { Array(repeating: $0, count: steps.count) })
        #expect(discovery.sources.map(\.step) == runs.flatMap { _ in steps })
        #expect(discovery.sources.allSatisfy { $0.series.hasSuffix("-seed\($0.place.seed ?? "")") })
        let forms = Dictionary(grouping: discovery.sources, by: \.form).mapValues(\.count)
        #expect(forms == [.directory: 6, .compressedDirectory: 4, .tar: 20])
        let sharded = discovery.sources.first { $0.name == "neox-560k-seed1/step256" }
        #expect(sharded?.weights.count == 3)
        #expect(sharded?.companions == ["config.json", "model.safetensors.index.json", "tokenizer.json"])
    }

    @Test func aRootMayBeARunAStepOrATar() throws {
        let run = try Discovery(root: Fixtures.demoArchive.appending(path: "neox-25k-seed1"))
        #expect(Set(run.sources.map(\.series)) == ["neox-25k-seed1"])
        #expect(run.sources.map(\.step) == [64, 128, 256, 512, 1024])
        for path in ["neox-200k-seed1/step64", "neox-25k-seed1/step64.tar.zst"] {
            let one = try Discovery(root: Fixtures.demoArchive.appending(path: path))
            #expect(one.sources.map(\.step) == [64])
            #expect(one.sources.map(\.series) == [String(path.split(separator: "/")[0])])
        }
    }

    @Test func theStepMayStandAboveTheCheckpoint() throws {
        try touch("pythia/70m/step512/hf/model.safetensors", "pythia/70m/step512/hf/config.json")
        let source = try #require(try discover().sources.first)
        #expect((source.series, source.step) == ("pythia/70m", 512))
        #expect(source.name == "pythia/70m/step512/hf")
    }

    @Test func aCheckpointWithoutAStepIsOneOfItsFolder() throws {
        try touch("run/final/model.safetensors", "run/final/config.json")
        let source = try #require(try discover().sources.first)
        #expect((source.series, source.step) == ("run", nil))
    }

    @Test func foldersOfDigitsAreNoSteps() throws {
        try touch("20261121/512/model.safetensors", "20261121/512/config.json")
        try touch("20261121/final/model.safetensors", "20261121/final/config.json")
        #expect(try discover().sources.map(\.step) == [512, nil])
        #expect(try discover().sources.map(\.series) == ["20261121", "20261121"])
    }

    @Test func leftOversBesideAWholeFileDoNoHarm() throws {
        try touch("a/config.json", "a/model.safetensors", "a/model.safetensors.tmp", "a/notes.part")
        #expect(try discover().sources.map(\.name) == ["a"])
    }

    @Test func checkpointsMayLieInCheckpoints() throws {
        try touch("run/model.safetensors", "run/config.json")
        try touch("run/checkpoint-5/model.safetensors", "run/checkpoint-5/config.json")
        #expect(Set(try discover().sources.map(\.name)) == ["run/checkpoint-5", "run"])
        #expect(Set(try discover().sources.map(\.series)) == ["run"])
    }

    @Test func prefersPlainFilesAndASingleFile() throws {
        try touch("a/config.json", "a/model.safetensors", "a/model.safetensors.zst")
        try touch("b/config.json", "b/model.safetensors.gz", "b/model-00001-of-00002.safetensors")
        try touch("c/config.json", "c/odd-name.safetensors")
        #expect(
            try discover().sources.map(\.weights) == [
                ["model.safetensors"], ["model.safetensors.gz"], ["odd-name.safetensors"],
            ])
    }

    @Test func shardsMayBeCompressed() throws {
        try touch(
            "a/config.json", "a/model.safetensors.index.json", "a/model-00001-of-00002.safetensors.zst",
            "a/model-00002-of-00002.safetensors.zst", "a/adapter_model.safetensors")
        let source = try #require(try discover().sources.first)
        #expect(source.form == .compressedDirectory)
        #expect(
            source.weights == [
                "model-00001-of-00002.safetensors.zst", "model-00002-of-00002.safetensors.zst",
            ])
    }

    @Test func saysWhatItSkippedAndWhy() throws {
        try touch("adapter/adapter_model.safetensors", "adapter/adapter_config.json")
        try touch("bare/model.safetensors")
        try touch("parts/config.json", "parts/pytorch_model-00001-of-00002.bin")
        try touch("parts/pytorch_model-00002-of-00002.bin")
        try touch("shards/config.json", "shards/model-00001-of-00002.safetensors")
        try touch("shards/model-00002-of-00002.safetensors")
        try touch("step1.tar.xz", "step2.tar.zst.part", "writing/config.json", "writing/model.safetensors.tmp")
        try touch(".hidden/model.safetensors", "README.md")
        try directory.link("gone", to: "nowhere")
        let discovery = try discover()
        #expect(discovery.sources.isEmpty)
        let reasons = discovery.skipped.map { [$0.name, "\($0.reason)"] }
        #expect(
            reasons == [
                ["adapter", "an adapter without the model it belongs to; merge it into the model and save that"],
                ["bare", "weights without a config.json beside them"],
                ["gone", "a symbolic link to nothing"],
                [
                    "parts",
                    "'pytorch_model-00001-of-00002.bin' is one of several weight files without pytorch_model.bin.index.json",
                ],
                [
                    "shards",
                    "'model-00001-of-00002.safetensors' is one of several weight files without model.safetensors.index.json",
                ],
                ["step1.tar.xz", "a format that is not read; pack it as .tar, .tar.gz or .tar.zst"],
                ["step2.tar.zst.part", "'step2.tar.zst.part' is still being written; left for the next time"],
                ["writing", "'model.safetensors.tmp' is still being written; left for the next time"],
            ])
        #expect(discovery.skipped.filter { !$0.isFault }.map(\.name) == ["step2.tar.zst.part", "writing"])
    }

    /// Names that would write what they like on a terminal, and folders without end, are named and left alone.
    @Test func looksAwayFromNamesWithControlsAndBeyondADepth() throws {
        let deep = Array(repeating: "d", count: 70).joined(separator: "/")
        try touch(
            "step1/config.json", "step1/model.safetensors", "step2\u{1B}[2J/config.json",
            "step2\u{1B}[2J/model.safetensors", "a\nb.tar", "\(deep)/step3/config.json",
            "\(deep)/step3/model.safetensors")
        let found = try discover()
        #expect(found.sources.map(\.name) == ["step1"])
        let tooDeep = Array(repeating: "d", count: 65).joined(separator: "/")
        #expect(
            found.skipped.map(\.name) == ["a\nb.tar", tooDeep, "step2\u{1B}[2J"])
        #expect(
            found.skipped.map(\.reason) == [.unprintableName, .tooDeep(limit: 64), .unprintableName])
        #expect(found.skipped.map(\.isFault) == [true, true, true])
    }

    #if os(Linux)
        @Test func namesThatAreNoTextAreNamed() throws {
            let path = Array(directory.url.path.utf8CString.dropLast()) + [0x2F, 0x61, -1, 0]
            try #require(mkdir(path, 0o700) == 0)
            defer { rmdir(path) }
            #expect(try discover().skipped == [SkippedPath(name: "a\u{FFFD}", reason: .unprintableName)])
        }
    #endif

    @Test func followsLinksOnceAndLoopsNever() throws {
        try touch("a/step1/config.json", "a/step1/model.safetensors", "a/step2.tar")
        try directory.link("a/again", to: "..")
        try directory.link("a/step1/self", to: ".")
        try directory.link("a/latest", to: "step1")
        try directory.link("a/latest.tar", to: "step2.tar")
        #expect(try discover().sources.map(\.name) == ["a/step1", "a/step2.tar"])
    }

    @Test func takesWhatOnlyALinkLeadsTo() throws {
        let elsewhere = try ScratchDirectory()
        try elsewhere.write("", to: "blob")
        try elsewhere.write("", to: "real/config.json")
        try elsewhere.write("", to: "real/model.safetensors")
        try touch("snapshot/config.json")
        try directory.link("snapshot/model.safetensors", to: elsewhere.url.appending(path: "blob").path())
        try directory.link("step7", to: elsewhere.url.appending(path: "real").path())
        #expect(try discover().sources.map(\.name) == ["step7", "snapshot"])
    }

    /// A Hugging Face cache: three steps and `main`, which is the last of them, and a snapshot without weights.
    private func makeCache() throws {
        let repository = "hub/models--EleutherAI--pythia-14m"
        for (index, step) in [64, 128, 256].enumerated() {
            let commit = String(repeating: "\(index)", count: 40)
            try touch("\(repository)/blobs/weights\(step)")
            try touch("\(repository)/snapshots/\(commit)/config.json")
            try directory.link(
                "\(repository)/snapshots/\(commit)/model.safetensors", to: "../../blobs/weights\(step)")
            try directory.write(commit, to: "\(repository)/refs/step\(step)")
        }
        try directory.write(String(repeating: "2", count: 40) + "\n", to: "\(repository)/refs/main")
        try touch("\(repository)/snapshots/\(String(repeating: "c", count: 40))/config.json")
        try touch("\(repository)/blobs/abc.incomplete", "\(repository)/.no_exist/x/adapter_config.json")
    }

    @Test func revisionsOfACacheAreCheckpoints() throws {
        try makeCache()
        let discovery = try discover()
        #expect(discovery.sources.map(\.name) == [64, 128, 256].map { "EleutherAI/pythia-14m@step\($0)" })
        #expect(discovery.sources.map(\.step) == [64, 128, 256])
        #expect(Set(discovery.sources.map(\.series)) == ["EleutherAI/pythia-14m"])
        #expect(discovery.skipped.isEmpty)
    }

    @Test func aSnapshotByItselfKnowsItsRevision() throws {
        try makeCache()
        let commit = String(repeating: "1", count: 40)
        let source = try #require(
            try discover("hub/models--EleutherAI--pythia-14m/snapshots/\(commit)").sources.first)
        #expect((source.name, source.step) == ("EleutherAI/pythia-14m@step128", 128))
        #expect(source.location.lastPathComponent == commit)
    }

    /// Two names of steps for one commit cannot both be right; a revision without files is not there.
    @Test func revisionsThatCannotBeAreNamed() throws {
        try makeCache()
        let references = "hub/models--EleutherAI--pythia-14m/refs"
        try directory.write(String(repeating: "0", count: 40), to: "\(references)/step999")
        try directory.write(String(repeating: "d", count: 40), to: "\(references)/pr/7")
        let discovery = try discover()
        #expect(
            discovery.skipped.map { [$0.name, "\($0.reason)"] } == [
                [
                    "EleutherAI/pythia-14m@pr/7",
                    "the cache holds no files of its commit \(String(repeating: "d", count: 40))",
                ],
                [
                    "EleutherAI/pythia-14m@step999",
                    "it is the same commit as revision 'step64', so one of the two does not serve its own weights",
                ],
            ])
        #expect(discovery.skipped.filter(\.isFault).count == 2)
    }

    @Test func aCommitWithoutAReferenceIsNamedByItself() throws {
        let commit = String(repeating: "e", count: 40)
        try touch("models--gpt2/snapshots/\(commit)/config.json", "models--gpt2/snapshots/\(commit)/model.safetensors")
        let source = try #require(try discover().sources.first)
        #expect((source.name, source.step, source.series) == ("gpt2@\(commit)", nil, "gpt2"))
    }

    /// Stages, ingredients and seeds are runs of their own; tokens stand in names.
    @Test func runsAreToldApart() throws {
        for revision in ["stage1-step1000-tokens5B", "stage2-ingredient1-step1000-tokens5B", "step1000-seed-default"] {
            try touch("olmo/\(revision)/config.json", "olmo/\(revision)/model.safetensors")
        }
        let places = try discover().sources.map(\.place)
        #expect(places.map(\.series) == ["olmo/seed-default", "olmo/stage1", "olmo/stage2-ingredient1"])
        #expect(places.map(\.step) == [1000, 1000, 1000])
        #expect(places.map { $0.tokens?.value } == [nil, 5_000_000_000, 5_000_000_000])
        #expect(places.map(\.ingredient) == [nil, nil, 1])
        #expect(places.map(\.seed) == ["default", nil, nil])
    }

    @Test func aNameThatCannotBeReadIsRefused() throws {
        try touch("step1.2345k/config.json", "step1.2345k/model.safetensors")
        let discovery = try discover()
        #expect(discovery.sources.map(\.step) == [nil])
        #expect(discovery.skipped.map(\.reason) == [.unreadableName(part: "step1.2345k")])
    }

    @Test(arguments: [
        ("flax_model.msgpack", "Flax"), ("tf_model.h5", "TensorFlow"),
        ("__0_0.distcp", "a distributed checkpoint of PyTorch"), ("model_optim_rng.pt", "a shard of Megatron's"),
        ("mp_rank_00_model_states.pt", "a shard of DeepSpeed's"), ("model.pt", "a Python pickle"),
        ("consolidated.00.pth", "a Python pickle"), ("last.ckpt", "a Python pickle"),
    ])
    func weightsInOtherFormsAreNamed(file: String, format: String) throws {
        try touch("step64/config.json", "step64/\(file)", "step64/optimizer.pt")
        let skipped = try #require(try discover().skipped.first)
        guard case .unreadWeights(file, format, _) = skipped.reason else {
            Issue.record("\(skipped.reason)")
            return
        }
        #expect(skipped.isFault)
    }

    /// A GGUF file needs no configuration; beside other weights it is passed over, and of several none is chosen.
    @Test func filesOfOneGGUFModelAreACheckpoint() throws {
        try touch("one/model-q4.gguf", "one/README.md", "beside/config.json", "beside/model.safetensors")
        try touch("beside/model.gguf", "several/a.gguf", "several/b.gguf")
        try touch("shards/m-00001-of-00002.gguf", "shards/m-00002-of-00002.gguf")
        let discovery = try discover()
        #expect(
            discovery.sources.map(\.weights) == [
                ["model.safetensors"], ["model-q4.gguf"], ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"],
            ])
        #expect(discovery.sources.map(\.form) == [.directory, .directory, .directory])
        guard case .unreadWeights("a.gguf", "GGUF of several models", _)? = discovery.skipped.first?.reason else {
            Issue.record("\(discovery.skipped)")
            return
        }
    }

    /// What torch saved is read where no safetensors are; what trainers save beside it is no weight.
    @Test func filesOfTorchAreWeights() throws {
        try touch("one/config.json", "one/pytorch_model.bin", "one/optimizer.pt", "one/training_args.bin")
        try touch("one/rng_state.pth", "packed/config.json", "packed/pytorch_model.bin.zst")
        try directory.write(
            #"{"weight_map": {"a": "pytorch_model-00001-of-00002.bin", "b": "pytorch_model-00002-of-00002.bin"}}"#,
            to: "two/pytorch_model.bin.index.json")
        try touch("two/config.json", "two/pytorch_model-00001-of-00002.bin", "two/pytorch_model-00002-of-00002.bin")
        let discovery = try discover()
        #expect(discovery.sources.map(\.name) == ["one", "packed", "two"])
        #expect(discovery.sources.map(\.form) == [.directory, .compressedDirectory, .directory])
        #expect(
            discovery.sources.map(\.weights) == [
                ["pytorch_model.bin"], ["pytorch_model.bin.zst"],
                ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"],
            ])
        #expect(discovery.sources[2].companions == ["config.json", "pytorch_model.bin.index.json"])
        #expect(discovery.skipped.isEmpty)
    }

    @Test func pipesAreNamed() throws {
        try touch("step1/config.json")
        #expect(mkfifo(directory.url.appending(path: "step1/model.safetensors").path, 0o600) == 0)
        let discovery = try discover()
        #expect(discovery.sources.isEmpty)
        #expect(discovery.skipped == [SkippedPath(name: "step1/model.safetensors", reason: .notAFile)])
    }

    /// A copy in another form beside or below weights that are read is nobody's loss.
    @Test func copiesInOtherFormsDoNoHarm() throws {
        try touch("step64/config.json", "step64/model.safetensors", "step64/optimizer.pt", "step64/pytorch_model.bin")
        try touch("step64/original/consolidated.00.pth", "step64/original/params.json")
        let discovery = try discover()
        #expect(discovery.sources.map(\.name) == ["step64"])
        #expect(discovery.skipped.map(\.name) == ["step64/original"])
        #expect(discovery.skipped.filter(\.isFault).isEmpty)
    }

    /// An index says which files are shards, whatever their names; other weights beside them are none.
    @Test func shardsHaveTheNamesThatTheIndexGives() throws {
        let index = #"{"weight_map": {"a": "model-00001-of-00001.safetensors", "b": "outside.safetensors"}}"#
        try directory.write(index, to: "step64/model.safetensors.index.json")
        try touch("step64/config.json", "step64/model-00001-of-00001.safetensors", "step64/outside.safetensors")
        try touch("step64/consolidated.safetensors")
        #expect(
            try discover().sources.map(\.weights) == [["model-00001-of-00001.safetensors", "outside.safetensors"]])
    }

    @Test(arguments: ["model.safetensors", "tokenizer.json"])
    func pointersOfGitLFSAreNamed(file: String) throws {
        try touch("step64/config.json", "step64/model.safetensors")
        try directory.write("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", to: "step64/\(file)")
        let discovery = try discover()
        #expect(discovery.sources.isEmpty)
        #expect(discovery.skipped == [SkippedPath(name: "step64", reason: .gitLFSPointer(file: file))])
    }

    /// Blobs are named by their digests: SHA-256, or Git's for small files.
    @Test(arguments: [
        ("2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", "foo", true),
        ("2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", "bar", false),
        ("19102815663d23f8b75a47e7a01965dcdc96468c", "foo", true),
        ("19102815663d23f8b75a47e7a01965dcdc96468c", "bar", false), ("weights", "bar", true),
    ])
    func blobsAreWhatTheirNamesSay(name: String, content: String, isRight: Bool) throws {
        try directory.write(content, to: "blobs/\(name)")
        try touch("step1/config.json")
        try directory.link("step1/model.safetensors", to: "../blobs/\(name)")
        let source = try #require(try discover().sources.first)
        if isRight {
            try source.checkBlobs()
        } else {
            #expect(throws: ArchiveError.self) { try source.checkBlobs() }
        }
    }

    @Test func aMissingRootIsAnError() {
        let path = directory.url.appending(path: "none").path()
        #expect(throws: ArchiveError.system(.init(.inspect, path, .noSuchFileOrDirectory))) {
            try discover("none")
        }
    }
}
