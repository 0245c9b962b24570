import FoundationEssentials

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
