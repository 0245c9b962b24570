import ArgumentParser
import Compression
import FoundationEssentials
import Options
import Pipeline
package import Records
import Stages
import System

package struct IngestCommand: StageCommand {
    package static let stage = Stage.ingest
    package static let abstract =
        "Find training checkpoints in archives, check them and put them into the workspace."
    package static let discussion = """
        An archive is a directory that is searched recursively, or one file. A checkpoint is a directory with \
        config.json and safetensors weights (also sharded, .gz or .zst), or one .tar, .tar.gz or .tar.zst file. What \
        is in the workspace already is not read again, so cron can run this as often as it likes.
        """

    package init() {}

    @OptionGroup var place: WorkspaceOption

    @Option(help: "The family that the archives belong to, such as pythia (default: the archive's name).")
    var family: String?

    @Option(help: "Training tokens per step, so that D = step × this.")
    var tokensPerStep: Int?

    @Option(help: "Steps from this one on were saved with the learning rate annealed.")
    var annealedFrom: Int?

    @Option(help: "The compression that the models were trained under, such as '{bits: 1.58, activations: 8}'.")
    var trainedAs: String?

    @Option(help: "Ingest the archives of this manifest or lock.")
    var manifest: String?

    @Option(
        help: "What the workspace may hold, such as 200GB: weights that were unpacked earlier make room.",
        transform: size)
    var disk: ByteSize?

    @Flag(help: "Say what the archives hold, and what is doubtful about it, and write nothing.")
    var dryRun = false

    @Flag(help: "Print what was found as one JSON document.")
    var json = false

    @Argument(help: "Archives: directories or files.")
    var archives: [String] = []

    package func validate() throws {
        guard archives.isEmpty != (manifest == nil) else {
            throw ValidationError("name archives or a --manifest, one of the two")
        }
        guard (tokensPerStep ?? 1) > 0 else { throw ValidationError("--tokens-per-step must be above zero") }
    }

    package func run() throws {
        try runStage("ingest") { () throws(StageError) in
            let requests = try manifest.map { (file) throws(StageError) in
                try IngestRequest.requests(manifest: URL(filePath: file))
            }
            let trainedAs = try trainedAs.map { (text) throws(StageError) in try nativeSpec(option: text) }
            let found = requests ?? archives.map { request($0, trainedAs: trainedAs) }
            let workspace = Workspace.location(option: place.workspace)
            let isPartOfRun = Surroundings.variables[StageRunner.runVariable] != nil
            let output: AuditOutput = json ? .json : isPartOfRun ? .none : .table
            return dryRun
                ? try auditOnly(found, workspace: workspace, output: output)
                : try ingest(found, into: workspace, disk: disk, output: output)
        }
    }

    private func request(_ archive: String, trainedAs: NativeSpec?) -> IngestRequest {
        let path = URL(filePath: archive).standardizedFileURL
        let rule = IngestRule(
            family: family ?? path.lastPathComponent, tokensPerStep: tokensPerStep.map { TokensPerStep($0) },
            annealedFrom: annealedFrom, trainedAs: trainedAs)
        return IngestRequest(archive: path, rule: rule, steps: nil)
    }
}
