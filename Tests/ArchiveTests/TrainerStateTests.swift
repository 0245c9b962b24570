import Archive
import FoundationEssentials
import JSON
import TestSupport
import Testing

@Suite struct TrainerStateTests {
    private func state(_ text: String) throws -> TrainerState { try TrainerState(parsing: Array(text.utf8)) }

    /// As transformers 4 and 5 write it; a loss may be no number.
    @Test func readsWhatTransformersWrites() throws {
        let text = """
            {"best_metric": null, "epoch": 0.5, "global_step": 20, "max_steps": 40, "num_input_tokens_seen": 81920,
             "log_history": [{"epoch": 0.2, "grad_norm": NaN, "learning_rate": 0.001, "loss": -Infinity, "step": 10},
                             {"epoch": 0.5, "learning_rate": 0.0005, "loss": 1.5, "step": 20, "note": "NaN \\" NaN"},
                             {"epoch": 0.5, "eval_loss": Infinity, "step": 20}]}
            """
        let state = try state(text)
        #expect((state.step, state.tokens, state.learningRate, state.phase) == (20, 81920, 0.0005, .decay))
        #expect(TrainerState(state.json.object ?? JSONObject()) == state)
    }

    /// Zero is what a trainer writes that was not asked to count.
    @Test func zeroTokensAreUnknown() throws {
        #expect(try state(#"{"global_step": 20, "num_input_tokens_seen": 0}"#).tokens == nil)
    }

    @Test(
        arguments: [
            ([0.1, 0.2], 9, .warmUp), ([0.1, 0.2, 0.2], 9, .stable), ([0.1, 0.2, 0.1], 9, .decay),
            ([0.2, 0.1, 0], 3, .annealed), ([0.1], 9, nil), ([0, 0], 9, nil),
        ] as [([Double], Int, NamedPhase?)])
    func learningRatesSayThePhase(rates: [Double], lastStep: Int, phase: NamedPhase?) throws {
        let history = rates.enumerated().map { "{\"step\": \($0 + 1), \"learning_rate\": \($1)}" }.joined(
            separator: ",")
        let text = "{\"global_step\": \(rates.count), \"max_steps\": \(lastStep), \"log_history\": [\(history)]}"
        #expect(try state(text).phase == phase)
    }

    @Test func aFileThatCannotBeReadIsNamed() throws {
        let directory = try ScratchDirectory()
        #expect(try TrainerState(of: directory.url) == nil)
        try directory.write("{", to: "trainer_state.json")
        let error = #expect(throws: TrainerStateError.self) { try TrainerState(of: directory.url) }
        #expect(error?.file.hasSuffix("trainer_state.json") == true)
    }
}
