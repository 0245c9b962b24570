import Foundation
import ScalingLaws
import Testing

@Suite struct LawsTests {
    @Test(arguments: [
        (1e9, 1e12, [6.95148, 0.748439, 0.153959, 0.00340984]),
        (7e9, 1.5e13, [18.5595, 1.99823, 0.411050, 0.00910381]),
        (70e9, 1e14, [29.8607, 3.21499, 0.661347, 0.0146473]),
        (405e9, 1e14, [20.0785, 2.16178, 0.444693, 0.00984892]),
    ])
    func unifiedLawAtPublishedConstants(params: Double, tokens: Double, qid: [Double]) throws {
        let curve = try Curve(Laws.named("qid-unified"), names: ["k", "alpha", "beta", "gamma"])
        let conditions = [2.0, 3, 4, 8].map { Conditions(params: params, tokens: tokens, bits: $0) }
        let values = try curve.values(at: conditions, parameters: [0.017, 0.2261, 0.5251, 5.4967])
        for (value, expected) in zip(values, qid) { #expect(abs(value / expected - 1) < 4e-6) }
    }

    @Test(arguments: Laws.all.map(\.name))
    func derivativesEqualDifferences(name: String) throws {
        let law = try Laws.named(name)
        var conditions = [
            Conditions(params: 3e8, tokens: 2e10, bits: 3, activationBits: 8, group: 64, sparsity: 0.5, scheme: "int3"),
            Conditions(
                params: 2e9, tokens: 4e11, bits: 3, activationBits: 4, group: 128, sparsity: 0.75, scheme: "int3"),
        ]
        for index in conditions.indices {
            conditions[index].columns = ["distortion": 0.01 * Double(index + 1), "sensitivity": 2 - Double(index)]
        }
        let names = law.parameters.map { parameter in
            name.hasSuffix("-per-bit") ? parameter.name + ".3" : parameter.name == "eff" ? "eff.int3" : parameter.name
        }
        let values = law.parameters.map { $0.isScale ? 0.7 * max(1, $0.starts.lowerBound) : 0.3 }
        let curve = try Curve(law, names: names)
        let derivatives = try curve.derivatives(at: conditions, parameters: values)
        for index in values.indices {
            let step = 1e-6 * values[index]
            var (above, below) = (values, values)
            above[index] += step
            below[index] -= step
            let up = try curve.values(at: conditions, parameters: above)
            let down = try curve.values(at: conditions, parameters: below)
            for row in conditions.indices {
                let difference = (up[row] - down[row]) / (2 * step)
                let size = max(abs(difference), 1e-7 * abs(up[row]) / values[index])
                #expect(abs(derivatives[row][index] - difference) <= 2e-5 * size, "\(names[index]), row \(row)")
            }
        }
    }

    @Test func unknownNamesAreRefused() {
        #expect(throws: ScalingLawsError.unknownLaw("qid-uniform", known: Laws.all.map(\.name))) {
            try Laws.named("qid-uniform")
        }
    }

    @Test func everyLawHasItsSourceAndUnits() {
        for law in Laws.all {
            #expect(!law.source.isEmpty && !law.display.isEmpty)
            #expect(Set(law.parameters.map(\.name)).count == law.parameters.count)
        }
    }
}

@Suite struct ExpressionTests {
    private func value(_ text: String, _ names: [String] = [], _ parameters: [Double] = []) throws -> Double {
        let conditions = Conditions(params: 8, tokens: 100, bits: 4, group: 16, sparsity: 0.25)
        return try Curve(Laws.expression("qid = " + text), names: names).values(
            at: [conditions], parameters: parameters)[0]
    }

    @Test(arguments: [
        ("2 + 3 * 4", 14.0), ("2 - 3 - 4", -5), ("2 ^ 3 ^ 2", 512), ("-2 ^ 2", -4), ("2 ^ -1", 0.5), ("12 / 3 / 2", 2),
        ("(2 + 3) * 4", 20), ("- -3", 3), ("1.5e2 + .5", 150.5), ("2e", .nan), ("exp(log(params))", 8),
        ("log2(group)", 4),
        ("log10(tokens)", 2), ("sqrt(bits)", 2), ("tanh(0)", 0), ("params * (1 - sparsity)", 6),
    ])
    func arithmetic(text: String, expected: Double) throws {
        guard !expected.isNaN else {
            #expect(throws: ScalingLawsError.self) { try value(text) }
            return
        }
        #expect(abs(try value(text) - expected) < 1e-12)
    }

    @Test func parametersAreOtherNames() throws {
        #expect(
            abs(try value("a * params ^ b + c_1", ["a", "b", "c_1"], [2, 0.5, 1]) - (2 * 8.0.squareRoot() + 1)) < 1e-12)
    }

    @Test(arguments: [
        ("1 +", 3, "a number, a name or '('"), ("(1", 2, "')'"), ("1 2", 2, "an operator or the end"),
        ("sin(1)", 0, "one of the functions exp, log, log2, log10, sqrt, tanh"),
        ("a[]", 2, "bits], scheme], group] or another column and ']'"), ("$", 0, "a number, a name or '('"),
    ])
    func badExpressionsAreRefused(text: String, offset: Int, expected: String) {
        #expect(throws: ScalingLawsError.badExpression(text, offset: offset, expected: expected)) {
            try Laws.expression(text)
        }
    }

    @Test func namesAreColumnsOrParametersOrMistakes() throws {
        let names = LawNames(columns: ["width", "unique", "N"], labels: ["phase", "corpus"])
        let law = try Laws.expression("kl = k[phase] * N^a / (width^alpha * unique^b1)", names: names)
        #expect(law.quantity == .kl && law.parameters.map(\.name) == ["k", "a", "alpha", "b1"])
        let declared = try Laws.expression("loss = base + c * tokens", names: names, bounds: ["base": 0...1])
        #expect(declared.parameters.map(\.name) == ["base", "c"])
        for good in ["k", "E", "a1", "alpha", "gammaG", "beta_2", "Nc", "c_1", "eff", "phi2"] {
            #expect(throws: Never.self) { try Laws.expression("loss = \(good) + tokens", names: names) }
        }
        for bad in ["uniqe", "tokns", "lr", "alphabet", "params2total", "ab1"] {
            #expect(
                throws: ScalingLawsError.unknownName(bad, law: " \(bad) + tokens", columns: ["N", "unique", "width"])
            ) {
                try Laws.expression("loss = \(bad) + tokens", names: names)
            }
        }
        #expect(
            throws: ScalingLawsError.unknownLabel(
                "colour", law: " k[colour] * tokens", labels: ["bits", "corpus", "group", "phase", "scheme"])
        ) { try Laws.expression("kl = k[colour] * tokens", names: names) }
    }

    @Test func deepAndLongExpressionsAreRefused() {
        let deep = String(repeating: "(", count: 100) + "1" + String(repeating: ")", count: 100)
        #expect(throws: ScalingLawsError.badExpression(deep, offset: 64, expected: "fewer than 64 nested parentheses"))
        {
            try Laws.expression(deep)
        }
        let long = String(repeating: "1+", count: 3000) + "1"
        #expect(throws: ScalingLawsError.self) { try Laws.expression(long) }
    }

    @Test func mutationsNeverTrap() {
        let seed: UInt64 = 7
        var random = Random(state: seed)
        let alphabet = Array("abE0123.9e+-*/^()[] bitsparamslogexp")
        var accepted = 0
        for _ in 0..<20_000 {
            var text = Array("E + A / params^a + k[bits] * exp(-bits/g)")
            for _ in 0...Int(random.uniform() * 4) {
                let place = Int(random.uniform() * Double(text.count))
                text[place] = alphabet[Int(random.uniform() * Double(alphabet.count))]
            }
            if (try? Laws.expression(String(text))) != nil { accepted += 1 }
        }
        #expect(accepted > 0 && accepted < 20_000, "seed \(seed)")
    }
}
