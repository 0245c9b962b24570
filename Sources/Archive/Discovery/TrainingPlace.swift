import FoundationEssentials

/// Where a checkpoint stands in its archive: which run, which step.
///
/// Each part is read from the innermost name of the path that has it (``CheckpointName``). The series is the folder
/// above the name with the step, and what that name says beside step and tokens: `stage2-ingredient1-step1000` is no
/// checkpoint of the run of `stage1-step1000`.
package struct TrainingPlace: Sendable, Equatable {
    package let series: String
    package let step: Int?
    /// D, training tokens seen, as a name has them.
    package let tokens: NamedCount?
    package let seed: String?
    package let stage: Int?
    package let ingredient: Int?
    /// What a name says in a way that cannot be read; then there is no step.
    package let unreadable: String?

    /// The place of a path below a root, whose own names stand before it, so that a root which is a run or a step is
    /// named as such.
    init(root: URL, path: [String], isTar: Bool) {
        let above = Array(root.pathComponents.suffix(2)).filter { $0 != "/" }
        var components = above + path
        if isTar, let last = components.popLast() { components.append(FileNames.stem(ofTar: last)) }
        self.init(components, from: max(0, above.count - 1), seriesFrom: above.count)
    }

    /// The place of a revision of a repository, or of a folder in it.
    init(_ revision: HubRevision, below path: [String]) {
        self.init([revision.repository, revision.revision] + path, from: 0, seriesFrom: 0)
    }

    private init(_ components: [String], from first: Int, seriesFrom: Int) {
        // A folder further out that is all digits is rather a date than a step.
        let names = components.indices.map { index -> CheckpointName? in
            let isDigits = components[index].utf8.allSatisfy { (0x30...0x39).contains($0) }
            return index < first || index < components.count - 1 && isDigits ? nil : CheckpointName(components[index])
        }
        let found = names.lastIndex { $0?.step != nil }
        let counted = found ?? names.lastIndex { $0?.tokens != nil }
        unreadable = names.last { $0?.unreadable != nil }?.flatMap(\.unreadable)
        step = unreadable == nil ? found.flatMap { names[$0]?.step } : nil
        tokens = names.last { $0?.tokens != nil }?.flatMap(\.tokens)
        seed = names.last { $0?.seed != nil }?.flatMap(\.seed)
        stage = names.last { $0?.stage != nil }?.flatMap(\.stage)
        ingredient = names.last { $0?.ingredient != nil }?.flatMap(\.ingredient)
        let end = counted ?? (components.count - 1)
        let start = min(seriesFrom, max(0, end - 1))
        let rest = counted.flatMap { names[$0]?.rest }.flatMap { $0.isEmpty ? nil : $0 }
        series = (components[start..<max(start, end)] + (rest.map { [$0] } ?? [])).joined(separator: "/")
    }
}
