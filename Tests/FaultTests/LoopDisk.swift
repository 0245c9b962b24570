import Foundation
import System

/// An ext4 file system of its own in a file, mounted on a loop device, whose power can be cut (`FaultShim.Fault.cut`).
struct LoopDisk {
    private let image: URL
    let place: URL

    /// Whether there may be one: root, the tools, and a system that mounts.
    static let isAvailable: Bool = {
        guard geteuid() == 0 else { return false }
        let directory = FileManager.default.temporaryDirectory.appending(path: "qid-loop-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        guard let disk = try? LoopDisk(in: directory) else { return false }
        return (try? disk.unmount()) != nil
    }()

    /// Makes a file system of 64 MiB in a directory and mounts it there.
    init(in directory: URL) throws {
        (image, place) = (directory.appending(path: "disk.image"), directory.appending(path: "disk"))
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        try Data().write(to: image)
        guard truncate(image.path, 64 << 20) == 0 else { throw Failure(description: "no room for \(image.path)") }
        try Self.call("mkfs.ext4", ["-q", image.path])
        try mount()
    }

    struct Failure: Error, CustomStringConvertible { let description: String }

    func mount() throws { try Self.call("mount", ["-o", "loop", image.path, place.path]) }

    /// Waits for processes that the cut is still to end.
    func unmount() throws {
        for _ in 0..<100 {
            if (try? Self.call("umount", [place.path])) != nil { return }
            usleep(100_000)
        }
        throw Failure(description: "\(place.path) stays mounted")
    }

    private static func call(_ program: String, _ arguments: [String]) throws {
        let (end, output) = try Command(program, arguments).capture()
        guard end == .exited(status: 0) else {
            throw Failure(description: "\(program): \(String(decoding: output, as: UTF8.self))")
        }
    }
}
