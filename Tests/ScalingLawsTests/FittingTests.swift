import Foundation
import ScalingLaws
import Testing

@Suite struct FittingTests {
    private let quick = FitOptions(bootstrapDraws: 0, holdsOut: false, profiles: false)

    @Test func exactPointsGiveTheirParametersBack() throws {
        let points = try Simulation.points(
            "qid-unified", Simulation.unified, Simulation.grid(Simulation.sizes, Simulation.tokens, [2, 3, 4]))
        let result = try fit(points, Laws.named("qid-unified"), quick)
        #expect(result.n == 36 && result.leftOut.isEmpty && result.objective == .log)
        for parameter in result.parameters {
            let truth = try #require(Simulation.unified[parameter.name])
            #expect(abs(parameter.value / truth - 1) < 1e-9)
            #expect(parameter.identified && !parameter.atBound)
        }
        #expect(result.r2 > 1 - 1e-12)
    }

    @Test(arguments: [Objective.linear, .log, .huber(delta: 0.01), .huberLog(delta: 1e-3)])
    func everyObjectiveFindsExactChinchilla(objective: Objective) throws {
        let sizes = [5e7, 1e8, 3e8, 1e9, 3e9, 1e10]
        let points = try Simulation.points(
            "chinchilla", Simulation.chinchilla, Simulation.grid(sizes, [1e9, 1e10, 1e11, 1e12], [nil]))
        var options = quick
        options.objective = objective
        let result = try fit(points, Laws.named("chinchilla"), options)
        for parameter in result.parameters {
            let truth = try #require(Simulation.chinchilla[parameter.name])
            #expect(abs(parameter.value / truth - 1) < 1e-6, "\(parameter.name)")
        }
    }

    @Test func anExpressionEqualsTheBuiltInLaw() throws {
        let points = try Simulation.points(
            "chinchilla", Simulation.chinchilla,
            Simulation.grid([5e7, 3e8, 2e9, 1e10], [1e9, 1e10, 1e11, 1e12], [nil]),
            noise: 0.01)
        var options = quick
        options.objective = .log
        let own = try fit(points, Laws.named("E + A / params^a + B / tokens^b"), options)
        let known = try fit(points, Laws.named("chinchilla"), options)
        #expect(abs(own.objectiveValue / known.objectiveValue - 1) < 1e-8)
        #expect(own.parameters.map(\.name) == ["E", "A", "a", "B", "b"])
    }

    @Test func boundsHold() throws {
        let points = try Simulation.points(
            "chinchilla", Simulation.chinchilla,
            Simulation.grid([5e7, 3e8, 2e9, 1e10], [1e9, 1e10, 1e11, 1e12], [nil]))
        var options = quick
        options.bounds = ["E": 2...3, "alpha": 0...0.3]
        let result = try fit(points, Laws.named("chinchilla"), options)
        let constant = try #require(result.parameters.first { $0.name == "E" })
        let alpha = try #require(result.parameters.first { $0.name == "alpha" })
        #expect(constant.value >= 2 && constant.value <= 3 && alpha.value <= 0.3)
        #expect(constant.atBound || alpha.atBound)
        #expect(result.warnings.contains { $0.kind == .atBound })
    }

    @Test func whatLogarithmsLeaveOutIsNamed() throws {
        var points = try Simulation.points(
            "qid-unified", Simulation.unified, Simulation.grid(Simulation.sizes, Simulation.tokens, [2, 3, 4]),
            noise: 0.05)
        points[5].qid = -0.002
        points[8].qid = 0
        points.append(Point(Conditions(params: 1e8, tokens: 1e9, bits: 16), qid: 0))
        let result = try fit(points, Laws.named("qid-unified"), quick)
        #expect(result.n == 34)
        #expect(result.leftOut.map(\.index) == [5, 8, 36])
        #expect(
            result.leftOut.map(\.reason) == [
                "qid -0.002 has no logarithm", "qid 0.0 has no logarithm", "16 bits are not compressed",
            ])
        #expect(result.warnings.contains { $0.kind == .leftOut && $0.advice.contains("linear objective") })
        #expect(result.leftOutByReason.map(\.points.count) == [1, 1, 1])
    }

    @Test func standardErrorsKeepNegativeDegradation() throws {
        var points = try Simulation.points(
            "qid-unified", Simulation.unified, Simulation.grid(Simulation.sizes, Simulation.tokens, [2, 3, 4]))
        for index in points.indices { points[index].qidStderr = 0.01 * (points[index].qid ?? 0) + 0.001 }
        points[2].qid = -0.0005
        let result = try fit(points, Laws.named("qid-unified"), quick)
        #expect(result.objective == .linear && result.isWeighted && result.n == 36 && result.leftOut.isEmpty)
        #expect(result.warnings.contains { $0.kind == .belowNoise })
    }

    /// Weighted least squares of QiD on the unified law: scipy.optimize.curve_fit(sigma=…) on the same numbers.
    @Test func weightsAreThoseOfSciPy() throws {
        let csv = """
            params,tokens,bits,qid,qid_stderr
            1e8,1e9,3,0.30,0.01
            1e8,1e10,3,0.95,0.05
            1e8,1e11,3,3.4,0.2
            1e9,1e9,3,0.16,0.02
            1e9,1e10,3,0.60,0.03
            1e9,1e11,3,1.8,0.1
            1e8,1e10,4,0.22,0.01
            1e9,1e11,4,0.41,0.02
            """
        var options = quick
        options.objective = .linear
        let result = try fit(Points.parse(csv: csv), Laws.named("qid-unified"), options)
        let golden = [
            "k": 0.1778010087686809, "alpha": 0.24169439132044648, "beta": 0.5181592771013892,
            "gamma": 5.246018596012948,
        ]
        for (name, expected) in golden {
            let found = result.parameters.first { $0.name == name }
            #expect(abs((found?.value ?? .nan) / expected - 1) < 1e-4, "\(name)")
        }
        #expect(abs(result.objectiveValue - 1.5938472131488923) < 1e-6)
    }

    @Test func oneBitWidthHoldsGammaFixed() throws {
        let points = try Simulation.points(
            "qid-unified", Simulation.unified, Simulation.grid(Simulation.sizes, Simulation.tokens, [4]), noise: 0.02)
        let result = try fit(points, Laws.named("qid-unified"), quick)
        let gamma = try #require(result.parameters.first { $0.name == "gamma" })
        #expect(gamma.isFixed && gamma.value == 0 && !gamma.identified)
        #expect(result.warnings.contains { $0.kind == .heldFixed })
    }

    @Test func theSameSeedGivesTheSameFit() throws {
        let points = try Simulation.points(
            "qid-unified", Simulation.unified, Simulation.grid(Simulation.sizes, Simulation.tokens, [2, 3, 4]),
            noise: 0.1)
        let options = FitOptions(bootstrapDraws: 50, profiles: false)
        #expect(try fit(points, Laws.named("qid-unified"), options) == fit(points, Laws.named("qid-unified"), options))
    }

    @Test func impossibleFitsAreRefused() throws {
        let law = try Laws.named("qid-unified")
        let two = try Simulation.points("qid-unified", Simulation.unified, Simulation.grid([1e8], [1e9], [3, 4]))
        let free = "qid = k * tokens^beta / params^alpha"
        #expect(throws: ScalingLawsError.tooFewPoints(law: free, points: 2, parameters: 3)) {
            try fit(two, try Laws.named(free))
        }
        #expect(throws: ScalingLawsError.nothingMeasured(law: "chinchilla", quantity: "loss")) {
            try fit(two, Laws.named("chinchilla"))
        }
        let below = two.map { point in
            var point = point
            point.qid = -0.5
            return point
        }
        #expect(
            throws: ScalingLawsError.noUsablePoint(law: free, points: 2, reason: "qid -0.5 has no logarithm")
        ) { try fit(below, try Laws.named(free)) }
        let runs = [Point(Conditions(params: 1, tokens: 1, scheme: "int4"), loss: 1)]
        #expect(throws: ScalingLawsError.noReferenceScheme(wanted: nil, found: ["int4"])) {
            try fit(runs, Laws.named("effective-parameters"))
        }
        #expect(throws: ScalingLawsError.noReferenceScheme(wanted: "full", found: ["int4"])) {
            try fit(runs, Laws.named("effective-parameters"), FitOptions(referenceScheme: "full"))
        }
        #expect(
            throws: ScalingLawsError.unknownParameter("z", law: "qid-unified", known: ["k", "alpha", "beta", "gamma"])
        ) {
            try fit(two, law, FitOptions(bounds: ["z": 0...1]))
        }
    }

    @Test(arguments: ["", "a", "a=1", "a=2:1", "=1:2", "a=x:2", "a=1:2:3"])
    func badBoundsAreRefused(text: String) {
        #expect(throws: ScalingLawsError.badBounds(text)) { try FitOptions.bounds(text) }
    }

    @Test func boundsMayBeOpen() throws {
        #expect(try FitOptions.bounds("E=0:").range == 0...Double.infinity)
        #expect(try FitOptions.bounds("b=:-1").range == -Double.infinity...(-1))
    }
}
