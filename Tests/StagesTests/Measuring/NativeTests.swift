import Foundation
import JSON
import Pipeline
import System
import TestSupport
import Testing
import Warehouse

/// Checkpoints trained under compression: evaluated as they are, and their losses joined with dense ones in one law.
struct NativeTests {
    private static let schemes = ["neox-25k-w1": "native-w1", "neox-25k-w2": "native-w2", "neox-25k-s50": "native-s50"]

    @Test func lossesGoToTheLawOfEffectiveParameters() throws {
        try withScratchDirectory { directory in
            let (demo, fixtures) = (Fixtures.demo.path, Fixtures.directory.path)
            let rule = "family: neox, tokens_per_step: 4096, steps: [256, 512, 1024, 2048]"
            let manifest = """
                name: native
                archives:
                  - {path: \(demo)/archive, \(rule)}
                  - {path: \(fixtures)/native/neox-25k-w1, \(rule), trained_as: {bits: 1}}
                  - {path: \(fixtures)/native/neox-25k-w2, \(rule), trained_as: {bits: 2}}
                  - {path: \(fixtures)/native/neox-25k-s50, \(rule), trained_as: {sparse: 0.5}}
                shard: \(fixtures)/heldout.npy
                context: 256
                windows: 128
                order: shard
                specs: []
                laws: [effective-parameters, chinchilla]

                """
            let file = directory.appending(path: "manifest.yaml")
            try replaceFile(Array(manifest.utf8), at: file)
            let workspace = directory.appending(path: "workspace")
            let run = try qid(["run", file.path, "--workspace", workspace.path])
            try #require(run.status == 0, "\(run.errors)")
            let warehouse = try WarehouseReader(reading: workspace.appending(path: "warehouse.sqlite"))
            try compareLosses(warehouse)
            try checkLaws(warehouse)
        }
    }

    private func compareLosses(_ warehouse: WarehouseReader) throws {
        let oracle = try Fixtures.json("native.json")
        for (name, scheme) in Self.schemes {
            for step in [256, 512, 1024, 2048] {
                let expected = try #require(oracle.object?[name]?.object?["step\(step)"]?.double)
                let answer = try warehouse.query("SELECT loss FROM loss WHERE scheme = '\(scheme)' AND step = \(step)")
                guard answer.rows.count == 1, case .real(let loss)? = answer.rows[0].first else {
                    Issue.record("not one loss of \(scheme) at step \(step)")
                    continue
                }
                #expect(abs(loss - expected) < 1e-4, "\(scheme) step \(step)")
            }
        }
    }

    /// Every scheme has its multiplier, below that of dense models; a law without schemes sees dense models only.
    private func checkLaws(_ warehouse: WarehouseReader) throws {
        for scheme in Self.schemes.values {
            let answer = try warehouse.query("SELECT value FROM law WHERE parameter = 'eff.\(scheme)'")
            guard answer.rows.count == 1, case .real(let multiplier)? = answer.rows[0].first else {
                Issue.record("not one multiplier of \(scheme)")
                continue
            }
            #expect(multiplier > 0.01 && multiplier < 1, "eff of \(scheme) is \(multiplier)")
        }
        let points = try warehouse.query("SELECT law, scheme, n FROM fit ORDER BY law")
        #expect(
            points.rows == [
                [.text("chinchilla"), .text("dense"), .integer(18)],
                [.text("effective-parameters"), .text("all"), .integer(30)],
            ])
    }
}
