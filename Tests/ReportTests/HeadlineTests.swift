import Records
import Report
import ScalingLaws
import Testing

@Suite struct HeadlineTests {
    @Test func itSaysHowQidGrowsOverWhatAndHowFarItHolds() throws {
        let cells = try SampleContent.cells()
        var laws = try SampleContent.laws(cells, names: ["qid-per-bit"])
        for (place, parameter) in laws[0].fit.parameters.enumerated() {
            var known = parameter
            (known.value, known.low, known.high, known.identified) =
                parameter.name == "beta.2" ? (0.5, 0.44, 0.57, true) : (0.25, -0.05, 0.4, true)
            laws[0].fit.parameters[place] = known
        }
        laws[0].fit.heldOut = laws[0].fit.heldOut.filter { $0.kind == .largestModel }
        laws[0].fit.heldOut[0].rmsLogError = 0.4054651
        laws[0].fit.warnings = []
        laws[0].predictions = []
        let text = headline(for: try SampleContent.content(cells, laws: laws))
        #expect(
            text == """
                At 2 bits in groups of 16, the loss that compression adds (QiD) grows with training tokens as D^0.50 \
                [0.44, 0.57] and shows no clear trend with model size (1/N^0.25 [−0.05, 0.40]). Measured on 16 checkpoints \
                of 4 sizes (25k to 1.2M non-embedding parameters, 262k to 16.8M tokens), QiD is 0.0012 to 0.018 nats at \
                4 bits, 0.0046 to 0.11 nats at 3 bits and 0.045 to 0.66 nats at 2 bits. Fitted without the largest model, \
                the law predicts that model's QiD to within a factor of 1.5 (root mean square).
                """)
    }

    @Test func withoutALawItGivesWhatWasMeasured() throws {
        let text = headline(for: try SampleContent.content(laws: []))
        #expect(text.hasPrefix("Measured on 16 checkpoints of 4 sizes"))
        #expect(text.hasSuffix("No law was fitted to these points."))
    }
}
