/// Finds the training step in the name of a file or folder.
///
/// A name that is nothing but digits is a step, `64`, unless `needsKeyword`. Otherwise the last run of digits counts that follows one of
/// `step`, `steps`, `checkpoint`, `ckpt`, `iter` or `iteration` (in any case, not inside a longer word, and with one
/// of `-`, `_`, `=` or nothing between): `step64`, `step-64`, `checkpoint-64`, `iter_0000064`, `global_step64`,
/// `stage1-step140000-tokens294B`. A `k` after the digits means thousands (`step-50K`); digits that go on in any
/// other letter are something else.
package func trainingStep(inName name: String, needsKeyword: Bool = false) -> Int? {
    let bytes = Array(name.lowercased().utf8)
    if !needsKeyword, !bytes.isEmpty, bytes.allSatisfy(isDigit) { return Int(name) }
    var found: Int?
    for start in bytes.indices where isDigit(bytes[start]) && (start == 0 || !isDigit(bytes[start - 1])) {
        if followsKeyword(bytes[..<start]), let step = number(bytes[start...]) { found = step }
    }
    return found
}

private let keywords = ["steps", "step", "checkpoint", "ckpt", "iteration", "iter"].map { Array($0.utf8) }

private func followsKeyword(_ head: ArraySlice<UInt8>) -> Bool {
    var head = head
    if let last = head.last, "-_=".utf8.contains(last) { head = head.dropLast() }
    return keywords.contains { keyword in
        guard head.suffix(keyword.count).elementsEqual(keyword) else { return false }
        let before = head.dropLast(keyword.count).last
        return before.map { !isLetter($0) } ?? true
    }
}

private func number(_ tail: ArraySlice<UInt8>) -> Int? {
    let digits = tail.prefix(while: isDigit)
    var rest = tail.dropFirst(digits.count)
    var factor = 1
    if rest.first == UInt8(ascii: "k") {
        factor = 1000
        rest = rest.dropFirst()
    }
    guard rest.first.map({ !isLetter($0) && !isDigit($0) }) ?? true,
        let value = Int(String(decoding: digits, as: UTF8.self))
    else { return nil }
    let (step, overflow) = value.multipliedReportingOverflow(by: factor)
    return overflow ? nil : step
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

private func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }
