import ScalingLaws
import Testing

@Suite struct ObjectiveTests {
    @Test(arguments: [Objective.linear, .log, .huber(delta: 0.01), .huberLog(delta: 0.001)])
    func nameIsReadBack(objective: Objective) throws {
        #expect(try Objective(objective.name) == objective)
    }

    @Test(arguments: [
        "", "Log", "huber", "huber:", "huber:0", "huber:-1", "huber:inf", "log:1", "linear:", "huber-log:x",
    ])
    func otherTextsAreRefused(text: String) {
        #expect(throws: ScalingLawsError.unknownObjective(text)) { try Objective(text) }
    }
}
