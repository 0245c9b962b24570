import Compression
import Foundation
import JSON
import Kernels
import LanguageModel
import Records
import TestSupport
import Testing
import Warehouse

/// Errors of layers and probes, and what the views make of them.
struct DistortionTests {
    private static func probe(wide: Double = 0.2) throws -> ProbeRecord {
        let checkpoint = Samples.checkpoint("a")
        func trial(_ size: Double, _ seed: Int, _ factor: Double = 1) -> ProbeRecord.Trial {
            // One sublayer, whose error makes ō = t².
            .init(
                size: size, seed: seed, kl: factor * 4 * size * size, klStderr: 0.001, qid: factor * 5 * size * size,
                qidStderr: nil, readErrors: [((1 + 7.2 * size * size).squareRoot() - 1) / 3.6])
        }
        return ProbeRecord(
            key: "probe", version: 3, checkpoint: checkpoint,
            scoring: ScoringRecord(shard: Samples.shard, context: 11, tokens: .all), windows: 2, calibration: "text",
            isUnseen: false, baselineLoss: 3,
            trials: [trial(0.1, 1), trial(0.1, 2), trial(0.05, 1), trial(0.2, 1, 1 - wide)],
            products: .floats)
    }

    private static let distortion = DistortionRecord(
        key: "distortion", version: 2, checkpoint: "a", artifact: "compressed", calibration: "text",
        bitsPerWeight: 5.25, isUnseen: false,
        layers: [
            LayerDistortion(name: "first", weights: 10, weightError: 0.25, outputError: 0.1),
            LayerDistortion(name: "second", weights: 10, weightError: 0.75, outputError: 0.28, readError: 0.1),
            LayerDistortion(name: "unseen", weights: 10, weightError: 0.5, outputError: nil, readError: 0.3),
        ])

    /// ō of that: the sublayers end with the second and the third.
    private static let mean = 0.2 * (1 + 1.8 * 0.1.squareRoot())

    @Test func recordsAreReadBack() throws {
        #expect(DistortionRecord(Self.distortion.json) == Self.distortion)
        let probe = try Self.probe()
        #expect(ProbeRecord(probe.json) == probe)
        #expect(probe.trials.allSatisfy { abs($0.distortion - $0.size * $0.size) < 1e-12 })
        #expect(abs((Self.distortion.layers.distortion ?? 0) - Self.mean) < 1e-9)
        #expect(abs((Self.distortion.layers.meanOutputError ?? 0) - 0.19) < 1e-9)
        let former = LayerDistortion(["name": "one", "weights": 2, "weight_error": 0.5, "output_error": 0.25])
        #expect(former == LayerDistortion(name: "one", weights: 2, weightError: 0.5, outputError: 0.25))
        #expect(former.map { [$0].distortion } == .some(nil))
    }

    @Test func qidForetellsFromBoth() throws {
        try withScratchDirectory { directory in
            let warehouse = try Warehouse(writing: directory.appending(path: "warehouse.sqlite"))
            try warehouse.record(Samples.compressed("a"))
            let columns = "distortion, weight_distortion, sensitivity, qid_sensitivity, predicted_kl, predicted_qid"
            #expect(
                try warehouse.reader.query("SELECT \(columns) FROM qid").rows
                    == [[.null, .null, .null, .null, .null, .null]])
            #expect(try warehouse.record(Self.distortion) == .added)
            #expect(try warehouse.record(Self.probe()) == .added)
            #expect(try warehouse.record(Self.distortion) == .present)
            #expect(try warehouse.record(Self.probe()) == .present)
            let row = try #require(try warehouse.reader.query("SELECT \(columns) FROM qid").rows.first).map(number)
            #expect(row.count == 6 && abs(row[0] - Self.mean) < 1e-9 && row[1] == 0.5)
            for (found, expected) in zip(row.dropFirst(2), [4, 5, 4 * Self.mean, 5 * Self.mean]) {
                #expect(abs(found - expected) < 1e-9)
            }
            let cell = try #require(try warehouse.reader.cells().first?.distortion)
            #expect(abs(cell.mean - Self.mean) < 1e-9 && abs((cell.sensitivity ?? 0) - 4) < 1e-9)
        }
    }

    /// A workspace whose errors were told on the text that methods were fitted to is measured again on other text.
    @Test func textThatNoMethodWasFittedToCountsFirst() throws {
        var distortion = Self.distortion
        (distortion.key, distortion.calibration, distortion.isUnseen) = ("later", "unseen text", true)
        distortion.layers = distortion.layers.map { layer in
            LayerDistortion(
                name: layer.name, weights: layer.weights, weightError: layer.weightError,
                outputError: layer.outputError, readError: layer.readError.map { 4 * $0 })
        }
        var probe = try Self.probe()
        (probe.key, probe.calibration, probe.isUnseen) = ("later", "unseen text", true)
        try withScratchDirectory { directory in
            let warehouse = try Warehouse(writing: directory.appending(path: "warehouse.sqlite"))
            try warehouse.record(Samples.compressed("a"))
            try warehouse.record(Self.distortion)
            try warehouse.record(distortion)
            func found() throws -> [Double] {
                let rows = try warehouse.reader.query("SELECT distortion, sensitivity FROM qid").rows
                return try #require(rows.first).map(number)
            }
            let (before, after) = (Self.mean, 0.8 * (1 + 1.8 * 1.6.squareRoot()))
            #expect(abs(try found()[0] - after) < 1e-9)
            // A probe on the other text alone decides for that.
            try warehouse.record(Self.probe())
            #expect(abs(try found()[0] - before) < 1e-9)
            try warehouse.record(probe)
            let both = try found()
            #expect(abs(both[0] - after) < 1e-9 && abs(both[1] - 4) < 1e-9)
        }
    }

    /// Damage that is not in proportion to the noise says nothing about other errors.
    @Test func aProbeThatIsNotInProportionIsRefused() throws {
        let bent = try Self.probe(wide: 0.21)
        #expect(!bent.trials.isUsable && bent.trials.sensitivity == nil && abs(bent.trials.nonlinearity - 0.21) < 1e-9)
        #expect(try Self.probe(wide: 0.19).trials.isUsable)
        try withScratchDirectory { directory in
            let warehouse = try Warehouse(writing: directory.appending(path: "warehouse.sqlite"))
            try warehouse.record(Samples.compressed("a"))
            try warehouse.record(Self.distortion)
            try warehouse.record(bent)
            let row = try warehouse.reader.query("SELECT distortion, sensitivity, predicted_kl FROM qid").rows
            let distortion = try #require(row.first.map { number($0[0]) })
            #expect(abs(distortion - Self.mean) < 1e-9 && row[0][1] == .null && row[0][2] == .null)
        }
    }

    /// Whatever size stood for the model, its seeds are those that count.
    @Test func aProbeOfSmallerNoiseCounts() throws {
        var probe = try Self.probe(wide: 0)
        probe.trials = probe.trials.map { trial in
            ProbeRecord.Trial(
                size: trial.size / 2, seed: trial.seed, kl: trial.kl, klStderr: trial.klStderr, qid: trial.qid,
                qidStderr: trial.qidStderr, readErrors: trial.readErrors)
        }
        #expect(probe.trials.isUsable && probe.trials.size == 0.05)
        try withScratchDirectory { directory in
            let warehouse = try Warehouse(writing: directory.appending(path: "warehouse.sqlite"))
            try warehouse.record(probe)
            let usual = try warehouse.reader.query("SELECT size, seed FROM probe WHERE is_usual ORDER BY seed").rows
            #expect(usual == [[.real(0.05), .integer(1)], [.real(0.05), .integer(2)]])
            let sensitivity = try warehouse.reader.query("SELECT sensitivity FROM sensitive").rows
            #expect(sensitivity.count == 1 && abs(number(sensitivity[0][0]) - 4) < 1e-9)
        }
    }

    private func number(_ value: SQLValue) -> Double {
        switch value {
        case .real(let number): number
        case .integer(let number): Double(number)
        default: .nan
        }
    }
}
