import Foundation
import FuzzParsers
import System
import TestSupport
import Testing

/// What every reader of others' files makes of files that were damaged: an error, never a trap.
///
/// `Pipelines/fuzz.sh` searches further, guided by what code an input reaches.
@Suite struct MutationTests {
    @Test func damagedInputsAreReadOrRefused() async throws {
        // A process of its own, which a trap ends with the input in its hands.
        await #expect(processExitsWith: .success, "the input lies in \(Self.last.path)") {
            let wanted = ProcessInfo.processInfo.environment["QID_FAULTS"]
            let count = wanted == "all" ? 1_000_000 : 2_000
            for parser in Parser.allCases {
                let seeds = try parser.seeds()
                guard !seeds.isEmpty else { throw CocoaError(.fileNoSuchFile) }
                var random = SeededGenerator(seed: 17)
                for number in 0..<count {
                    let input = random.mutated(seeds[number % seeds.count])
                    try replaceFile(input, at: Self.last)
                    parser.read(input)
                }
            }
        }
    }

    private static let last = FileManager.default.temporaryDirectory.appending(path: "qid-mutation-last-input")
}
