import Records
import ScalingLaws
import Stages
import Testing

@Suite struct LossTrajectoryTests {
    private func places(_ losses: [Double]) -> [Int] {
        LossTrajectory(
            losses.enumerated().map { step, loss in
                BaselineLoss(
                    family: "f", series: "s", step: 100 * step, checkpoint: "c\(step)", scoring: "shard", loss: loss)
            }
        ).outOfLine.map { $0.loss.step / 100 }
    }

    @Test func lossesThatFallAreInLineHoweverFast() { #expect(places([9.1, 7.2, 4.4, 4.3, 3.2, 3.19]).isEmpty) }

    @Test func lossesThatScatterOnAPlateauAreInLine() { #expect(places([3.2, 3.24, 3.19, 3.26, 3.2]).isEmpty) }

    @Test("the last step's weights under an early name, and only that place is named")
    func lowLossIsOutOfLine() { #expect(places([7, 6, 3, 5.4, 5.2, 4.8, 3]) == [2]) }

    @Test("an early step's weights under a late name")
    func highLossIsOutOfLine() { #expect(places([7, 6, 5.5, 7, 5.2, 4.8]) == [3]) }

    @Test func endsAndPairsAreNotJudged() {
        #expect(places([3, 6]).isEmpty)
        #expect(places([3, 6, 5.8, 9]).isEmpty)
    }

    @Test func stepsAreOrderedBeforeTheyAreCompared() {
        let losses = [(300, 4.0), (100, 6.0), (200, 5.0), (400, 3.5)].map { step, loss in
            BaselineLoss(family: "f", series: "s", step: step, checkpoint: "\(step)", scoring: "x", loss: loss)
        }
        #expect(LossTrajectory(losses).outOfLine.isEmpty)
    }

    @Test func aFindingStandsAtEachPlaceOfTheCheckpointInThatRun() {
        func source(_ path: String, _ digest: String, series: String) -> SourceRecord {
            SourceRecord(
                path: path, form: "directory", fingerprint: "1",
                facts: TrainingFacts(family: "f", run: TrainingRun(series: series), step: 1, tokens: 1, phase: .stable),
                outcome: .checkpoint(digest: digest))
        }
        let losses = [6.0, 3, 5.4].enumerated().flatMap { step, loss in
            ["a", "b"].map { shard in
                BaselineLoss(
                    family: "f", series: "s", step: step, checkpoint: "c\(step)", scoring: shard, loss: loss)
            }
        }
        let sources = [
            source("one", "c1", series: "s"), source("two", "c1", series: "other"), source("zero", "c0", series: "s"),
        ]
        let found = lossFindings(sources, losses)
        #expect(Set(found.map(\.path)) == ["one"])
        #expect(found.allSatisfy { $0.finding.kind == .lossOutOfLine && $0.finding.isFault })
        #expect(found.first?.finding.message.contains("that of step 0 6.00 and that of step 2 5.40") == true)
    }
}
