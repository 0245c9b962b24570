import FoundationEssentials

/// Where a checkpoint stands in its archive: which run, which step, as names say it.
///
/// Each part is read from the innermost name of the path that has it (``CheckpointName``). The series is the folder
/// above the name with the step, and what that name says beside step and tokens: `stage2-ingredient1-step1000` is no
/// checkpoint of the run of `stage1-step1000`.
package struct TrainingPlace: Sendable, Equatable {
    package private(set) var series: String
    /// What runs below the checkpoint's own folder are called: `run` holds its last state beside `run/checkpoint-5`.
    let folder: String
    /// Folders below the name with the step; they tell runs apart that lie in one step's folder: `step64/70m`.
    private let below: [String]
    package let step: Int?
    /// How far the step may be from what the name says.
    package let stepTolerance: Int
    /// D, training tokens seen, as a name has them.
    package let tokens: NamedCount?
    package let seed: String?
    package let stage: Int?
    package let ingredient: Int?
    package let phase: NamedPhase?
    /// What a name says in a way that cannot be read; then there is no step.
    package let unreadable: String?

    /// The place of a path below a root, whose own names stand before it, so that a root which is a run or a step is
    /// named as such.
    init(root: URL, path: [String], isTar: Bool, naming: NamePattern?) {
        let above = Array(root.pathComponents.suffix(2)).filter { $0 != "/" }
        var components = above + path
        if isTar, let last = components.popLast() { components.append(FileNames.stem(ofTar: last)) }
        self.init(
            components, from: max(0, above.count - 1), seriesFrom: above.count, endsInCheckpoint: true, naming)
    }

    /// The place of a checkpoint by its path below a folder whose name says nothing.
    package init(path: String, naming: NamePattern? = nil) {
        self.init(
            path.split(separator: "/").map(String.init), from: 0, seriesFrom: 0, endsInCheckpoint: true, naming)
    }

    /// The place of a revision of a repository, or of a folder in it.
    init(_ revision: HubRevision, below path: [String], naming: NamePattern?) {
        let shown = revision.isNamed ? [revision.revision] : []
        self.init(
            revision.repository.split(separator: "/").map(String.init) + shown + path, from: 0, seriesFrom: 0,
            endsInCheckpoint: !(shown + path).isEmpty, naming)
    }

    /// `endsInCheckpoint` says whether the last name is a checkpoint's own and not that of its run.
    private init(
        _ all: [String], from first: Int, seriesFrom: Int, endsInCheckpoint: Bool, _ naming: NamePattern?
    ) {
        var (components, first) = (all, first)
        let names: [CheckpointName?]
        if let naming {
            (components, first) = naming.merged(all, from: first)
            names = components.indices.map { $0 < first ? nil : naming.read(components[$0]) }
        } else {
            // A folder further out that is all digits is rather a date than a step.
            names = components.indices.map { index -> CheckpointName? in
                let isDigits = components[index].utf8.allSatisfy { (0x30...0x39).contains($0) }
                let isDate = index < all.count - 1 && isDigits
                return index < first || isDate ? nil : CheckpointName(all[index])
            }
        }
        let found = names.lastIndex { $0?.step != nil }
        let counted = found ?? names.lastIndex { $0?.tokens != nil }
        let unreadable = names.compactMap { $0?.unreadable }.last
        self.unreadable = unreadable
        step = unreadable == nil ? found.flatMap { names[$0]?.step } : nil
        stepTolerance = found.flatMap { names[$0]?.stepTolerance } ?? 0
        tokens = names.compactMap { $0?.tokens }.last
        seed = names.compactMap { $0?.seed }.last
        stage = names.compactMap { $0?.stage }.last
        ingredient = names.compactMap { $0?.ingredient }.last
        phase = names.compactMap { $0?.phase }.last
        let end = counted ?? (components.count - (endsInCheckpoint ? 1 : 0))
        let start = min(seriesFrom, max(0, end - 1))
        let rest = counted.flatMap { names[$0]?.rest }.flatMap { $0.isEmpty ? nil : $0 }
        series = (components[start..<max(start, end)] + (rest.map { [$0] } ?? [])).joined(separator: "/")
        folder = components.isEmpty ? "" : components[min(seriesFrom, components.count - 1)...].joined(separator: "/")
        below = counted.map { Array(components[($0 + 1)...]) } ?? []
    }

    /// Takes the checkpoint for one of the run that lies in its own folder.
    mutating func joinRunInFolder() { series = folder }

    /// Names the series by the folders below the step too.
    mutating func lengthenSeries() {
        series = ([series].filter { !$0.isEmpty } + below).joined(separator: "/")
    }
}

extension NamePattern {
    /// The names of a path, those in a row that make up a name of the pattern joined to one.
    fileprivate func merged(_ names: [String], from first: Int) -> (names: [String], first: Int) {
        guard depth > 1, names.count >= depth else { return (names, first) }
        for end in (depth...names.count).reversed() {
            let joined = names[(end - depth)..<end].joined(separator: "/")
            guard read(joined) != nil else { continue }
            return (names[..<(end - depth)] + [joined] + names[end...], min(first, end - depth))
        }
        return (names, first)
    }
}
