import Archive
import Testing

@Suite struct TrainingStepTests {
    @Test(arguments: [
        ("step64", 64), ("step-64", 64), ("step_64", 64), ("step=64", 64), ("checkpoint-64", 64),
        ("iter_0000064", 64), ("global_step64", 64), ("64", 64), ("0", 0), ("ckpt_100", 100),
        ("step1000-tokens4B", 1000), ("stage1-step140000-tokens294B", 140_000),
        ("TinyLlama-1.1B-step-50K-105b", 50_000),
        ("iteration-12", 12), ("Step512-unsharded", 512), ("model.step12", 12), ("pythia-70m-step512", 512),
    ])
    func findsTheStep(name: String, step: Int) {
        #expect(trainingStep(inName: name) == step)
    }

    @Test(arguments: [
        "", "main", "neox-25k", "pythia-160m", "footstep64", "step", "step-", "step12B", "v2",
        "step99999999999999999999",
        "99999999999999999999", "step9223372036854775807k", "step64abc",
    ])
    func findsNoneWhereThereIsNone(name: String) {
        #expect(trainingStep(inName: name) == nil)
    }
}
