import Archive
import FoundationEssentials
import System
import SystemPackage
import TestSupport
import Testing

@Suite struct UnpackingTests {
    let directory: ScratchDirectory
    let output: ScratchDirectory

    init() throws {
        directory = try ScratchDirectory()
        output = try ScratchDirectory()
    }

    private func source(_ bytes: [UInt8], as name: String = "step1.tar") throws -> CheckpointSource {
        try directory.write(bytes, to: name)
        return try #require(try Discovery(root: directory.url).sources.first)
    }

    /// Unpacks, and puts together what the observer was shown.
    private func unpack(_ source: CheckpointSource) throws -> (files: UnpackedFiles, seen: [String: [UInt8]]) {
        var seen: [String: [UInt8]] = [:]
        let files = try source.unpack(into: output.url) { name, bytes in
            seen[name, default: []] += bytes
            return true
        }
        return (files, seen)
    }

    private func expect(_ error: ArchiveError, from bytes: [UInt8]) throws {
        let source = try source(bytes)
        let empty = try ScratchDirectory()
        #expect(throws: error) { try source.unpack(into: empty.url) { _, _ in true } }
    }

    private var path: String { directory.url.appending(path: "step1.tar").path() }

    @Test(arguments: [
        "neox-25k-seed1/step64.tar.zst", "neox-85k-seed2/step64.tar.gz", "neox-560k-seed1/step64",
        "neox-560k-seed1/step256",
    ])
    func unpacksTheDemo(name: String) throws {
        let source = try #require(
            try Discovery(root: Fixtures.demoArchive).sources.first { $0.name == name })
        let (files, seen) = try unpack(source)
        #expect(try output.names() == (files.weights + files.companions).sorted())
        #expect(Set(seen.keys) == Set(files.weights))
        for (name, bytes) in seen { #expect(try output.bytes(of: name) == bytes) }
        #expect(files.companions.contains("config.json"))
        #expect(files.companions.contains("tokenizer.json"))
    }

    @Test func takesTheFilesBesideTheWeightsInAnyOrder() throws {
        let source = try source(
            tar([
                ("other/config.json", "no"), ("run/step1/model.safetensors", "weights"), ("notes.md", "no"),
                ("run/step1/config.json", "yes"), ("run/step1/optimizer.pt", "no"), ("config.json", "no"),
                ("run/step1/.cache.json", "no"),
            ]))
        let (files, seen) = try unpack(source)
        #expect(files == UnpackedFiles(weights: ["model.safetensors"], companions: ["config.json"]))
        #expect(seen == ["model.safetensors": Array("weights".utf8)])
        #expect(try output.names() == ["config.json", "model.safetensors"])
        #expect(try output.bytes(of: "config.json") == Array("yes".utf8))
    }

    @Test func decompressesADirectorysFiles() throws {
        try directory.write(Golden.gzipTwoMembers, to: "model-00001-of-00002.safetensors.gz")
        try directory.write(Golden.zstdChecked, to: "model-00002-of-00002.safetensors.zst")
        try directory.write("{}", to: "model.safetensors.index.json")
        let (files, seen) = try unpack(source(Array("{}".utf8), as: "config.json"))
        let names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
        #expect(files.weights == names)
        #expect(seen == [names[0]: Golden.firstPart + Golden.secondPart, names[1]: Golden.firstPart])
        #expect(try output.names() == ["config.json", names[0], names[1], "model.safetensors.index.json"])
    }

    /// What torch saved is not looked at on its way, and is left out where safetensors are there as well.
    @Test func takesWhatTorchSaved() throws {
        let (files, seen) = try unpack(
            source(tar([("a/pytorch_model.bin", "1"), ("a/optimizer.pt", "2"), ("a/config.json", "{}")])))
        #expect(files == UnpackedFiles(weights: ["pytorch_model.bin"], companions: ["config.json"]))
        #expect(seen.isEmpty)
        #expect(try output.names() == ["config.json", "pytorch_model.bin"])
    }

    @Test func takesSafetensorsBeforeWhatTorchSaved() throws {
        let (files, _) = try unpack(
            source(
                tar([
                    ("a/pytorch_model.bin", "1"), ("a/model.safetensors", "2"), ("a/config.json", "{}"),
                    ("a/pytorch_model.bin.index.json", "{}"),
                ])))
        #expect(files.weights == ["model.safetensors"])
        #expect(try output.names() == ["config.json", "model.safetensors", "pytorch_model.bin.index.json"])
    }

    /// Names, companions and bombs that ask for more than they are worth are refused before anything of them is written.
    @Test func refusesWhatAsksForTooMuch() throws {
        let name = String(repeating: "n", count: 256)
        var long = TarBuilder()
        long.add("././@LongLink", Array("a/\(name)/vocab.txt".utf8) + [0], kind: "L")
        long.add("short")
        try expect(
            .tar(
                file: path, entry: "a/\(name)/vocab.txt", offset: 1536, fault: .nameTooLong(byteCount: 256, limit: 255)),
            from: long.closed)
        for (entry, byteCount, limit) in [("a/vocab.txt", 300_000_000, 1 << 26), ("a/config.json", 5_000_000, 1 << 22)]
        {
            var bomb = TarBuilder()
            bomb.add("a/model.safetensors", [UInt8](repeating: 0, count: 3_000_000))
            bomb.add(entry) {
                $0.replaceSubrange(124..<135, with: Array(String(byteCount, radix: 8).leftPadded(11).utf8))
            }
            try expect(
                .companionTooLarge(file: path, entry: entry, byteCount: byteCount, limit: limit), from: bomb.closed)
        }
    }

    /// A project's other JSON files are none of the checkpoint's, however large they are and however many.
    @Test func looksAwayFromWhatLiesElsewhere() throws {
        func archive(_ folder: String, weightsFirst: Bool) -> [UInt8] {
            var project = TarBuilder()
            let checkpoint = { (project: inout TarBuilder) in
                project.add("run/model.safetensors", Array("weights".utf8))
                project.add("run/config.json", Array("{}".utf8))
            }
            if weightsFirst { checkpoint(&project) }
            project.add("\(folder)/results.json", [UInt8](repeating: 0x20, count: (1 << 26) + 1))
            if !weightsFirst { checkpoint(&project) }
            return project.closed
        }
        for weightsFirst in [true, false] {
            let (files, _) = try unpack(source(archive("data", weightsFirst: weightsFirst)))
            #expect(files.companions == ["config.json"] && files.weights == ["model.safetensors"])
            for name in try output.names() { try removeFile(output.url.appending(path: name)) }
            try expect(
                .companionTooLarge(
                    file: path, entry: "run/results.json", byteCount: (1 << 26) + 1, limit: 1 << 26),
                from: archive("run", weightsFirst: weightsFirst))
        }
    }

    @Test func refusesWhatGrowsAThousandfold() throws {
        var bomb = TarBuilder()
        let size = 1 << 30
        bomb.add("a/model.safetensors") {
            $0.replaceSubrange(124..<135, with: Array(String(size, radix: 8).leftPadded(11).utf8))
        }
        let limit = bomb.closed.count * 100 + 1 << 24
        try expect(.expandsTooMuch(file: path, byteCount: size, limit: limit), from: bomb.closed)
    }

    /// What a small file becomes is bounded, wherever in it the bytes stand: many files that each take a block of the disk,
    /// zeros behind the end, and a configuration that is compressed itself.
    @Test(.enabled(if: Program.gzip.isInstalled))
    func refusesWhatGrowsOnItsWay() throws {
        func compressed(_ bytes: [UInt8], as name: String) throws {
            let plain = try directory.write(bytes, to: name)
            #expect(try Program.gzip.run(["-9", plain.path]).status == 0)
        }
        func isRefused(_ isExpected: (ArchiveError) -> Bool) throws -> Bool {
            let source = try #require(try Discovery(root: directory.url).sources.first)
            let empty = try ScratchDirectory()
            do throws(ArchiveError) {
                _ = try source.unpack(into: empty.url) { _, _ in true }
                return false
            } catch { return isExpected(error) }
        }
        func growsTooMuch(_ error: ArchiveError) -> Bool { if case .expandsTooMuch = error { true } else { false } }
        var files = TarBuilder()
        for number in 0..<5000 { files.add("a/\(number).json", [0x7B]) }
        try compressed(files.closed, as: "step1.tar")
        #expect(try isRefused { if case .tooMuchBesideWeights(_, 4096, _) = $0 { true } else { false } })
        try removeFile(directory.url.appending(path: "step1.tar.gz"))
        let whole = tar([("a/model.safetensors", "weights"), ("a/config.json", "{}")])
        try compressed(whole + [UInt8](repeating: 0, count: 1 << 25), as: "step1.tar")
        #expect(try isRefused(growsTooMuch))
        try removeFile(directory.url.appending(path: "step1.tar.gz"))
        let checkpoint = directory.url.appending(path: "step1")
        try makeDirectory(checkpoint)
        try compressed(Array("weights".utf8), as: "step1/model.safetensors")
        try compressed([UInt8](repeating: 0x20, count: 5_000_000), as: "step1/spaces")
        try rename(checkpoint.appending(path: "spaces.gz"), to: checkpoint.appending(path: "config.json"))
        #expect(
            try isRefused {
                if case .companionTooLarge(_, "config.json", let byteCount, let limit) = $0 {
                    byteCount > limit && byteCount < limit + 1 << 20
                } else {
                    false
                }
            })
    }

    @Test func refusesTwoCheckpointsInOneTar() throws {
        try expect(
            .severalCheckpoints(file: path, first: "a", second: "b"),
            from: tar([("a/model.safetensors", ""), ("b/model.safetensors", "")]))
    }

    @Test func refusesOnePathTwice() throws {
        try expect(
            .repeatedEntry(file: path, entry: "a/config.json"),
            from: tar([("a/config.json", "1"), ("./a/config.json", "2")]))
    }

    @Test func refusesATarWithoutWeights() throws {
        try expect(.noWeights(file: path), from: tar([("config.json", "")]))
        try expect(
            .compressedInside(file: path, entry: "a/model.safetensors.zst"),
            from: tar([("a/config.json", ""), ("a/model.safetensors.zst", "")]))
    }

    @Test func refusesATarWithoutConfiguration() throws {
        try expect(
            .noConfiguration(file: path, folder: "a"), from: tar([("a/model.safetensors", ""), ("config.json", "")]))
    }

    @Test func anObserverCanStopIt() throws {
        let source = try source(tar([("config.json", ""), ("model.safetensors", "123")]))
        #expect(throws: ArchiveError.stopped(file: output.url.appending(path: "entry-1.part").path())) {
            try source.unpack(into: output.url) { _, _ in false }
        }
    }

    @Test func neverOverwrites() throws {
        try output.write("mine", to: "entry-0.part")
        let source = try source(tar([("config.json", ""), ("model.safetensors", "123")]))
        let file = output.url.appending(path: "entry-0.part").path()
        #expect(throws: ArchiveError.system(.init(.write, file, .fileExists))) { try unpack(source) }
    }

    @Test func anUnwritablePlaceIsAnError() throws {
        let source = try source(tar([("config.json", ""), ("model.safetensors", "123")]))
        let nowhere = output.url.appending(path: "none")
        let file = nowhere.appending(path: "entry-0.part").path()
        #expect(throws: ArchiveError.system(.init(.write, file, .noSuchFileOrDirectory))) {
            try source.unpack(into: nowhere) { _, _ in true }
        }
    }

    @Test func hashesFiles() throws {
        // sha256sum of `printf abc`, FIPS 180-2 appendix B.1, and of nothing.
        #expect(
            try sha256(ofFile: directory.write("abc", to: "f"))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            try sha256(ofFile: directory.write("", to: "g"))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }
}

extension String {
    /// With zeros in front, so that it has so many digits.
    fileprivate func leftPadded(_ count: Int) -> String { String(repeating: "0", count: count - self.count) + self }
}
