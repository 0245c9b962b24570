package import FoundationEssentials
package import Records

/// Where each stage runs and with what: `Pipelines/*.yaml`, described by `Schemas/pipeline.schema.json`.
package struct PipelineFile: Sendable, Equatable {
    /// The machinery that runs a stage.
    package enum Engine: Sendable, Equatable {
        /// Child processes of this one, on this machine.
        case local(Local)
        /// A job array on a Slurm cluster whose nodes see the workspace under the same path.
        case slurm(Slurm)
    }

    package struct Local: Sendable, Equatable {
        /// Worker threads; all processors if nil.
        package var threads: Int?
    }

    package struct Slurm: Sendable, Equatable {
        /// Tasks of the array; the cells are dealt out among them.
        package let tasks: Int
        /// More options for `sbatch`, such as `--partition=cpu`.
        package let options: [String]
    }

    package let name: String
    /// Bytes that the workspace may hold.
    package let disk: Int?
    private let engines: [Stage: Engine]

    /// All stages on this machine.
    package static let local = PipelineFile(name: "local", disk: nil, engines: [:])

    package subscript(stage: Stage) -> Engine { engines[stage] ?? .local(Local()) }
}

extension PipelineFile {
    package init(file: URL) throws(ManifestError) {
        let keys = try Field(file: file).mapping(required: ["name", "stages"], optional: ["disk"])
        name = try keys["name"]?.string() ?? ""
        disk = try keys["disk"].map { (field) throws(ManifestError) in try field.byteSize() }
        var engines: [Stage: Engine] = [:]
        for member in try keys["stages"]?.members() ?? [] {
            guard let stage = Stage(rawValue: member.key) else {
                throw .unknownKey(place: member.place, key: member.key, allowed: Stage.allCases.map(\.rawValue))
            }
            engines[stage] = try Engine(member, stage: stage)
        }
        self.engines = engines
    }
}

extension PipelineFile.Engine {
    fileprivate init(_ field: Field, stage: Stage) throws(ManifestError) {
        let named = try field.members().first { $0.key == "engine" }
        switch try named?.string() {
        case "local":
            let keys = try field.mapping(required: ["engine"], optional: ["threads"])
            self = .local(
                .init(
                    threads: try keys["threads"].map { (field) throws(ManifestError) in try field.integer(atLeast: 1) })
            )
        case "slurm":
            guard stage == .quantize || stage == .evaluate else {
                throw field.invalid("only quantize and evaluate are split into cells; this stage runs locally")
            }
            let keys = try field.mapping(required: ["engine", "tasks"], optional: ["options"])
            self = .slurm(
                .init(
                    tasks: try keys["tasks"]?.integer(atLeast: 1) ?? 1,
                    options: try keys["options"]?.list().map { (field) throws(ManifestError) in try field.string() }
                        ?? []))
        case nil: throw .missingKey(place: field.place, key: "engine")
        case let other?:
            throw (named ?? field).invalid("there is no engine '\(other)'; there are local and slurm")
        }
    }
}
