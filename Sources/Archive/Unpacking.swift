package import FoundationEssentials
import System

/// What was written when a source was unpacked.
package struct UnpackedFiles: Sendable, Equatable {
    /// The files of weights, in the order in which they were read.
    package let weights: [String]
    package let companions: [String]

    package init(weights: [String], companions: [String]) {
        self.weights = weights
        self.companions = companions
    }
}

extension CheckpointSource {
    /// Takes a weight file's name and the next of its bytes; false stops the unpacking.
    ///
    /// The bytes are lent for the call.
    package typealias Observer = (_ file: String, _ bytes: UnsafeRawBufferPointer) -> Bool

    /// Writes the checkpoint's files, decompressed, into an empty directory, in one pass over the source.
    ///
    /// The observer sees every byte of every safetensors file on its way, file after file, so that it can validate and
    /// hash them; when it stops, `ArchiveError.stopped` is thrown. Of a tar archive the weights are taken and what
    /// lies beside them in the same folder (JSON, vocabularies, templates). Files are synced, and so is the
    /// directory. Memory: fixed buffers and a decoder's window.
    package func unpack(
        into directory: URL, limits: TarLimits = TarLimits(), observing observer: Observer
    ) throws(ArchiveError) -> UnpackedFiles {
        let files: UnpackedFiles
        if form == .tar {
            files = try TarUnpacking(source: location, directory: directory).run(limits: limits, observer)
        } else {
            files = try unpackDirectory(into: directory, observer)
        }
        try ArchiveError.attempt { () throws(SystemError) in try synchronize(directory) }
        return files
    }

    /// Writes the files of a plain directory, as they are, into an empty one; otherwise as `unpack` does.
    package func copy(into directory: URL, observing observer: Observer) throws(ArchiveError) -> UnpackedFiles {
        for name in companions + weights {
            let place = location.appending(path: name)
            let isWeights = weights.contains(name)
            if !isWeights {
                let status = try ArchiveError.attempt { () throws(SystemError) in try FileStatus(of: place) }
                try check(companion: name, byteCount: status.byteCount)
            }
            let file = try ArchiveError.attempt { () throws(SystemError) in try ReadableFile(place) }
            try write(to: directory.appending(path: name)) { buffer throws(ArchiveError) in
                do throws(SystemError) { return try file.read(into: buffer) } catch { throw .system(error) }
            } observing: {
                !(isWeights && FileNames.isHashedOnItsWay(name)) || observer(name, $0)
            }
        }
        try ArchiveError.attempt { () throws(SystemError) in try synchronize(directory) }
        return UnpackedFiles(weights: weights, companions: companions)
    }

    private func check(companion name: String, byteCount: Int) throws(ArchiveError) {
        try UnpackingLimits.check(
            companion: name, at: name, byteCount: byteCount, in: location.path(percentEncoded: false))
    }

    private func unpackDirectory(
        into directory: URL, _ observer: Observer
    ) throws(ArchiveError) -> UnpackedFiles {
        for name in companions {
            var reader = try ByteReader(ofArchive: location.appending(path: name))
            var byteCount = 0
            try write(to: directory.appending(path: name)) { buffer throws(ArchiveError) in
                let count = try reader.read(into: buffer)
                byteCount += count
                try check(companion: name, byteCount: byteCount)
                return count
            } observing: { _ in
                true
            }
        }
        var written: [String] = []
        for name in weights {
            let plain = FileNames.weights(name) ?? name
            let place = location.appending(path: name)
            var reader = try ByteReader(ofArchive: place)
            try write(to: directory.appending(path: plain)) { buffer throws(ArchiveError) in
                try reader.read(into: buffer)
            } observing: {
                !FileNames.isHashedOnItsWay(plain) || observer(plain, $0)
            }
            written.append(plain)
        }
        return UnpackedFiles(weights: written, companions: companions)
    }
}

/// Writes one new file with what `read` puts into a buffer until it returns 0, and syncs it unless that is done later.
func write(
    to location: URL, syncs: Bool = true, from read: (UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int,
    observing observer: (UnsafeRawBufferPointer) -> Bool
) throws(ArchiveError) {
    let file = try ArchiveError.attempt { () throws(SystemError) in try NewFile(location) }
    let buffer = Buffer(byteCount: 1 << 18)
    while true {
        let count = try read(buffer.bytes)
        guard count > 0 else { break }
        // As many bytes as were read, at most the whole buffer.
        let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes.prefix(count))
        guard observer(bytes) else { throw .stopped(file: file.path) }
        do throws(SystemError) { try file.write(bytes.bytes) } catch { throw .system(error) }
    }
    do throws(SystemError) {
        if syncs { try file.synchronize() }
        try file.close()
    } catch { throw .system(error) }
}
