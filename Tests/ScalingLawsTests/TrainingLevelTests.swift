import ScalingLaws
import Testing

@Suite struct TrainingLevelTests {
    private static func unified() throws -> Fit {
        let grid = Simulation.grid([1e8, 4e8, 1e9], Simulation.tokens, [3, 4])
        let points = try Simulation.points("qid-unified", Simulation.unified, grid, noise: 0)
        return try fit(points, Laws.named("qid-unified"), FitOptions(bootstrapDraws: 0, holdsOut: false))
    }

    @Test func aTrainingLevelInvertsTheLaw() throws {
        let result = try Self.unified()
        let levels = try result.trainingLevels(0.2, params: [1e8, 1e11], bits: [4, 3])
        #expect(levels.map(\.at.params) == [1e8, 1e8, 1e11, 1e11] && levels.map(\.at.bits) == [4, 3, 4, 3])
        for level in levels {
            let reached = try result.values(at: [level.at])[0]
            #expect(abs(reached - 0.2) < 1e-6, "\(level)")
            let beyond = try #require(level.beyondHull)
            #expect(abs(beyond - (try result.predict([level.at])[0].beyondHull)) < 1e-9 * beyond)
        }
    }

    @Test func whatIsNotReachedHasNoAnswer() throws {
        let level = try Self.unified().trainingLevel(1e30, at: Conditions(params: 1e9, tokens: 1, bits: 4))
        #expect(level.tokens == nil && level.beyondHull == nil && level == level)
    }

    @Test func aLawOfLossHasNone() throws {
        var result = try Self.unified()
        result.law = try Laws.named("chinchilla")
        #expect(throws: ScalingLawsError.noAnswer("a training level needs a law of QiD or KL")) {
            try result.trainingLevels(0.2, params: [1e8], bits: [4])
        }
    }
}

@Suite struct ConditionsTextTests {
    @Test func conditionsAreReadInAnyOrder() throws {
        let expected = Conditions(
            params: 1e9, tokens: 1e12, bits: 4, activationBits: 8, group: 128, sparsity: 0.5, scheme: "w4")
        #expect(
            try Conditions("bits=4,params=1e9,tokens=1e12,scheme=w4,sparsity=0.5,group=128,activation_bits=8")
                == expected)
        #expect(try Conditions("params=1,tokens=2,group=channel") == Conditions(params: 1, tokens: 2))
    }

    @Test(arguments: [
        ("params=1e9", "'tokens' is missing"), ("", "'' is not NAME=VALUE"),
        ("params=1,tokens=2,params=3", "'params' is given twice"),
        ("params=-1,tokens=2", "'params=-1' is not a value that 'params' can have"),
        ("params=1,tokens=nan", "'tokens=nan' is not a value that 'tokens' can have"),
        ("params=1,tokens=2,sparsity=1", "'sparsity=1' is not a value that 'sparsity' can have"),
        (
            "params=1,tokens=2,size=3",
            "'size' is none of params, tokens, bits, activation_bits, group, sparsity, scheme, phase, width"
        ),
        ("params=1,tokens=2,width=wide", "'width=wide' is not a value that 'width' can have"),
    ])
    func badConditionsSayWhy(_ text: String, _ why: String) {
        let names = LawNames(columns: ["width"], labels: ["phase"])
        #expect(throws: ScalingLawsError.badConditions(text, why)) { try Conditions(text, names: names) }
    }

    @Test func columnsMayBeGiven() throws {
        let found = try Conditions("params=1,tokens=2,width=64,phase=stable")
        #expect(found.columns == ["width": 64] && found.labels == ["width": "64", "phase": "stable"])
    }
}

@Suite struct DesignNoiseTests {
    /// In logarithms a QiD that its own error swamps teaches little, however far from the others it lies.
    @Test func cellsBelowTheNoiseBringLittle() throws {
        let grid = Simulation.grid([1e8, 4e8, 1e9], Simulation.tokens, [3, 4])
        var points = try Simulation.points("qid-unified", Simulation.unified, grid, noise: 0.05)
        let wanted = [Conditions(params: 1e9, tokens: 1e12, bits: 4)]
        let candidate = [Candidate(Conditions(params: 1e9, tokens: 1e9, bits: 16), cost: 1)]
        func gain() throws -> Double {
            let result = try fit(
                points, Laws.named("qid-unified"), FitOptions(objective: .log, bootstrapDraws: 0, holdsOut: false))
            let step = try #require(try result.measureNext(candidate, for: wanted, budget: 1).first)
            return 1 - step.errorAfter / step.errorBefore
        }
        let quiet = try gain()
        for place in points.indices { points[place].qidStderr = 0.05 }
        let noisy = try gain()
        #expect(noisy < quiet / 10, "\(noisy) and \(quiet)")
    }
}
