import Archive
import FoundationEssentials
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
        let steps = [64, 128, 256, 512, 1024, 2048, 4096]
        let expected = [
            ("neox-1m2", steps.dropLast()), ("neox-200k", steps[...]), ("neox-25k", steps[...]),
            ("neox-85k", steps[...]),
        ]
        #expect(discovery.sources.map(\.series) == expected.flatMap { Array(repeating: $0.0, count: $0.1.count) })
        #expect(discovery.sources.map(\.step) == expected.flatMap { $0.1 })
        let forms = Dictionary(grouping: discovery.sources, by: \.form).mapValues(\.count)
        #expect(forms == [.directory: 8, .compressedDirectory: 5, .tar: 14])
        let sharded = discovery.sources.first { $0.name == "neox-1m2/step256" }
        #expect(sharded?.weights.count == 3)
        #expect(sharded?.companions == ["config.json", "model.safetensors.index.json", "tokenizer.json"])
    }

    @Test func aRootMayBeARunAStepOrATar() throws {
        let run = try Discovery(root: Fixtures.demoArchive.appending(path: "neox-25k"))
        #expect(Set(run.sources.map(\.series)) == ["neox-25k"])
        #expect(run.sources.map(\.step) == [64, 128, 256, 512, 1024, 2048, 4096])
        for path in ["neox-200k/step64", "neox-25k/step64.tar.zst"] {
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
        try touch("pickle/config.json", "pickle/pytorch_model.bin")
        try touch("shards/config.json", "shards/model-00001-of-00002.safetensors")
        try touch("shards/model-00002-of-00002.safetensors")
        try touch("step1.tar.xz", "step2.tar.zst.part", "writing/config.json", "writing/model.safetensors.tmp")
        try touch(".hidden/model.safetensors", "README.md")
        try directory.link("gone", to: "nowhere")
        let discovery = try discover()
        #expect(discovery.sources.isEmpty)
        let reasons = discovery.skipped.map { [$0.name, "\($0.reason)"] }
        let conversion =
            "convert it with AutoModelForCausalLM.from_pretrained(DIR).save_pretrained(DIR, safe_serialization=True) "
            + "of transformers"
        #expect(
            reasons == [
                ["adapter", "an adapter without the model it belongs to; merge it into the model and save that"],
                ["bare", "weights without a config.json beside them"],
                ["gone", "a symbolic link to nothing"],
                ["pickle", "weights only as 'pytorch_model.bin', which is a Python pickle; \(conversion)"],
                [
                    "shards",
                    "'model-00001-of-00002.safetensors' is one of several weight files without model.safetensors.index.json",
                ],
                ["step1.tar.xz", "a format that is not read; pack it as .tar, .tar.gz or .tar.zst"],
                ["step2.tar.zst.part", "'step2.tar.zst.part' is still being written; left for the next time"],
                ["writing", "'model.safetensors.tmp' is still being written; left for the next time"],
            ])
        #expect(discovery.skipped.filter { !$0.reason.isFault }.map(\.name) == ["step2.tar.zst.part", "writing"])
    }

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

    @Test func aMissingRootIsAnError() {
        let path = directory.url.appending(path: "none").path()
        #expect(throws: ArchiveError.system(.init(.inspect, path, .noSuchFileOrDirectory))) {
            try discover("none")
        }
    }
}
