import Compression
import FoundationEssentials
import JSON
import LanguageModel
import Pipeline
import Records
import System
import Warehouse

// What becomes of a cell that cannot be made: it is named, the others go on, the next run does not try in vain.

extension Workspace {
    /// Why this version of the program could not make an artifact; nil where it did not say so.
    func knownRefusal(of key: ArtifactKey) throws(StageError) -> Refusal? { try knownRefusal(at: refusal(key)) }

    private func knownRefusal(at file: URL) throws(StageError) -> Refusal? {
        // A note that is damaged says nothing, so the artifact is tried again; one that cannot be read is not nothing.
        guard let bytes = try attempt({ () throws(SystemError) in try readFileIfThere(file) }),
            let json = try? JSONValue(parsing: bytes), let known = Refusal(json)
        else { return nil }
        return known.stands(in: programVersion) ? known : nil
    }

    /// Whether evaluating a cell needs no attempt: what it reads could not be made, or it came to nothing before.
    func isRefused(_ cell: Cell) throws(StageError) -> Bool {
        if let key = cell.compressed, try !exists(compressed(key)), try knownRefusal(of: key) != nil { return true }
        return try knownRefusal(of: cell.evaluation)?.isFinal == true
    }

    /// Whether a cell came to nothing for what its checkpoint's values are, so that the same would come of it again.
    func isRefusedForGood(_ cell: Cell) throws(StageError) -> Bool {
        if let key = cell.compressed, try !exists(compressed(key)), try knownRefusal(of: key)?.isFinal == true {
            return true
        }
        return try knownRefusal(of: cell.evaluation)?.isFinal == true
    }

    /// Whether a cell has no evaluation and needs no attempt at one.
    func isRefusedAndAbsent(_ cell: Cell) throws(StageError) -> Bool {
        guard try !exists(evaluation(cell.evaluation)) else { return false }
        return try isRefused(cell)
    }

    /// What could not be made and is not there, in the order of keys.
    func standingRefusals() throws(StageError) -> [Refusal] {
        // A workspace of an older version has no place for them.
        guard try exists(refusals) else { return [] }
        var standing: [Refusal] = []
        for name in try artifactNames(in: refusals) {
            if try exists(evaluations.appending(path: name)) { continue }
            if try exists(compressed.appending(path: name.dropLast(5))) { continue }
            if let refusal = try knownRefusal(at: refusals.appending(path: name)) { standing.append(refusal) }
        }
        return standing
    }

    /// Notes in the store that cells of one checkpoint cannot be made, and names them on standard error.
    func refuse(_ cells: [Cell], of stage: Stage, because error: StageError) throws(StageError) {
        try refuse(cells, of: stage, reason: error.description, isFinal: error.isFinal)
    }

    func refuse(_ cells: [Cell], of stage: Stage, reason: String, isFinal: Bool) throws(StageError) {
        guard let first = cells.first else { return }
        let subject = cells.count == 1 ? first.name : "\(cells.count) cells"
        report("\(stage.rawValue): \(subject) of checkpoint \(first.checkpoint.digest.prefix(12)): \(reason)")
        // A workspace of an older version has no place for it yet.
        try attempt { () throws(SystemError) in try makeDirectory(refusals) }
        for cell in cells {
            guard let key = stage == .quantize ? cell.compressed : cell.evaluation else { continue }
            let refusal = Refusal(cell, of: stage, reason: reason, isFinal: isFinal, programVersion: programVersion)
            try attempt { () throws(WorkspaceError) in
                try replace(Array(refusal.json.prettyText.utf8), at: self.refusal(key))
            }
        }
    }

    /// Takes back what was said of an artifact that is there now.
    func allow(_ key: ArtifactKey) throws(StageError) {
        let file = refusal(key)
        guard try exists(file) else { return }
        try attempt { () throws(SystemError) in try removeFile(file) }
    }
}

extension Refusal {
    /// What was refused, as `rtn-nf4-g32 of checkpoint 0123456789ab`.
    var subject: String { "\(cell) of checkpoint \(checkpoint.prefix(12))" }

    var failed: Failure.Cell { Failure.Cell(checkpoint: checkpoint, spec: cell) }
}

extension Cell {
    var failed: Failure.Cell { Failure.Cell(checkpoint: checkpoint.digest, spec: name) }
}

extension StageError {
    /// Whether the error is about one cell: then the others go on.
    var isOfCell: Bool { [.badInput, .usage].contains(exitStatus) }

    /// Whether it follows from a spec and a checkpoint's values alone, so that trying again would come to the same.
    fileprivate var isFinal: Bool {
        switch self {
        case .compression(let error), .model(.compression(let error)): error.isOfValues
        case .model(.inputsNotFinite): true
        default: false
        }
    }
}

extension CompressionError {
    fileprivate var isOfValues: Bool {
        switch self {
        case .notFinite, .scaleOutOfRange, .valueOutOfRange, .singularHessian: true
        default: false
        }
    }
}
