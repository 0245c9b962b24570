import JSON
import Presentation
import Records
import Report
import ScalingLaws
import Testing

/// The sections on which law to trust and on training levels.
@Suite struct QuestionSectionsTests {
    private static func content() throws -> ReportContent {
        let cells = try SampleContent.cells()
        var laws = try SampleContent.laws(cells)
        for place in laws.indices where laws[place].fit.law.name == "qid-per-bit" {
            laws[place].trainingLevels = try laws[place].fit.trainingLevels(
                0.2, params: [2.5e4, 1e7], bits: [4, 3, 2])
        }
        var content = try SampleContent.content(cells, laws: laws)
        let points = laws[0].fit.residuals.map(\.point)
        let ranked = try rank(points, laws.map(\.fit.law), FitOptions(starts: 4))
        content.rankings = [LawRanking(family: "neox", scheme: SampleContent.scheme, laws: ranked)]
        return content
    }

    @Test func everyRenderingHasThem() throws {
        let content = try Self.content()
        let report = RenderedReport(content)
        for text in [report.html, report.markdown] {
            #expect(text.contains("Training level") && text.contains("Which law"))
            #expect(text.contains("Training tokens at which QiD reaches 0.2 nats"))
            #expect(text.contains("D at 3 bits"))
        }
        let document = try JSONValue(parsing: report.json)
        let laws = try #require(document["laws"]?.array)
        let levels = try #require(laws[1]["training_levels"]?.array)
        #expect(levels.count == 6 && laws[0]["training_levels"] == .array([]))
        #expect(levels.allSatisfy { $0["threshold"]?.double == 0.2 && ($0["tokens"]?.double ?? 0) > 0 })
        let ranking = try #require(document["rankings"]?.array?.first)
        #expect(ranking["laws"]?.array?.map { $0["law"]?.string } == content.rankings[0].laws.map(\.law.name))
        #expect(ranking["laws"]?.array?.contains { $0["excess_aicc"]?.double == 0 } == true)
    }

    @Test func anAnswerSaysHowFarItIsFromTheData() throws {
        let content = try Self.content()
        let level = try #require(content.laws[1].trainingLevels.first { $0.at.params == 1e7 && $0.at.bits == 4 })
        let beyond = try #require(level.beyondHull)
        #expect(beyond > 8)
        let tokens = try #require(level.tokens)
        let cell = "\(Figures.count(tokens.value)) (\(Figures.significant(beyond, digits: 2))×\u{a0}out) ["
        #expect(RenderedReport(content).markdown.contains(cell))
    }

    @Test func whatIsNeverReachedAndWhatIsNotFittedIsSaid() throws {
        var content = try Self.content()
        content.laws[1].trainingLevels[0].tokens = nil
        content.laws[1].trainingLevels[0].beyondHull = nil
        content.laws[1].trainingLevels[1].tokens?.high = .infinity
        content.rankings[0].laws[1].outcome = .failure(.noAnswer("why"))
        content.rankings[0].laws[1].excessAICc = nil
        let report = RenderedReport(content)
        #expect(report.markdown.contains("not reached") && report.markdown.contains(", ∞]"))
        #expect(report.markdown.contains("not fitted"))
        let document = try JSONValue(parsing: report.json)
        #expect(document["rankings"]?.array?[0]["laws"]?.array?[1]["failure"]?.string == "why")
        #expect(document["laws"]?.array?[1]["training_levels"]?.array?[0]["tokens"] == .null)
    }

    @Test func whatTheFallingRateChangesIsSaid() throws {
        var content = try SampleContent.content()
        let points = content.laws[0].fit.residuals.map(\.point).flatMap { point in
            [(LearningRatePhase.stable, 1.0), (.annealed, 1.25)].map { phase, factor in
                var copy = point
                (copy.phase, copy.qid) = (phase, point.qid.map { $0 * factor })
                return copy
            }
        }
        let comparison = try #require(
            PhaseComparison(points, Laws.named("qid-unified"), FitOptions(starts: 4, bootstrapDraws: 50)))
        #expect(comparison.ratios.allSatisfy { abs($0.ratio.value - 1.25) < 0.05 })
        content.phaseFindings = [PhaseFinding(family: "neox", scheme: SampleContent.scheme, comparison: comparison)]
        let report = RenderedReport(content)
        for text in [report.html, report.markdown] {
            #expect(text.contains("Before and after the learning rate falls"))
            #expect(text.contains("QiD of annealed checkpoints over that of others at a constant rate"))
            #expect(text.contains("annealed") && text.contains("stable"))
        }
        let first = comparison.ratios[0].ratio
        #expect(report.markdown.contains(Figures.estimate(first.value, low: first.low, high: first.high)))
        let document = try JSONValue(parsing: report.json)
        let ratios = try #require(document["phases"]?.array?.first?["comparison"]?["ratios"]?.array)
        #expect(ratios.count == comparison.ratios.count)
        #expect(!RenderedReport(try SampleContent.content()).html.contains("learning rate falls"))
    }

    @Test func withoutQuestionsThereAreNoSections() throws {
        let report = RenderedReport(try SampleContent.content())
        #expect(!report.html.contains("Training level") && !report.html.contains("Which law"))
    }
}

extension JSONValue {
    fileprivate subscript(_ key: String) -> JSONValue? { object?[key] }
}
