import Foundation
import System
import SystemPackage
import Testing

/// Runs a test in a directory of its own.
func withDirectory(_ body: (URL) throws -> Void) throws {
    let directory = try TemporaryDirectory("qid-system-tests")
    try body(directory.location)
}

extension SystemError {
    /// The error of a test's file, told briefly.
    static func of(_ operation: Operation, _ place: URL, _ number: Errno) -> SystemError {
        SystemError(operation, place.path, number)
    }
}
