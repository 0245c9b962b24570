import Compression
import JSON
import Records
import Report
import TestSupport
import Testing

/// What a report says of methods beside each other: the front, the table and the pairs.
@Suite struct MethodComparisonTests {
    /// The cell of a spec whose name has these parts.
    private static func cell(
        _ method: String, _ form: String = "asym-g16", bits: Int = 4, size: Double = 1e6, step: Int = 64, qid: Double,
        stored: Double
    ) throws -> MeasuredCell {
        var object: JSONObject = JSONObject()
        object["method"] = .string(method)
        object["bits"] = .integer(bits)
        for part in form.split(separator: "-").map(String.init) {
            switch part {
            case "asym": object["symmetric"] = false
            case "sym": object["symmetric"] = true
            case "search": object["scale_search"] = true
            case "actorder": object["act_order"] = true
            case "noclip": object["clip"] = false
            case "float16": object["scales"] = "float16"
            case _ where Int(part.dropFirst()) != nil: object["group"] = .integer(Int(part.dropFirst()) ?? 0)
            default: object["format"] = .string(part)
            }
        }
        let degradation = Degradation(baselineLoss: 3, qid: qid, qidStderr: 0.001, kl: 0.1, agreement: 0.9)
        return SampleContent.cell(
            try Spec(json: object), degradation, params: size, step: step, tokens: Double(step) * 1000,
            bitsPerWeight: stored)
    }

    /// Two methods at 3 and 2 bits on two checkpoints; gptq loses less but for one cell at 2 bits.
    private static func two() throws -> [MeasuredCell] { try [64, 128].flatMap(both) }

    private static func both(step: Int) throws -> [MeasuredCell] {
        [
            try cell("rtn", bits: 3, step: step, qid: 0.1, stored: 4.25),
            try cell("rtn", bits: 2, step: step, qid: 0.4, stored: 3.25),
            try cell("gptq", bits: 3, step: step, qid: 0.06, stored: 5.25),
            try cell("gptq", bits: 2, step: step, qid: step == 64 ? 0.5 : 0.2, stored: 4.25),
        ]
    }

    private static func content(_ cells: [MeasuredCell]) throws -> ReportContent {
        try SampleContent.content(cells, laws: [])
    }

    private static func methods(_ cells: [MeasuredCell]) throws -> JSONObject {
        let document = try JSONValue(parsing: RenderedReport(try content(cells)).json)
        return try #require(document.object?["methods"]?.object)
    }

    private static func recipes(_ cells: [MeasuredCell], where key: String, is value: JSONValue) throws -> [String] {
        try methods(cells)["recipes"]?.array?.filter { $0.object?[key] == value }
            .compactMap { $0.object?["spec"]?.string } ?? []
    }

    @Test func thePairIsCountedBitByBitInEveryRendering() throws {
        let sentence =
            "gptq beats rtn in 2 of 2 cells at 3 bits and in 1 of 2 at 2 bits (asym-g16), storing 1.00 bits per weight more."
        let content = try Self.content(Self.two())
        let report = RenderedReport(content)
        #expect(report.html.contains(sentence) && report.markdown.contains(sentence))
        #expect(headline(for: content).contains(sentence))
        let pair = try #require(try Self.methods(Self.two())["pairs"]?.array?.first?.object)
        #expect(pair["method"] == "gptq" && pair["beats"] == "rtn" && pair["extra_bits_per_weight"]?.double == 1)
        #expect(
            pair["counts"] == [
                ["bits": 3, "cells": 2, "wins": 2, "ties": 0], ["bits": 2, "cells": 2, "wins": 1, "ties": 0],
            ])
    }

    @Test func onlyCellsThatDifferInNothingButTheMethodAreAPair() throws {
        let others = try [
            Self.cell("gptq", bits: 4, qid: 0.1, stored: 5), Self.cell("rtn", bits: 3, qid: 0.2, stored: 4),
            Self.cell("rtn", "asym-g32", bits: 4, qid: 0.2, stored: 4.5),
            Self.cell("rtn", "sym-g16", bits: 4, qid: 0.2, stored: 4.5),
            Self.cell("rtn", bits: 4, step: 128, qid: 0.2, stored: 5),
        ]
        #expect(try Self.methods(others)["pairs"] == [])
        let alike = try others + [Self.cell("rtn", "asym-g16-search", bits: 4, qid: 0.1, stored: 5)]
        let report = RenderedReport(try Self.content(alike))
        #expect(report.markdown.contains("gptq and rtn-search come to the same in 1 of 1 cells (asym-g16)."))
    }

    @Test func theTypeOfScalesIsNamedWhereAMethodComesWithSeveral() throws {
        let one = try [
            Self.cell("rtn", qid: 0.2, stored: 5), Self.cell("gptq", "asym-g16-float16", qid: 0.1, stored: 5),
        ]
        let named = RenderedReport(try Self.content(one))
        #expect(named.markdown.contains("- gptq beats rtn in 1 of 1 cells at 4 bits (asym-g16)."))
        let both = RenderedReport(try Self.content(one + [Self.cell("gptq", qid: 0.1, stored: 6)]))
        #expect(both.markdown.contains("- gptq-float16 beats rtn in 1 of 1 cells at 4 bits (asym-g16)."))
        #expect(both.markdown.contains("- gptq and gptq-float16 come to the same in 1 of 1 cells (asym-g16)."))
    }

    @Test func theFrontIsOfMeansAndOfEachCheckpoint() throws {
        // The means: rtn 0.4, 0.1 and gptq 0.35, 0.06 at 3.25, 4.25, 4.25 and 5.25 bits.
        #expect(
            try Self.recipes(Self.two(), where: "on_front", is: true) == [
                "rtn-asym-w2-g16", "rtn-asym-w3-g16", "gptq-asym-w3-g16",
            ])
        #expect(
            try Self.recipes(Self.two(), where: "on_fronts_of_single_checkpoints", is: 2) == [
                "rtn-asym-w2-g16", "rtn-asym-w3-g16", "gptq-asym-w3-g16",
            ])
        let recipes = try #require(try Self.methods(Self.two())["recipes"]?.array)
        #expect(recipes.first { $0.object?["spec"] == "gptq-asym-w2-g16" }?.object?["qid"]?.double == 0.35)
        let report = RenderedReport(try Self.content(Self.two()))
        #expect(report.markdown.contains("| rtn-asym-w3-g16 | 4.25 | 0.100 | 0.100 to 0.100 | 2 of 2 |"))
        #expect(report.markdown.contains("| gptq-asym-g16 | 0.350 (4.25) | **0.0600 (5.25)** |"))
        #expect(report.html.contains("<strong>0.0600 (5.25)</strong>"))
        let plot = try #require(report.methodPlot)
        let chart = try #require(ElementCollector(plot))
        let named = Set(chart.texts.map(\.content))
        #expect(named.isSuperset(of: ["rtn-asym-w2-g16", "rtn-asym-w3-g16", "gptq-asym-w3-g16"]))
        #expect(!named.contains("gptq-asym-w2-g16") && named.isSuperset(of: ["rtn", "gptq"]))
    }

    @Test func oneOfTwoWithTheSameBitsAndQidIsOnTheFront() throws {
        let equal = try [Self.cell("awq", qid: 0.1, stored: 4), Self.cell("rtn", qid: 0.1, stored: 4)]
        #expect(try Self.recipes(equal, where: "on_front", is: true) == ["awq-asym-w4-g16"])
    }

    @Test func recipesAreComparedAtTheCheckpointsOfAllOfThem() throws {
        // Three of four checkpoints have nf4; the largest QiD of rtn is at the fourth.
        let steps = [64, 128, 256, 512]
        let cells =
            try steps.map { try Self.cell("rtn", step: $0, qid: $0 == 512 ? 9 : 0.3, stored: 4.25) }
            + steps.dropLast().map { try Self.cell("rtn", "nf4-g32", step: $0, qid: 0.2, stored: 4.5) }
        let methods = try Self.methods(cells)
        #expect(methods["checkpoints"] == 3 && methods["checkpoints_in_all"] == 4 && methods["left_out"] == [])
        let recipe = try #require(methods["recipes"]?.array?.first?.object)
        #expect(abs((recipe["qid"]?.double ?? 0) - 0.3) < 1e-12)
        let report = RenderedReport(try Self.content(cells))
        #expect(report.markdown.contains("over the same 3 checkpoints, of 4, at which all of them were measured"))
    }

    @Test func aRecipeMeasuredAtFewCheckpointsIsNamedAndLeftOut() throws {
        let cells =
            try Self.two()
            + [64, 128, 256].flatMap { step in
                try [
                    Self.cell("awq", step: step, qid: 0.1, stored: 4.3),
                    Self.cell("aweq", step: step, qid: 0.2, stored: 4.3),
                    Self.cell("dilation", "sym-g8", step: 512, qid: 0.01, stored: 4.3),
                ]
            }
        #expect(try Self.methods(cells)["left_out"] == ["dilation-sym-w4-g8"])
        #expect(try Self.methods(cells)["checkpoints"] == 2)
        // Two cannot be at three of four checkpoints, another not at these two: it is the one to leave out.
        let refused =
            try (1...4).map { try Self.cell("rtn", step: $0, qid: 0.1, stored: 4) }
            + [1, 2].flatMap { step in
                try ["aweq", "awq", "dilation"].map { try Self.cell($0, "sym-g32", step: step, qid: 0.2, stored: 4) }
            } + [3, 4].map { try Self.cell("smoothquant", step: $0, qid: 0.2, stored: 4) }
        #expect(try Self.methods(refused)["left_out"] == ["smoothquant-asym-w4-g16"])
        #expect(try Self.methods(refused)["checkpoints"] == 2)
        let apart = try [
            Self.cell("rtn", step: 1, qid: 0.1, stored: 4), Self.cell("gptq", step: 2, qid: 0.1, stored: 4),
        ]
        #expect(try JSONValue(parsing: RenderedReport(try Self.content(apart)).json).object?["methods"] == .null)
        #expect(RenderedReport(try Self.content(apart)).methodPlot == nil)
    }

    @Test func theOrderOfCellsDoesNotMatter() throws {
        let cells = try Self.two() + [Self.cell("awq", step: 64, qid: -0.001, stored: 6)]
        #expect(try RenderedReport(Self.content(cells)).json != RenderedReport(Self.content(Self.two())).json)
        #expect(try Self.methods(cells) == Self.methods(cells.reversed()))
    }

    @Test func fiftyRecipesHaveNamesThatDoNotTouchAndPairsThatUnfold() throws {
        var generator = SeededGenerator(seed: 11)
        let methods = ["rtn", "gptq", "awq", "aweq", "smoothquant", "dilation", "gptq-actorder"]
        let cells = try methods.enumerated().flatMap { rank, method in
            try (2...8).map { bits in
                let share = Double.random(in: 0.3...1, using: &generator)
                let form = method.hasSuffix("actorder") ? "asym-g16-actorder" : "asym-g16"
                return try Self.cell(
                    method.split(separator: "-").first.map(String.init) ?? method, form, bits: bits,
                    qid: 3 * share / Double(1 << (2 * bits)),
                    stored: Double(bits) + Double(rank % 3) / 4 + Double.random(in: 0...0.2, using: &generator))
            }
        }
        let report = RenderedReport(try Self.content(cells))
        let plot = try #require(report.methodPlot)
        let texts = try #require(ElementCollector(plot)).texts
        for (place, first) in texts.enumerated() {
            for second in texts[(place + 1)...] {
                #expect(!TextBoxes.overlap(first, second), "\(first) and \(second)")
            }
        }
        let front = try Self.recipes(cells, where: "on_front", is: true)
        let unnamed = Set(front).subtracting(texts.map(\.content))
        #expect(front.count > 8 && unnamed.isEmpty, "\(unnamed) in \(plot)")
        #expect(report.html.contains("(21 rows)"))
        // One step of training: nothing grows.
        #expect(!report.html.contains("QiD against training tokens</h2>"))
        #expect(headline(for: try Self.content(cells)).contains("Of 49 specs, \(front.count) lose less"))
    }
}
