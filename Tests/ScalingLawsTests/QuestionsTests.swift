import Foundation
import ScalingLaws
import Testing

@Suite struct QuestionsTests {
    private func unified(noise: Double = 0) throws -> Fit {
        let points = try Simulation.points(
            "qid-unified", Simulation.unified, Simulation.grid(Simulation.sizes, Simulation.tokens, [2, 3, 4]),
            noise: noise)
        return try fit(
            points, Laws.named("qid-unified"), FitOptions(bootstrapDraws: noise == 0 ? 0 : 200, holdsOut: false))
    }

    @Test func trainingLevelInvertsTheLaw() throws {
        let conditions = Conditions(params: 7e9, tokens: 1, bits: 4)
        let found = try LossModel.law(unified()).tokens(reaching: 0.2, at: conditions)
        let expected = pow(0.2 * pow(7e9, 0.2261) * pow(4, 5.4967) / 0.017, 1 / 0.5251)
        #expect(abs(found.value / expected - 1) < 1e-6)
        let noisy = try LossModel.law(unified(noise: 0.1)).tokens(reaching: 0.2, at: conditions)
        #expect(noisy.low < noisy.value && noisy.value < noisy.high)
        #expect(noisy.low < expected && expected < noisy.high)
    }

    @Test func thresholdsOutOfReachHaveNoAnswer() throws {
        let model = try LossModel.law(unified())
        #expect(throws: ScalingLawsError.noAnswer("the law does not reach 1e+30 between 1e4 and 1e24 tokens")) {
            try model.tokens(reaching: 1e30, at: Conditions(params: 1e9, tokens: 1, bits: 4))
        }
    }

    @Test func criticalTokensAreTheMinimum() throws {
        let sizes = [5e7, 3e8, 2e9, 1e10]
        let losses = try Simulation.points(
            "chinchilla", Simulation.chinchilla, Simulation.grid(sizes, [1e9, 1e10, 1e11, 1e12], [nil]))
        let options = FitOptions(bootstrapDraws: 0, holdsOut: false, profiles: false)
        let baseline = try fit(losses, Laws.named("chinchilla"), options)
        let model = LossModel.sum(baseline: baseline, qid: try unified())
        let found = try #require(try model.criticalTokens(at: Conditions(params: 1e9, tokens: 1, bits: 3)).tokens)
        // d/dD [B·D^−b + c·D^β] = 0 at D = (b·B/(c·β))^(1/(b + β))
        let c = 0.017 / pow(1e9, 0.2261) / pow(3, 5.4967)
        let expected = pow(0.3658 * 2085.43 / (c * 0.5251), 1 / (0.3658 + 0.5251))
        #expect(abs(found.value / expected - 1) < 1e-4)
    }

    @Test func equalMemoryHasABreakEvenSize() throws {
        let points = try Simulation.points(
            "degraded-loss",
            [
                "E": 1.8172, "A": 482.01, "B": 2085.43, "a": 0.3478, "b": 0.3658, "k": 0.017, "alpha": 0.2261,
                "beta": 0.5251, "gamma": 5.4967,
            ], Simulation.grid(Simulation.sizes, [3e9, 3e10, 3e11, 3e12], [3, 4, 16]))
        let options = FitOptions(bootstrapDraws: 0, holdsOut: false, profiles: false)
        let model = LossModel.law(try fit(points, Laws.named("degraded-loss"), options))
        let tokens = 1e11
        let found = try model.breakEven(at: Conditions(params: 1, tokens: tokens, bits: 4))
        #expect(found.isCompressedBetterBelow && !found.isCompressedBetterAbove)
        #expect((found.beyondHull ?? 0) >= 1 && found.bitsPerWeight == 4)
        let n = try #require(found.size).value
        let gained = 482.01 * (pow(n, -0.3478) - pow(4 * n, -0.3478))
        let lost = 0.017 * pow(tokens, 0.5251) / pow(4 * n, 0.2261) / pow(4, 5.4967)
        #expect(abs(gained / lost - 1) < 1e-4)
    }

    @Test func whatFillsMemoryBest() throws {
        let truth = [
            "E": 1.8172, "A": 482.01, "B": 2085.43, "a": 0.3478, "b": 0.3658, "k": 0.017, "alpha": 0.2261,
            "beta": 0.5251, "gamma": 5.4967,
        ]
        let points = try Simulation.points(
            "degraded-loss", truth, Simulation.grid(Simulation.sizes, [3e9, 3e10, 3e11, 3e12], [3, 4, 16]))
        let options = FitOptions(bootstrapDraws: 0, holdsOut: false, profiles: false)
        let model = LossModel.law(try fit(points, Laws.named("degraded-loss"), options))
        let forms = [3.0, 4, 16].map { bits in
            (form: Conditions(params: 1, tokens: 1, bits: bits), bitsPerWeight: bits + 0.5)
        }
        let (bytes, tokens) = (4e9, 1e12)
        func loss(_ params: Double, _ bits: Double) -> Double {
            1.8172 + 482.01 / pow(params, 0.3478) + 2085.43 / pow(tokens, 0.3658)
                + (bits < 16 ? 0.017 * pow(tokens, 0.5251) / (pow(params, 0.2261) * pow(bits, 5.4967)) : 0)
        }
        let found = try model.models(filling: bytes, tokens: tokens, forms: forms)
        #expect(found.map(\.bitsPerWeight) == [4.5, 16, 3.5])
        for one in found {
            let params = bytes * 8 / one.bitsPerWeight
            #expect(one.at.params == params && one.at.tokens == tokens)
            #expect(abs(one.loss.value - loss(params, one.at.bits ?? .nan)) < 1e-4)
            #expect(abs(one.excess.value - (one.loss.value - found[0].loss.value)) < 1e-12)
        }
        #expect(throws: ScalingLawsError.noAnswer("no model fits into 0.0 bytes")) {
            try model.models(filling: 0, tokens: tokens, forms: forms)
        }
    }

    @Test func whatFillsMemoryHasIntervals() throws {
        let truth = [
            "E": 1.8172, "A": 482.01, "B": 2085.43, "a": 0.3478, "b": 0.3658, "k": 0.017, "alpha": 0.2261,
            "beta": 0.5251, "gamma": 5.4967,
        ]
        let points = try Simulation.points(
            "degraded-loss", truth, Simulation.grid(Simulation.sizes, [3e9, 3e10, 3e11, 3e12], [3, 4, 16]), noise: 0.01)
        let options = FitOptions(starts: 16, bootstrapDraws: 200, holdsOut: false, profiles: false)
        let model = LossModel.law(try fit(points, Laws.named("degraded-loss"), options))
        let forms = [(form: Conditions(params: 1, tokens: 1, bits: 4), bitsPerWeight: 4.5)]
        let found = try model.models(filling: 2e9, tokens: 1e12, forms: forms)
        #expect(found.count == 2 && found[0].excess.low == 0 && found[0].excess.high == 0)
        #expect(found.allSatisfy { $0.loss.low < $0.loss.value && $0.loss.value < $0.loss.high })
        let other = found[1].excess
        #expect(other.low < other.value && other.value < other.high)
    }

    /// Losses and QiD in the same rows: the 16-bit losses are their differences, and both fits' errors count.
    @Test func answersOfTwoLawsHaveIntervals() throws {
        let qid = try Simulation.points(
            "qid-unified", Simulation.unified, Simulation.grid([5e7, 3e8, 2e9, 1e10], Simulation.tokens, [2, 3, 4]),
            noise: 0.05)
        let losses = try Simulation.points(
            "chinchilla", Simulation.chinchilla,
            qid.map { Conditions(params: $0.conditions.params, tokens: $0.conditions.tokens) }, noise: 0)
        let points = zip(qid, losses).map { qid, loss in
            var point = qid
            point.loss = (loss.loss ?? .nan) * 1.001 + (qid.qid ?? .nan)
            return point
        }
        #expect(Points.uncompressed(points).count == 12)
        let options = FitOptions(bootstrapDraws: 200, holdsOut: false, profiles: false)
        let fitted = try fit(points, Laws.named("qid-unified"), options)
        let model = try LossModel(fitted, baseline: Laws.named("chinchilla"), points: points, options)
        let critical = try model.criticalTokens(at: Conditions(params: 1e9, tokens: 1, bits: 3))
        let tokens = try #require(critical.tokens)
        let c = 0.017 / pow(1e9, 0.2261) / pow(3, 5.4967)
        let expected = pow(0.3658 * 2085.43 / (c * 0.5251), 1 / (0.3658 + 0.5251))
        #expect(tokens.low < expected && expected < tokens.high && tokens.low < tokens.value)
        #expect(tokens.high / tokens.low < 2 && critical.beyondHull == 1)
        // At 16 bits nothing is lost, so more training always helps.
        let dense = try model.criticalTokens(at: Conditions(params: 1e9, tokens: 1, bits: 16))
        #expect(dense.tokens == nil && dense.alwaysFalls && dense.beyondHull == nil)
        let even = try model.breakEven(at: Conditions(params: 1, tokens: 3e11, bits: 4), bitsPerWeight: 4.25)
        let size = try #require(even.size)
        #expect(size.low < size.value && size.value < size.high && even.bitsPerWeight == 4.25)
    }

    @Test func questionsThatALawCannotAnswerAreRefused() throws {
        let fitted = try unified()
        #expect(
            throws: ScalingLawsError.noAnswer(
                "16-bit losses are needed: rows of 16 bits with a loss, or both loss and qid in the other rows")
        ) {
            try LossModel(fitted, baseline: Laws.named("chinchilla"), points: fitted.residuals.map(\.point))
        }
        #expect(
            throws: ScalingLawsError.noAnswer("the baseline is a law of the 16-bit loss, which 'qid-unified' is not")
        ) { try LossModel(fitted, baseline: Laws.named("qid-unified"), points: []) }
        let losses = try Simulation.points(
            "chinchilla", Simulation.chinchilla, Simulation.grid([5e7, 3e8, 2e9], [1e9, 1e10, 1e11], [nil]))
        let dense = try fit(
            losses, Laws.named("chinchilla"), FitOptions(bootstrapDraws: 0, holdsOut: false, profiles: false))
        #expect(
            throws: ScalingLawsError.noAnswer(
                "law 'chinchilla' says nothing of bits; ask a law of QiD with --baseline, or degraded-loss")
        ) { try LossModel(dense, baseline: Laws.named("chinchilla"), points: losses) }
    }

    @Test func fewestBitsWithinABudget() throws {
        let model = try LossModel.law(unified(noise: 0.05))
        let conditions = Conditions(params: 1e9, tokens: 1e12, bits: 4)
        // the law says 6.95, 0.748, 0.154 at 2, 3, 4 bits and 0.0034 at 8
        let found = try model.fewestBits(within: 0.3, at: conditions, among: [2, 3, 4, 8])
        #expect(found.likely == 4 && found.safe == 4)
        let none = try model.fewestBits(within: 1e-6, at: conditions, among: [2, 3, 4, 8])
        #expect(none.likely == nil && none.safe == nil)
    }

    @Test func predictionsSayHowFarOutTheyAre() throws {
        let result = try unified(noise: 0.05)
        let predictions = try result.predict([
            Conditions(params: 4e8, tokens: 3e10, bits: 3), Conditions(params: 3e10, tokens: 3e10, bits: 3),
        ])
        #expect(predictions[0].beyondHull == 1 && predictions[0].warnings.isEmpty)
        #expect(abs(predictions[1].beyondHull - 10) < 0.02)
        #expect(predictions[1].warnings.map(\.kind) == [.extrapolation])
        #expect(predictions.allSatisfy { $0.low < $0.value && $0.value < $0.high })
        let wide = predictions.map { $0.high / $0.low }
        #expect(wide[1] > wide[0])
        #expect(throws: ScalingLawsError.missingCondition(law: "qid-unified", name: "bits")) {
            try result.predict([Conditions(params: 1e9, tokens: 1e9)])
        }
    }

    @Test func levelsNotFittedCannotBePredicted() throws {
        let points = try Simulation.points(
            "qid-unified", Simulation.unified, Simulation.grid(Simulation.sizes, Simulation.tokens, [3, 4]), noise: 0.02
        )
        let result = try fit(points, Laws.named("qid-per-bit"), FitOptions(bootstrapDraws: 0))
        #expect(
            throws: ScalingLawsError.unknownLevel(law: "qid-per-bit", parameter: "k", found: "2", known: ["3", "4"])
        ) {
            try result.predict([Conditions(params: 1e9, tokens: 1e9, bits: 2)])
        }
    }
}

@Suite struct RankingTests {
    @Test func theLawThatMadeThePointsWins() throws {
        let grid = Simulation.grid(Simulation.sizes, Simulation.tokens, [2, 3, 4, 6])
        let points = try Simulation.points(
            "qid-exponential", ["k": 0.0598, "alpha": 0.3439, "beta": 0.5068, "gamma": 0.5907], grid, noise: 0.05)
        let laws = try ["qid-unified", "qid-exponential", "qid-per-bit"].map { try Laws.named($0) }
        let ranked = try rank(points, laws)
        #expect(ranked[0].law.name == "qid-exponential")
        #expect(ranked[0].excessAICc == 0)
        #expect(ranked.last?.law.name == "qid-unified")
        #expect((ranked.last?.heldOutError ?? 0) > 5 * (ranked[0].heldOutError ?? .infinity))
    }

    @Test func lawsOfDifferentQuantitiesAreNotRanked() throws {
        let laws = try ["qid-unified", "chinchilla"].map { try Laws.named($0) }
        #expect(throws: ScalingLawsError.differentQuantities("qid-unified", "chinchilla")) { try rank([], laws) }
    }
}

@Suite struct DesignTests {
    @Test func theNextMeasurementsAreWhereTheyTellMost() throws {
        let points = try Simulation.points(
            "qid-unified", Simulation.unified, Simulation.grid([1e8, 4e8, 1e9], Simulation.tokens, [3, 4]), noise: 0.1)
        let result = try fit(points, Laws.named("qid-unified"), FitOptions(bootstrapDraws: 0, holdsOut: false))
        let cells = Simulation.grid([1e8, 1e9, 1e10], [3e9, 3e11], [3, 4])
        let steps = try result.measureNext(
            cells.map { Candidate($0, cost: 1) }, for: [Conditions(params: 1e11, tokens: 3e11, bits: 4)], budget: 4)
        #expect(steps.count == 4 && steps.last?.spent == 4)
        #expect(steps[0].candidate.conditions.params == 1e10)
        for (step, next) in zip(steps, steps.dropFirst()) {
            #expect(next.errorBefore == step.errorAfter && next.reachBefore == step.reachAfter)
        }
        #expect(steps.allSatisfy { $0.errorAfter < $0.errorBefore })
        // No single candidate does better than the first one chosen.
        for cell in cells {
            let alone = try result.measureNext(
                [Candidate(cell, cost: 1)], for: [Conditions(params: 1e11, tokens: 3e11, bits: 4)], budget: 1)
            #expect((alone.first?.reachAfter ?? .infinity) >= steps[0].reachAfter * (1 - 1e-12))
        }
    }

    /// The cells chosen, measured, narrow the wanted prediction more than as many cells picked at random, and bring it
    /// nearer to the truth.
    @Test func whatIsChosenNarrowsThePrediction() throws {
        let law = try Laws.named("qid-unified")
        let first = Simulation.grid([1e8, 4e8, 1e9], [3e9, 3e10], [3, 4])
        let cells = Simulation.grid([1e8, 4e8, 1e9, 3e9, 1e10], [3e9, 3e10, 3e11], [2, 3, 4, 6]).filter {
            !first.contains($0)
        }
        let wanted = Conditions(params: 7e10, tokens: 1e13, bits: 4)
        let names = Simulation.unified.keys.sorted()
        let truth = try Curve(law, names: names).values(
            at: [wanted], parameters: names.map { Simulation.unified[$0] ?? .nan })[0]
        func points(_ places: [Conditions], seed: UInt64) throws -> [Point] {
            try Simulation.points("qid-unified", Simulation.unified, places, noise: 0.1, seed: seed)
        }
        func outcome(_ points: [Point]) throws -> (width: Double, error: Double) {
            let options = FitOptions(starts: 8, bootstrapDraws: 100, holdsOut: false, profiles: false)
            let prediction = try #require(try fit(points, law, options).predict([wanted]).first)
            return (log(prediction.high / prediction.low), log(prediction.value / truth))
        }
        var random = Random(state: 11)
        var (planned, picked) = ((width: 0.0, square: 0.0), (width: 0.0, square: 0.0))
        var (narrower, shorter) = (0, 0)
        for seed in UInt64(1)...40 {
            let start = try points(first, seed: 1000 + seed)
            let before = try fit(start, law, FitOptions(bootstrapDraws: 0, holdsOut: false, profiles: false))
            let steps = try before.measureNext(cells.map { Candidate($0, cost: 1) }, for: [wanted], budget: 4)
            var others: [Conditions] = []
            while others.count < 4 {
                let cell = cells[min(Int(random.uniform() * Double(cells.count)), cells.count - 1)]
                if !others.contains(cell) { others.append(cell) }
            }
            let rest = try before.measureNext(others.map { Candidate($0, cost: 1) }, for: [wanted], budget: 4)
            if let own = steps.last, let other = rest.last { shorter += own.reachAfter <= other.reachAfter ? 1 : 0 }
            let own = try outcome(start + points(steps.map(\.candidate.conditions), seed: seed))
            let other = try outcome(start + points(others, seed: seed))
            planned = (planned.width + own.width / 40, planned.square + own.error * own.error / 40)
            picked = (picked.width + other.width / 40, picked.square + other.error * other.error / 40)
            narrower += own.width < other.width ? 1 : 0
        }
        print("cells chosen leave intervals \(planned.width / picked.width) times as wide as cells picked at random")
        #expect(shorter >= 39, "\(shorter)")
        #expect(planned.width < 0.65 * picked.width && narrower >= 30, "\(planned), \(picked), \(narrower)")
        #expect(planned.square < 0.75 * picked.square, "\(planned), \(picked)")
    }

    /// Points of runs that differ by a constant of their own.
    private static func runs(_ seeds: [(size: Double, count: Int)], seed: UInt64, first: Int = 0) throws -> [Point] {
        var random = Random(state: seed)
        var points: [Point] = []
        for (size, count) in seeds {
            for number in first..<first + count {
                let own = exp(0.15 * random.normal())
                let places = Simulation.grid([size], Simulation.tokens, [3, 4])
                for var point in try Simulation.points("qid-unified", Simulation.unified, places) {
                    point.qid = point.qid.map { $0 * own * exp(0.03 * random.normal()) }
                    point.series = "\(size) \(number)"
                    points.append(point)
                }
            }
        }
        return points
    }

    private static let runSizes = [1e8, 4e8, 1e9, 3e9].map { (size: $0, count: 2) }

    /// More checkpoints of runs that deviate do not tell what other runs would say; other seeds do.
    @Test func whatItTakesDependsOnWhatThereIsMoreOf() throws {
        let points = try Self.runs(Self.runSizes, seed: 21)
        let result = try fit(points, Laws.named("qid-unified"), FitOptions(bootstrapDraws: 0, holdsOut: false))
        let variance = try #require(result.scatter?.runVariance)
        #expect(variance > 0.005 && variance < 0.08)
        let wanted = [Conditions(params: 1e10, tokens: 1e11, bits: 4)]
        func need(_ groups: [[Candidate]], _ reach: Double) throws -> DesignNeed {
            try result.measure(groups, for: wanted, until: reach)
        }
        let checkpoints = Self.runSizes.flatMap { size, _ in
            [5e9, 1e10, 1.5e10, 5e10, 1e11, 1.5e11].map { tokens in
                Simulation.grid([size], [tokens], [3, 4]).map { Candidate($0, cost: 1) }
            }
        }
        let seeds = Self.runSizes.flatMap { size, _ in
            (0..<8).map { number in
                Simulation.grid([size], Simulation.tokens, [3, 4]).map {
                    Candidate($0, cost: 1, newRun: Int(size / 1e8) * 100 + number)
                }
            }
        }
        let now = try need([], 0).reachBefore
        let more = try need(checkpoints, 0.75 * now)
        let other = try need(seeds, 0.75 * now)
        #expect(!more.isEnough && other.isEnough && other.reachAfter <= 0.75 * now)
        #expect(other.cells == 6 * other.chosen.count && other.chosen.count > 1 && other.cost == Double(other.cells))
        // What is known well enough takes nothing.
        let none = try need(seeds, 2 * now)
        #expect(none.isEnough && none.chosen.isEmpty && none.reachAfter == now)
    }

    /// The error that a design foretells is the one that fits to such points have.
    @Test func foretoldErrorsAreThoseOfFits() throws {
        let law = try Laws.named("qid-unified")
        let wanted = Conditions(params: 1e10, tokens: 1e11, bits: 4)
        let options = FitOptions(starts: 8, bootstrapDraws: 0, holdsOut: false, profiles: false)
        let cells = Self.runSizes.map { size, _ in
            Simulation.grid([size], Simulation.tokens, [3, 4]).map { Candidate($0, cost: 1, newRun: Int(size / 1e8)) }
        }
        var (foretold, errors) = ([Double](), [Double]())
        for seed in UInt64(1)...60 {
            let start = try Self.runs(Self.runSizes, seed: 500 + seed)
            let before = try fit(start, law, options)
            let steps = try before.measureNext(cells.flatMap(\.self), for: [wanted], budget: 1000)
            foretold.append(try #require(steps.last).errorAfter)
            let more = try Self.runs(Self.runSizes.map { ($0.size, 1) }, seed: 900 + seed, first: 2)
            let after = try fit(start + more, law, options)
            let value = try #require(after.values(at: [wanted]).first)
            let truth = 0.017 * pow(1e11, 0.5251) / (pow(1e10, 0.2261) * pow(4, 5.4967))
            errors.append(log(value / truth))
        }
        let spread = (errors.reduce(0) { $0 + $1 * $1 } / 60).squareRoot()
        let typical = (foretold.reduce(0) { $0 + $1 * $1 } / 60).squareRoot()
        #expect(typical > 0.75 * spread && typical < 1.33 * spread, "\(typical), \(spread)")
    }

    @Test func costsAndBudgetDecide() throws {
        let points = try Simulation.points(
            "qid-unified", Simulation.unified, Simulation.grid([1e8, 4e8, 1e9], Simulation.tokens, [3, 4]), noise: 0.1)
        let result = try fit(points, Laws.named("qid-unified"), FitOptions(bootstrapDraws: 0, holdsOut: false))
        let cells = [
            Candidate(Conditions(params: 1e10, tokens: 3e11, bits: 4), cost: 1000),
            Candidate(Conditions(params: 1e9, tokens: 3e11, bits: 4), cost: 1),
        ]
        let wanted = [Conditions(params: 1e11, tokens: 3e11, bits: 4)]
        #expect(try result.measureNext(cells, for: wanted, budget: 10).map(\.candidate.cost) == [1])
        #expect(try result.measureNext(cells, for: wanted, budget: 0.5).isEmpty)
    }
}
