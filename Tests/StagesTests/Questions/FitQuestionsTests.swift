import Foundation
import JSON
import Pipeline
import System
import TestSupport
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

    private func ask(_ arguments: [String], table: String = FitQuestionsTests.table) throws -> Program.Outcome {
        try withScratchDirectory { directory in
            let file = directory.appending(path: "points.csv")
            try replaceFile(Array(table.utf8), at: file)
            return try qid(["--points", file.path] + arguments, command: "qid-fit")
        }
    }

    private func json(_ arguments: [String], table: String = FitQuestionsTests.table) throws -> JSONObject {
        let outcome = try ask(arguments + ["--json"], table: table)
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

    /// Rows that no law of QiD can use: neighbours of one reason are one run of numbers.
    @Test func whatIsLeftOutIsSaidOnceForEachReason() throws {
        let table = Self.table + "1e8,3e9,16,0\n1e8,3e10,16,0\n4e8,3e9,4,-0.01\n4e8,3e10,16,0\n"
        let lines = try ask(["--law", "qid-unified", "--objective", "log"], table: table).output.split(separator: "\n")
        #expect(
            lines.filter { $0.hasPrefix("left out") } == [
                "left out points 25–26, 28: 16 bits are not compressed",
                "left out point 27: qid -0.01 has no logarithm",
            ])
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

    /// The same points with losses of Chinchilla's law.
    private static let losses: String = {
        let rows = table.split(separator: "\n").dropFirst().map { row -> String in
            let numbers = row.split(separator: ",").compactMap { Double($0) }
            let dense = 1.8172 + 482.01 / pow(numbers[0], 0.3478) + 2085.43 / pow(numbers[1], 0.3658)
            return "\(row),\(dense + numbers[3])"
        }
        return (["params,tokens,bits,qid,loss"] + rows).joined(separator: "\n") + "\n"
    }()

    @Test func trainingCanHurtAndMemoryCanBeSpentOnSizeOrBits() throws {
        let asked = ["--critical", "--equal-memory", "--predict", "params=1e9,tokens=1e11,bits=4"]
        let fit = try json(["--law", "qid-unified"] + asked, table: Self.losses)
        let critical = try #require(fit["critical_tokens"]?.array).compactMap(\.object)
        #expect(critical.count == 8)
        let one = try #require(critical.first { $0["params"]?.double == 1e9 && $0["bits"]?.double == 3 })
        let c = 0.017 / pow(1e9, 0.2261) / pow(3, 5.4967)
        let expected = pow(0.3658 * 2085.43 / (c * 0.5251), 1 / (0.3658 + 0.5251))
        #expect(abs((one["tokens"]?.double ?? 0) / expected - 1) < 0.2)
        #expect((one["low"]?.double ?? .infinity) < expected && (one["high"]?.double ?? 0) > expected)
        #expect(one["beyond_hull"]?.double == 1)
        let even = try #require(fit["break_even"]?.array).compactMap(\.object)
        #expect(even.count == 2 && even.allSatisfy { $0["tokens"]?.double == 1e11 })
        let four = try #require(even.first { $0["bits"]?.double == 4 })
        #expect(four["better_below"] == "compressed" && four["better_above"] == "16-bit")
        #expect((four["low"]?.double ?? .infinity) < (four["params"]?.double ?? 0))
        let text = try ask(["--law", "qid-unified"] + asked, table: Self.losses)
        #expect(text.output.contains("D beyond which training hurts") && text.output.contains("better below"))
    }

    @Test func whatFillsMemoryIsSaid() throws {
        let asked = ["--bytes", "500MB", "--predict", "params=1e9,tokens=1e11,bits=4"]
        let fit = try json(["--law", "qid-unified"] + asked, table: Self.losses)
        let models = try #require(fit["filling"]?.array).compactMap(\.object)
        #expect(Set(models.compactMap { $0["bits"]?.double }) == [3, 4, 16])
        #expect(models[0]["excess"]?.double == 0)
        let losses = models.compactMap { $0["loss"]?.double }
        #expect(losses == losses.sorted() && losses.count == 3)
        for one in models {
            #expect(one["bytes"]?.double == 500e6 && one["tokens"]?.double == 1e11)
            #expect(one["params"]?.double == 500e6 * 8 / (one["bits_per_weight"]?.double ?? .nan))
        }
        let text = try ask(["--law", "qid-unified"] + asked, table: Self.losses)
        #expect(text.output.contains("what fills 500M bytes of weights") && text.output.contains("the best"))
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
        ("", "the table has no header line"),
        ("params,tokens,bits,qid\n1e8,1e9,4,0.1\n1e8,1e9,4,1,2\n", "line 3 has 5 fields where the header has 4"),
        ("params,tokens,bits,qid\n1e8,1e9,4,much\n", "line 2, column 'qid': 'much' is not"),
        ("params,tokens,bits\n1e8,1e9,4\n", "no column 'kl, qid or loss'"),
    ])
    func tablesThatCannotBeReadAreNamed(_ table: String, _ reason: String) throws {
        let outcome = try ask(["--law", "qid-unified"], table: table)
        #expect(outcome.status == 65, "\(outcome.errors)")
        #expect(outcome.errors.contains("points.csv': " + reason), "\(outcome.errors)")
    }

    @Test(arguments: [
        (["--law", "qid-unified", "--predict", "params=1"], "'tokens' is missing"),
        (["--law", "qid-unified", "--threshold", "0"], "--threshold is a QiD above 0"),
        (["--law", "qid-unified", "--bounds", "zeta=0:1"], "has no parameter 'zeta'"),
        (["--law", "qid-unified", "--law", "chinchilla"], "does not predict what law 'qid-unified' does"),
        (["--law", "qid-per-bit", "--predict", "params=1,tokens=2,bits=7"], "fitted were '3', '4'"),
        (["--law", "qid-unified", "--critical"], "16-bit losses are needed"),
        (["--law", "qid-unified", "--bytes", "much"], "--bytes is a size such as 512MB, 4GiB or 1.5TB"),
        (
            ["--law", "qid-unified", "--baseline", "kaplan"],
            "--baseline goes with --critical, --equal-memory and --bytes"
        ),
    ])
    func mistakesAreNamed(_ arguments: [String], _ reason: String) throws {
        let outcome = try ask(arguments)
        #expect(outcome.status == 64, "\(outcome.errors)")
        #expect(outcome.errors.contains(reason), "\(outcome.errors)")
    }
}
