/// A regular expression for names of modules, matched from their start as Python's `re.match` does.
struct ModulePattern: Sendable, Equatable {
    let text: String

    /// Nil of a text that is no regular expression.
    init?(_ text: String) {
        guard (try? Regex(text)) != nil else { return nil }
        self.text = text
    }

    func matches(_ module: String) -> Bool {
        // That it can be made was seen when it was read; a `Regex` itself may not be kept, as it is not `Sendable`.
        guard let expression = try? Regex(text) else { return false }
        return module.prefixMatch(of: expression) != nil
    }
}
