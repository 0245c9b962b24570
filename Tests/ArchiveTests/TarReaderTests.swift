import Archive
import FoundationEssentials
import TestSupport
import Testing

@Suite struct TarReaderTests {
    let directory: ScratchDirectory

    init() throws { directory = try ScratchDirectory() }

    private struct Item: Equatable {
        let path: String
        let isDirectory: Bool
        let content: [UInt8]
    }

    private func items(_ bytes: [UInt8], limits: TarLimits = TarLimits()) throws -> [Item] {
        var reader = try TarReader(path: directory.write(bytes, to: "t.tar"), limits: limits)
        var items: [Item] = []
        while let entry = try reader.next() {
            let content = try collect { buffer throws(ArchiveError) in try reader.read(into: buffer) }
            #expect(content.count == entry.byteCount)
            items.append(Item(path: entry.path, isDirectory: entry.isDirectory, content: content))
        }
        return items
    }

    private func expect(
        _ fault: TarFault, entry: String? = nil, offset: Int, from bytes: [UInt8], limits: TarLimits = TarLimits()
    ) {
        let path = directory.url.appending(path: "t.tar").path()
        #expect(throws: ArchiveError.tar(file: path, entry: entry, offset: offset, fault: fault)) {
            try items(bytes, limits: limits)
        }
    }

    private static let longName =
        String(repeating: "a-rather-long-folder-name-that-goes-on/", count: 4)
        + "and-a-file-whose-name-is-also-long-enough-to-need-more-than-the-hundred-bytes-of-ustar-fields.json"

    @Test(arguments: [Golden.tarGNU, Golden.tarPax])
    func readsWhatGNUTarWrote(archive: [UInt8]) throws {
        let files = try items(archive).filter { !$0.isDirectory }
        let weights = (0..<1280).map { UInt8(truncatingIfNeeded: $0) }
        #expect(
            Dictionary(uniqueKeysWithValues: files.map { ($0.path, $0.content) }) == [
                "step64/\(Self.longName)": Array(#"{"long": true}"#.utf8),
                "step64/config.json": Array(#"{"model_type": "gpt_neox"}"#.utf8),
                "step64/model.safetensors": weights,
                "step64/café.txt": [],
            ])
    }

    @Test func readsWhatPythonWrote() throws {
        let name = String(repeating: "p", count: 60) + "/" + String(repeating: "q", count: 70) + "/config.json"
        #expect(
            try items(Golden.tarUstar) == [
                Item(path: name, isDirectory: false, content: Array(#"{"model_type": "gpt_neox"}"#.utf8)),
                Item(path: "plain.txt", isDirectory: false, content: Array(repeating: 0x78, count: 513)),
            ])
    }

    @Test func readsSizesInBase256() throws {
        var reader = try TarReader(path: directory.write(Golden.base256Header, to: "t.tar"))
        let entry = try reader.next()
        #expect(entry?.path == "huge.safetensors")
        #expect(entry?.byteCount == 1 << 33 + 5)
    }

    @Test func readsTheDemo() throws {
        var reader = try TarReader(path: Fixtures.demoArchive.appending(path: "neox-25k-seed1/step64.tar.zst"))
        var sizes: [String: Int] = [:]
        while let entry = try reader.next() { sizes[entry.path] = entry.byteCount }
        #expect(
            sizes == [
                "step64": 0, "step64/config.json": 526, "step64/model.safetensors": 184_984,
                "step64/tokenizer.json": 53_844,
            ])
    }

    @Test func aPaxSizeOverridesTheHeaders() throws {
        var builder = TarBuilder()
        builder.add("h", Array("15 path=other\n\n12 size=600\n".utf8), kind: "x")
        // The length of the first record counts the line feed in its value: 15 bytes with two of them.
        builder.add("ignored", [UInt8](repeating: 1, count: 600)) {
            $0.replaceSubrange(124..<135, with: "00000000000".utf8)
        }
        let found = try items(builder.closed)
        #expect(found.map(\.path) == ["other\n"])
        #expect(found.first?.content.count == 600)
    }

    @Test func skipsWhatNobodyReads() throws {
        var reader = try TarReader(path: directory.write(tar([("a", "xyz"), ("b", "")]), to: "t.tar"))
        #expect(try reader.next()?.path == "a")
        #expect(try reader.next()?.path == "b")
        #expect(try reader.next() == nil)
    }

    @Test func globalHeadersAndLongLinkNamesAreSkipped() throws {
        var builder = TarBuilder()
        builder.add("pax_global_header", Array("20 comment=whatever\n".utf8), kind: "g")
        builder.add("././@LongLink", Array("some target".utf8), kind: "K")
        builder.add("./a//b/./c", [1])
        builder.add("./", kind: "5")
        #expect(try items(builder.closed).map(\.path) == ["a/b/c", ""])
    }

    @Test(
        arguments: [
            ("1", "a hard link"), ("2", "a symbolic link"), ("3", "a character device"), ("4", "a block device"),
            ("6", "a named pipe"), ("S", "a sparse file"), ("M", "the continuation of another volume"),
            ("Z", "of the unknown kind 0x5a"),
        ] as [(Character, String)])
    func refusesWhatIsNoFile(kind: Character, words: String) {
        var builder = TarBuilder()
        builder.add("x", kind: kind)
        expect(.notAFile(kind: words), entry: "x", offset: 512, from: builder.closed)
    }

    @Test func refusesSparseFilesInPaxForm() {
        var builder = TarBuilder()
        builder.add("x", Array("22 GNU.sparse.major=1\n".utf8), kind: "x")
        expect(.notAFile(kind: "a sparse file"), offset: 1024, from: builder.closed)
    }

    @Test(arguments: [
        ("/etc/passwd", TarFault.absolutePath), ("../x", .escapesDirectory), ("a/../../x", .escapesDirectory),
        ("", .emptyName), (".", .emptyName),
    ])
    func refusesPathsThatLeaveTheTop(name: String, fault: TarFault) {
        expect(fault, entry: name, offset: 512, from: tar([(name, "")]))
    }

    @Test func refusesPathsThatLeaveTheTopByAnExtendedHeader() {
        var builder = TarBuilder()
        builder.add("h", Array("18 path=/etc/cron\n".utf8), kind: "x")
        builder.add("innocent", [1])
        expect(.absolutePath, entry: "/etc/cron", offset: 1536, from: builder.closed)
    }

    @Test func refusesNamesThatAreNoText() {
        var builder = TarBuilder()
        builder.add("x") { $0[0] = 0xff }
        expect(.nameNotUTF8, entry: "\u{fffd}", offset: 512, from: builder.closed)
    }

    @Test func refusesWrongChecksums() {
        var bytes = tar([("a", "content"), ("b", "more")])
        bytes[1024 + 130] ^= 1
        expect(.badChecksum, offset: 1536, from: bytes)
    }

    @Test func refusesMalformedSizes() {
        for size in ["0000000000x", "00000 00012", "\u{0}\u{0}1"] {
            var builder = TarBuilder()
            builder.add("x") { $0.replaceSubrange(124..<124 + size.utf8.count, with: size.utf8) }
            expect(.badNumber(field: "size"), offset: 512, from: builder.closed)
        }
        var builder = TarBuilder()
        builder.add("x") { $0.replaceSubrange(124..<136, with: [UInt8](repeating: 0xff, count: 12)) }
        expect(.badNumber(field: "size"), offset: 512, from: builder.closed)
    }

    @Test(arguments: ["", "99 path=x\n", "x path=y\n", "7 path=\n", "9 patsize", "6 path"])
    func refusesMalformedExtendedHeaders(records: String) {
        var builder = TarBuilder()
        builder.add("h", Array(records.utf8) + [0x31], kind: "x")
        let bytes = builder.closed
        #expect { try items(bytes) } throws: { error in
            guard case .tar(_, _, 1024, .badExtendedHeader) = error as? ArchiveError else { return false }
            return true
        }
    }

    @Test func refusesMalformedPaxSizes() {
        var builder = TarBuilder()
        builder.add("h", Array("11 size=-5\n".utf8), kind: "x")
        expect(.badNumber(field: "size"), offset: 1024, from: builder.closed)
    }

    @Test func refusesHugeExtendedHeaders() {
        var builder = TarBuilder()
        builder.add("h", kind: "L") { $0.replaceSubrange(124..<135, with: "00010000000".utf8) }
        expect(.extendedHeaderTooLarge(byteCount: 1 << 21, limit: 1 << 20), offset: 512, from: builder.closed)
    }

    /// A path that no file can have would cost memory for nothing.
    @Test func refusesPathsThatNoFileCanHave() {
        let path = Array(repeating: "folder", count: 700).joined(separator: "/")
        var builder = TarBuilder()
        builder.add("././@LongLink", Array(path.utf8) + [0], kind: "L")
        builder.add("short")
        expect(
            .pathTooLong(byteCount: path.utf8.count, limit: 4096), entry: String(path.prefix(4096)), offset: 6144,
            from: builder.closed)
    }

    @Test func refusesTooManyEntries() {
        let bytes = tar([("a", ""), ("b", ""), ("c", "")])
        expect(.tooManyEntries(limit: 2), offset: 1536, from: bytes, limits: TarLimits(entries: 2))
    }

    @Test func refusesTooMuchContent() {
        let bytes = tar([("a", "123456"), ("b", "123456")])
        expect(
            .tooLarge(byteCount: 6, limit: 10), entry: "b", offset: 1536, from: bytes,
            limits: TarLimits(byteCount: 10))
    }

    @Test func refusesArchivesThatEndEarly() {
        let bytes = tar([("a", "123456")])
        expect(.missingEndMark, offset: 0, from: [])
        expect(.truncated, offset: 100, from: Array(bytes.prefix(100)))
        expect(.truncated, entry: "a", offset: 515, from: Array(bytes.prefix(515)))
        expect(.truncated, entry: "a", offset: 1000, from: Array(bytes.prefix(1000)))
        expect(.missingEndMark, offset: 1024, from: Array(bytes.prefix(1024)))
    }

    @Test func refusesBytesAfterTheEnd() {
        expect(.trailingBytes, offset: 1536, from: tar([("a", "1")]) + Array("more".utf8))
    }

    @Test func whatIsCutAfterTheEndMarkIsStillTruncation() throws {
        // The compressed stream's checksum comes after the last tar block, so it is read although nothing asks for it.
        let cut = Array(Golden.tarGNU.dropLast(1))
        let path = directory.url.appending(path: "t.tar").path()
        #expect(throws: ArchiveError.truncated(file: path, offset: cut.count)) { try items(cut) }
    }

    @Test(arguments: [11, 12, 13])
    func neverTraps(seed: UInt64) throws {
        var builder = TarBuilder()
        builder.add("h", Array("18 path=abc/def/g\n".utf8), kind: "x")
        builder.add("x", [UInt8](repeating: 7, count: 700))
        builder.add("y", Array("some/long/name\0".utf8), kind: "L")
        builder.add("z", [1, 2, 3])
        let original = builder.closed
        var generator = SeededGenerator(seed: seed)
        for round in 0..<400 {
            var bytes = generator.mutated(original)
            if bytes.count >= 512 { Self.repairChecksums(&bytes) }
            do {
                _ = try items(bytes)
            } catch is ArchiveError {
            } catch {
                Issue.record("seed \(seed), round \(round): \(error)")
            }
        }
    }

    /// Makes every block's checksum right, so that mutations get past it.
    private static func repairChecksums(_ bytes: inout [UInt8]) {
        for start in stride(from: 0, through: bytes.count - 512, by: 512) where bytes[start + 257] == 0x75 {
            bytes.replaceSubrange(start + 148..<start + 156, with: [UInt8](repeating: 0x20, count: 8))
            let sum = String(bytes[start..<start + 512].reduce(0) { $0 + Int($1) }, radix: 8)
            let field = String(repeating: "0", count: 6 - sum.count) + sum
            bytes.replaceSubrange(start + 148..<start + 156, with: Array(field.utf8) + [0, 0x20])
        }
    }
}
