import Foundation
import JSON
import Pipeline
import Testing

/// `qid fit --points` with what can be asked besides one law's parameters.
struct FitQuestionsTests {
    /// QiD = 0.017·D^0.5251/(N^0.2261·P^5.4967), each point off by up to 5 %.
    private static let table: String = {
        var lines = ["params,tokens,bits,qid"]
        for (i, params) in [1e8, 4e8, 1e9, 3e9].enumerated() {
            for (j, tokens) in [3e9, 3e10, 3e11].enumerated() {
                for bits in [3, 4] {
                    let qid = 0.017 * pow(tokens, 0.5251) / (pow(params, 0.2261) * pow(Double(bits), 5.4967))
                    lines.append("\(params),\(tokens),\(bits),\(qid * (1 + 0.05 * Double((i + 2 * j + bits) % 3 - 1)))")
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }()

    private func ask(_ arguments: [String]) throws -> Outcome {
        try withScratchDirectory { directory in
            let file = directory.appending(path: "points.csv")
            try writeFile(Array(Self.table.utf8), to: file)
            return try qid(["--points", file.path] + arguments, command: "qid-fit")
        }
    }

    private func json(_ arguments: [String]) throws -> JSONObject {
        let outcome = try ask(arguments + ["--json"])
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try #require(try JSONValue(parsing: Array(outcome.output.utf8)).object)
    }

    @Test func oneLawIsAnsweredAsEver() throws {
        let fit = try json(["--law", "qid-unified"])
        for key in ["law", "objective", "n", "left_out", "parameters", "r2", "starts", "starts_at_best", "held_out"] {
            #expect(fit[key] != nil, "\(key)")
        }
        for key in ["ranking", "predictions", "training_levels", "fewest_bits", "profiles", "correlation"] {
            #expect(fit[key] == nil, "\(key)")
        }
    }

    @Test func predictionsAndTrainingLevelsInvertEachOther() throws {
        let fit = try json([
            "--law", "qid-unified", "--threshold", "0.2", "--predict", "params=1e10,tokens=1e12,bits=4",
        ])
        let levels = try #require(fit["training_levels"]?.array).compactMap(\.object)
        #expect(levels.count == 10)
        let largest = try #require(levels.first { $0["params"]?.double == 1e10 && $0["bits"]?.double == 4 })
        let tokens = try #require(largest["tokens"]?.double)
        let again = try json(["--law", "qid-unified", "--predict", "bits=4,tokens=\(tokens),params=1e10"])
        let prediction = try #require(again["predictions"]?.array?.first?.object)
        #expect(abs((prediction["value"]?.double ?? 0) - 0.2) < 1e-6)
        #expect((largest["low"]?.double ?? .infinity) < tokens && (largest["high"]?.double ?? 0) > tokens)
        #expect((largest["beyond_hull"]?.double ?? 0) > 3)
    }

    @Test func theFewestBitsKeepQiDWithinTheThreshold() throws {
        let fit = try json(
            [
                "--law", "qid-unified", "--threshold", "0.2", "--predict", "params=1e9,tokens=3e11,bits=2", "--predict",
                "params=1e9,tokens=3e11,bits=3", "--predict", "params=1e9,tokens=3e11,bits=4",
            ])
        let fewest = try #require(fit["fewest_bits"]?.array).compactMap(\.object)
        #expect(fewest.count == 1)
        let within = try #require(fit["predictions"]?.array).compactMap(\.object).filter {
            ($0["value"]?.double ?? .infinity) <= 0.2
        }
        #expect(fewest[0]["likely"]?.double == within.compactMap { $0["bits"]?.double }.min())
    }

    @Test func severalLawsAreRanked() throws {
        let laws = ["qid-per-bit", "qid-unified", "k * tokens^beta / bits^gamma"]
        let ranking = try json(laws.flatMap { ["--law", $0] })
        let ranked = try #require(ranking["ranking"]?.array).compactMap(\.object)
        #expect(Set(ranked.compactMap { $0["law"]?.string }) == Set(laws))
        #expect(ranked.last?["law"]?.string == laws[2])
        #expect(ranked.compactMap { $0["excess_aicc"]?.double }.min() == 0)
        #expect(ranked.allSatisfy { $0["bic"]?.double != nil && $0["held_out_error"]?.double != nil })
        for one in ranked { #expect(one["fit"]?.object?["law"] == one["law"]) }
        let text = try ask(laws.flatMap { ["--law", $0] })
        #expect(text.output.contains("ranked on the points that all laws can use"))
    }

    @Test func profilesAndCorrelationsComeOnDemand() throws {
        let fit = try json(["--law", "qid-unified", "--profiles"])
        let alpha = try #require(fit["parameters"]?.object?["alpha"]?.object?["value"]?.double)
        let profile = try #require(fit["profiles"]?.object?["alpha"]?.object)
        #expect((profile["low"]?.double ?? .infinity) < alpha && (profile["high"]?.double ?? 0) > alpha)
        #expect(fit["correlation"]?.object?["k"]?.object?["k"]?.double == 1)
        #expect(abs(fit["correlation"]?.object?["k"]?.object?["beta"]?.double ?? 0) > 0.5)
        let text = try ask(["--law", "qid-unified", "--profiles", "--threshold", "0.2"])
        #expect(text.output.contains("largest correlation") && text.output.contains("D where QiD is 0.2"))
    }

    @Test func boundsGoToTheLawsThatHaveTheParameter() throws {
        let ranking = try json(
            ["--law", "qid-unified", "--law", "k * tokens^beta / bits^gamma", "--bounds", "alpha=0:0.1"])
        let ranked = try #require(ranking["ranking"]?.array).compactMap { $0.object?["fit"]?.object }
        let unified = try #require(ranked.first { $0["law"]?.string == "qid-unified" })
        #expect(unified["parameters"]?.object?["alpha"]?.object?["at_bound"] == true)
    }

    @Test(arguments: [
        (["--law", "qid-unified", "--predict", "params=1"], "'tokens' is missing"),
        (["--law", "qid-unified", "--threshold", "0"], "--threshold is a QiD above 0"),
        (["--law", "qid-unified", "--bounds", "zeta=0:1"], "has no parameter 'zeta'"),
        (["--law", "qid-unified", "--law", "chinchilla"], "does not predict what law 'qid-unified' does"),
        (["--law", "qid-per-bit", "--predict", "params=1,tokens=2,bits=7"], "fitted were '3', '4'"),
    ])
    func mistakesAreNamed(_ arguments: [String], _ reason: String) throws {
        let outcome = try ask(arguments)
        #expect(outcome.status == 64, "\(outcome.errors)")
        #expect(outcome.errors.contains(reason), "\(outcome.errors)")
    }
}
