package import JSON
package import Records

/// Why a cell's artifact could not be made: `store/refusals/<key of the artifact>.json`.
///
/// It is a statement about an attempt, replaced by the next one and gone once the artifact is there.
package struct Refusal: Sendable, Equatable {
    package let stage: Stage
    /// The checkpoint's digest.
    package let checkpoint: String
    /// The cell's name: that of its spec, or `baseline`.
    package let cell: String
    package let reason: String
    /// Whether trying again would take work and come to the same.
    package let isFinal: Bool
    private let stageVersion: Int
    private let programVersion: String

    package init(_ cell: Cell, of stage: Stage, reason: String, isFinal: Bool, programVersion: String) {
        self.stage = stage
        checkpoint = cell.checkpoint.digest
        self.cell = cell.name
        self.reason = reason
        self.isFinal = isFinal
        stageVersion = stage.version
        self.programVersion = programVersion
    }

    /// Whether this version of the program would say the same.
    package func stands(in programVersion: String) -> Bool {
        stageVersion == stage.version && self.programVersion == programVersion
    }

    package var json: JSONValue {
        [
            "stage": .string(stage.rawValue), "checkpoint": .string(checkpoint), "cell": .string(cell),
            "reason": .string(reason), "final": .bool(isFinal), "stage_version": .integer(stageVersion),
            "program_version": .string(programVersion),
        ]
    }

    /// Reads the statement back; nil if it is not one.
    package init?(_ json: JSONValue) {
        guard let object = json.object, let stage = object["stage"]?.string.flatMap(Stage.init(rawValue:)),
            let checkpoint = object["checkpoint"]?.string, let cell = object["cell"]?.string,
            let reason = object["reason"]?.string, let isFinal = object["final"]?.bool,
            let stageVersion = object["stage_version"]?.int, let programVersion = object["program_version"]?.string
        else { return nil }
        self.stage = stage
        self.checkpoint = checkpoint
        self.cell = cell
        self.reason = reason
        self.isFinal = isFinal
        self.stageVersion = stageVersion
        self.programVersion = programVersion
    }
}
