import FoundationEssentials
import Pipeline
import Records
import System
import TestSupport
import Testing

struct PipelineFileTests {
    @Test func readsEnginesAndFallsBackToLocal() throws {
        let pipeline = try pipeline(
            """
            name: mixed
            stages:
              quantize: {engine: local, threads: 2}
              evaluate: {engine: slurm, tasks: 8, options: [--mem=4G, "--time=01:00:00"]}
            """)
        guard case .local(let quantize) = pipeline[.quantize], case .slurm(let evaluate) = pipeline[.evaluate],
            case .local(let record) = pipeline[.record]
        else {
            Issue.record("wrong engines")
            return
        }
        #expect(quantize.threads == 2)
        #expect(evaluate.tasks == 8)
        #expect(evaluate.options == ["--mem=4G", "--time=01:00:00"])
        #expect(record.threads == nil)
    }

    @Test(arguments: [
        ("quantise: {engine: local}", "unknown key 'quantise'"),
        ("quantize: {engine: cloud}", "there is no engine 'cloud'"),
        ("record: {engine: slurm, tasks: 2}", "only quantize and evaluate are split into cells"),
        ("quantize: {threads: 2}", "key 'engine' is missing"),
    ])
    func refuses(_ stage: String, _ message: String) throws {
        let error = #expect(throws: ManifestError.self) { try pipeline("name: x\nstages:\n  \(stage)\n") }
        let description = try #require(error).description
        #expect(description.contains(message), "\(description)")
    }

    private func pipeline(_ text: String) throws -> PipelineFile {
        try withScratchDirectory { directory in
            let file = directory.appending(path: "pipeline.yaml")
            try replaceFile(Array(text.utf8), at: file)
            return try PipelineFile(file: file)
        }
    }
}
