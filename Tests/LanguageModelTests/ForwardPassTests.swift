import Compression
import Foundation
import LanguageModel
import Testing

struct ForwardPassTests {
    @Test(arguments: TinyConfigurations.all.keys.sorted())
    func agreesWithThePlainPass(name: String) throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all[name]), seed: 7)
        let windows = tiny.windows(3, context: 17)
        let scores = try LanguageModel([tiny.store()]).score(windows)
        let reference = ReferenceDecoder(description: tiny.description, tensors: tiny.tensors)
        for window in 0..<3 {
            let expected = reference.negativeLogLikelihoods(Array(windows[window])).reduce(0, +)
            let found = scores[0].windows[window].negativeLogLikelihood
            #expect(abs(found - expected) < 1e-5 * expected, "window \(window): \(found), plainly \(expected)")
        }
    }

    @Test func scoresTheSecondHalfAsLlamaCppDoes() throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all["llama"]))
        let windows = tiny.windows(2, context: 16)
        let scores = try LanguageModel([tiny.store()]).score(windows, options: ScoringOptions(scored: .secondHalf))
        let reference = ReferenceDecoder(description: tiny.description, tensors: tiny.tensors)
        for window in 0..<2 {
            // Position 8 is the first whose next token counts.
            let expected = reference.negativeLogLikelihoods(Array(windows[window]))[8...].reduce(0, +)
            #expect(scores[0].windows[window].scoredTokens == 7)
            #expect(abs(scores[0].windows[window].negativeLogLikelihood - expected) < 1e-5 * expected)
        }
    }

    @Test func comparesVariantsWithTheBaseline() throws {
        let config = try #require(TinyConfigurations.all["neox parallel"])
        let (base, other) = (try TinyCheckpoint(config, seed: 3), try TinyCheckpoint(config, seed: 3))
        try other.perturb(by: 0.05)
        let windows = base.windows(2, context: 16)
        let scores = try LanguageModel([base.store(), base.store(), other.store()]).score(windows)
        for (same, window) in zip(scores[1].windows, scores[0].windows) {
            #expect(window.divergence == 0 && window.agreements == 15 && window.scoredTokens == 15)
            #expect(same.negativeLogLikelihood == window.negativeLogLikelihood)
            #expect(abs(same.divergence) < 1e-12 && same.agreements == 15)
        }
        for window in scores[2].windows { #expect(window.divergence > 0 && window.agreements <= 15) }
        #expect(scores[2].windows.map(\.negativeLogLikelihood) != scores[0].windows.map(\.negativeLogLikelihood))
    }
}
