import Foundation
import Pipeline
import Records
import System
import TestSupport
import Testing

/// Archives that want more than they are worth lie beside good ones.
struct HostileArchiveTests {
    @Test(.enabled(if: Program.gzip.isInstalled))
    func goodOnesAreTakenAtLittleMemoryAndDisk() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let bad = try Self.writeHostileSources(to: archive.archive, in: directory)
            let workspace = directory.appending(path: "workspace")
            let running = try command("qid").start([
                "ingest", archive.archive.path, "--family", "made-up", "--tokens-per-step", "1000", "--workspace",
                workspace.path,
            ])
            let status = URL(filePath: "/proc/\(running.processIdentifier)/status")
            var (peak, held) = (0, 0)
            while running.isRunning {
                let lines = try? String(contentsOf: status, encoding: .utf8).split(separator: "\n")
                let line = lines?.first { $0.hasPrefix("VmHWM:") }
                peak =
                    line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }
                    ?? peak
                held = max(held, (try? Self.byteCount(below: workspace)) ?? 0)
                usleep(2000)
            }
            let outcome = try running.finish()
            #expect(outcome.status == 65, "\(outcome.errors)")
            for name in bad {
                #expect(
                    outcome.errors.contains("ingest: bad checkpoint '\(archive.archive.path)/\(name)"),
                    "\(outcome.errors)")
            }
            #expect(outcome.errors.contains("6 checkpoints added, 0 known, \(bad.count) bad"), "\(outcome.errors)")
            #expect(peak < 300_000, "\(peak) kB of memory")
            // Plain sources stay where they are, so what is held is what was unpacked of the others.
            #expect(held < 100 << 20, "\(held) bytes of disk")
            #expect(try Self.byteCount(below: workspace) < 1 << 20)
        }
    }

    private static func byteCount(below directory: URL) throws -> Int {
        try names(in: directory).reduce(0) { sum, name in
            let place = directory.appending(path: name)
            guard let status = try FileStatus(link: place) else { return sum }
            return sum + (status.kind == .directory ? try byteCount(below: place) : max(status.byteCount, 4096))
        }
    }

    /// Returns the names of what is refused.
    private static func writeHostileSources(to archive: URL, in scratch: URL) throws -> [String] {
        let good = archive.appending(path: "d16/step64")
        var bad: [String] = []
        /// A copy of a good checkpoint with something else, packed or plain.
        func add(_ step: Int, packed: Bool, _ change: (URL) throws -> Void) throws {
            let name = "step\(step)"
            let place = (packed ? scratch : archive).appending(path: name)
            try FileManager.default.copyItem(at: good, to: place)
            try change(place)
            guard packed else { return bad.append(name) }
            let target = archive.appending(path: "\(name).tar.gz")
            let outcome = try Program(URL(filePath: "/bin/sh")).run([
                "-c", "tar -C \"$0\" -cf - . | gzip > \"$1\"", place.path, target.path,
            ])
            try #require(outcome.status == 0, "\(outcome.errors)")
            bad.append("\(name).tar.gz")
        }
        func fill(_ file: URL, _ byteCount: Int) throws {
            _ = try? removeFile(file)
            let descriptor = open(file.path, O_WRONLY | O_CREAT, 0o600)
            defer { close(descriptor) }
            try #require(ftruncate(descriptor, off_t(byteCount)) == 0)
        }
        func header(_ text: String, claiming byteCount: Int? = nil) -> [UInt8] {
            let length = UInt64(byteCount ?? text.utf8.count)
            return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(text.utf8)
        }
        try add(1001, packed: true) { try fill($0.appending(path: "vocab.txt"), 100_000_000) }
        try add(1002, packed: true) { try fill($0.appending(path: "config.json"), 50_000_000) }
        try add(1003, packed: true) { try fill($0.appending(path: "model.safetensors"), 200_000_000) }
        try add(1004, packed: true) { place in
            let script = "cd \"$0\" && seq -f %g.json 4200 | xargs touch"
            let outcome = try Program(URL(filePath: "/bin/sh")).run(["-c", script, place.path])
            try #require(outcome.status == 0, "\(outcome.errors)")
        }
        try add(1005, packed: false) {
            try replaceFile(header("{", claiming: 900_000_000), at: $0.appending(path: "model.safetensors"))
        }
        try add(1006, packed: false) {
            let many = (0...200_000).map { #""\#($0)":{"dtype":"F16","shape":[0],"data_offsets":[0,0]}"# }
            try replaceFile(
                header("{" + many.joined(separator: ",") + "}"), at: $0.appending(path: "model.safetensors"))
        }
        try add(1007, packed: false) {
            let sizes = Array(repeating: "0", count: 3_000_000).joined(separator: ",")
            try replaceFile(
                header(#"{"t":{"dtype":"F16","shape":[\#(sizes)],"data_offsets":[0,0]}}"#),
                at: $0.appending(path: "model.safetensors"))
        }
        return bad
    }
}
