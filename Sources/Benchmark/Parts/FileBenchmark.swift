package import Archive
package import FoundationEssentials
import System

/// Unpacking and hashing of a file of float16 weights, which lies in the page cache.
package enum FileBenchmark {
    /// Measurements, and what could not be measured and why.
    static func measure(
        _ workload: Workload, _ harness: Harness
    ) throws(BenchmarkError) -> (results: [Measurement], notes: [String]) {
        let bytes = bytes(workload.file)
        let (directory, file) = try BenchmarkError.attempt { () throws(SystemError) in
            let directory = try TemporaryDirectory("qid-bench")
            let file = directory.location.appending(path: "weights")
            try writeFile(bytes, to: file)
            return (directory, file)
        }
        defer { withExtendedLifetime(directory) {} }
        var results = try hashing(file, workload.file, harness)
        var notes: [String] = []
        for packer in Packer.allCases {
            guard let packed = packer.pack(file) else {
                notes.append("unpacking \(packer.rawValue): not measured, no command '\(packer.rawValue)' here")
                continue
            }
            results += try unpacking(packed, bytes, packer, harness)
        }
        return (results, notes)
    }

    package static func bytes(_ file: Workload.File) -> [UInt8] {
        // Copied while the array lends its bytes.
        Synthetic.weights(file.byteCount / 2, deviation: 0.04, seed: 7).withUnsafeBytes { Array($0) }
    }

    private static func hashing(
        _ file: URL, _ expected: Workload.File, _ harness: Harness
    ) throws(BenchmarkError) -> [Measurement] {
        let work = Work(
            group: "file", name: "SHA-256", limit: .bandwidth, amount: .whole(Double(expected.byteCount)),
            threadCounts: [1]
        ) { (_) throws(BenchmarkError) in
            let digest: String
            do throws(ArchiveError) { digest = try sha256(ofFile: file) } catch { throw .archive(error) }
            try Check.equal(digest, expected.sha256, "SHA-256")
        }
        return try harness.measure([work]).measurements
    }

    private static func unpacking(
        _ packed: URL, _ bytes: [UInt8], _ packer: Packer, _ harness: Harness
    ) throws(BenchmarkError) -> [Measurement] {
        var unpacked = [UInt8](repeating: 0, count: bytes.count)
        let packedByteCount = try BenchmarkError.attempt { () throws(SystemError) in
            try FileStatus(of: packed).byteCount
        }
        let work = Work(
            group: "file", name: "unpacking \(packer.rawValue)", limit: .bandwidth,
            amount: .whole(Double(packedByteCount + bytes.count)), threadCounts: [1]
        ) { (_) throws(BenchmarkError) in
            do throws(ArchiveError) { try unpack(packed, into: &unpacked) } catch { throw .archive(error) }
        }
        let rounds = try harness.measure([work])
        guard unpacked == bytes else {
            throw .wrongAnswer(
                measurement: "unpacking \(packer.rawValue)", found: "other bytes", expected: "those that were packed")
        }
        return rounds.measurements
    }

    /// Reads a packed file to its end; what it holds must fill `bytes`.
    package static func unpack(_ file: URL, into bytes: inout [UInt8]) throws(ArchiveError) {
        var reader = try ByteReader(path: file)
        // Used in the closure alone; slices are checked.
        try bytes.withUnsafeMutableBufferPointer { (bytes) throws(ArchiveError) in
            let buffer = UnsafeMutableRawBufferPointer(bytes)
            var filled = 0
            while filled < buffer.count {
                let piece = min(buffer.count, filled + 1 << 18)
                let count = try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<piece]))
                guard count > 0 else { return }
                filled += count
            }
        }
    }
}
