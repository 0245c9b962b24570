import Foundation
import System
import TestSupport

/// The library that stands between a program and its system calls (`Shim/faults.c`), built once.
final class FaultShim: Sendable {
    /// What happens at one of the calls.
    enum Fault {
        /// The process ends before the call, and every other one of the run at its next.
        case kill
        /// Half of the bytes are written, then the process ends.
        case tear
        /// The file system comes down before the call, with all that is not on the disk, and every process ends.
        case cut
        /// The call is not made and answers so.
        case error(Int32)
    }

    private let library: URL
    private let directory: TemporaryDirectory

    static let shared = Result { try FaultShim() }

    private init() throws {
        directory = try TemporaryDirectory("qid-faults")
        library = directory.location.appending(path: "faults.so")
        let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Shim/faults.c")
        let (end, output) = try Command("clang", ["-O1", "-shared", "-fPIC", "-o", library.path, source.path]).capture()
        guard end == .exited(status: 0) else {
            throw Failure(description: "the shim does not compile: \(String(decoding: output, as: UTF8.self))")
        }
    }

    struct Failure: Error, CustomStringConvertible { let description: String }

    /// The environment in which a program meets a fault at its n-th call below `root`, counted from 1 over all its processes.
    func environment(_ fault: Fault, at call: Int, below root: URL) throws -> [String: String] {
        var variables = try environment(mode: "errno", below: root)
        variables["QID_FAULT_AT"] = "\(call)"
        switch fault {
        case .kill: variables["QID_FAULT_MODE"] = "kill"
        case .tear: variables["QID_FAULT_MODE"] = "tear"
        case .cut: variables["QID_FAULT_MODE"] = "cut"
        case .error(let number): variables["QID_FAULT_ERRNO"] = "\(number)"
        }
        return variables
    }

    /// The environment in which all that a program does to the disk below `root` is written to a file.
    func environment(recordingTo log: URL, below root: URL) throws -> [String: String] {
        var variables = try environment(mode: "record", below: root)
        variables["QID_FAULT_LOG"] = log.path
        return variables
    }

    /// How many calls the program with this environment has made.
    func calls(_ environment: [String: String]) throws -> Int { try number(0, environment) }

    /// How many of its processes have ended by themselves.
    func processesEnded(_ environment: [String: String]) throws -> Int { try number(2, environment) }

    private func number(_ place: Int, _ environment: [String: String]) throws -> Int {
        let bytes = try Data(contentsOf: URL(filePath: environment["QID_FAULT_STATE"] ?? ""))
        return bytes.dropFirst(8 * place).prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    }

    private func environment(mode: String, below root: URL) throws -> [String: String] {
        let state = directory.location.appending(path: UUID().uuidString)
        try Data(count: 24).write(to: state)
        return [
            "LD_PRELOAD": library.path, "QID_FAULT_ROOT": root.path, "QID_FAULT_STATE": state.path,
            "QID_FAULT_MODE": mode,
        ]
    }
}

/// Which of many faults a test tries, spread evenly: all of them with `QID_FAULTS=all`, or as many as that says, else `limit`.
func chosen(of count: Int, atMost limit: Int) -> [Int] {
    let wanted = ProcessInfo.processInfo.environment["QID_FAULTS"]
    let limit = wanted == "all" ? count : wanted.flatMap { Int($0) } ?? limit
    guard count > limit else { return Array(0..<count) }
    return (0..<limit).map { $0 * count / limit }
}
