import Foundation
import FuzzParsers

/// Writes the inputs that others are made from into `QID_FUZZ_CORPUS`, which libFuzzer then reads.
@_cdecl("LLVMFuzzerInitialize")
func initialize(_ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
    do {
        let corpus = URL(
            filePath: ProcessInfo.processInfo.environment["QID_FUZZ_CORPUS"] ?? "", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: corpus, withIntermediateDirectories: true)
        for (index, seed) in try chosen.seeds().enumerated() {
            try Data(seed).write(to: corpus.appending(path: "seed-\(index)"))
        }
    } catch { fatalError("no seeds: \(error)") }
    return 0
}

/// What libFuzzer calls with each input: the parser that `QID_FUZZ_PARSER` names reads it.
///
/// Whatever an input holds, it is read or refused by an error; a trap, a sanitizer's report or more memory than
/// `Pipelines/fuzz.sh` allows ends the run with the input that did it.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // libFuzzer's bytes, which are its own again when this returns.
    chosen.read(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

private let chosen: Parser = {
    let name = ProcessInfo.processInfo.environment["QID_FUZZ_PARSER"] ?? ""
    guard let parser = Parser(rawValue: name) else {
        fatalError(
            "QID_FUZZ_PARSER is '\(name)', not one of \(Parser.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return parser
}()
