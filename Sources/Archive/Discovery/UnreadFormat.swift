/// A form of weights that archives hold and that is not read, with what makes safetensors of it.
struct UnreadFormat {
    /// What people call it.
    let name: String
    let isNamed: @Sendable (String) -> Bool
    /// What converts it.
    let advice: String

    /// The first of some files that holds weights in a form that is not read.
    static func find(in files: [String]) -> (file: String, format: UnreadFormat)? {
        for format in all {
            if let file = files.first(where: { format.isNamed($0) && !isTrainingState($0) }) { return (file, format) }
        }
        return nil
    }

    /// What trainers save beside weights.
    private static func isTrainingState(_ name: String) -> Bool {
        ["optimizer", "scheduler", "scaler", "rng_state", "random_states", "training_args", "zero_pp_rank"].contains(
            where: name.hasPrefix)
    }

    private static let all = [
        UnreadFormat(
            name: "GGUF of several models", isNamed: { $0.hasSuffix(".gguf") },
            advice: "name one of the files, or give each a folder of its own"),
        UnreadFormat(
            name: "Flax", isNamed: { $0.hasPrefix("flax_model") && $0.hasSuffix(".msgpack") },
            advice: "convert it with AutoModelForCausalLM.from_pretrained(DIR, from_flax=True).save_pretrained(DIR) of "
                + "transformers 4"),
        UnreadFormat(
            name: "TensorFlow", isNamed: { $0.hasPrefix("tf_model") && $0.hasSuffix(".h5") },
            advice: "convert it with AutoModelForCausalLM.from_pretrained(DIR, from_tf=True).save_pretrained(DIR) of "
                + "transformers 4"),
        UnreadFormat(
            name: "a distributed checkpoint of PyTorch", isNamed: { $0.hasSuffix(".distcp") },
            advice:
                "convert it with dcp_to_torch_save of torch.distributed.checkpoint.format_utils, then save the model "
                + "with save_pretrained(DIR)"),
        UnreadFormat(
            name: "a shard of Megatron's", isNamed: { $0 == "model_optim_rng.pt" || $0 == "model_rng.pt" },
            advice: "convert it with tools/checkpoint/convert.py of Megatron-LM (saver 'hf')"),
        UnreadFormat(
            name: "a shard of DeepSpeed's",
            isNamed: { $0.hasPrefix("mp_rank_") || $0.hasPrefix("layer_") && $0.hasSuffix("model_states.pt") },
            advice: "convert it with zero_to_fp32.py, which DeepSpeed writes beside it, then save the model with "
                + "save_pretrained(DIR)"),
        UnreadFormat(
            name: "a Python pickle",
            isNamed: { name in [".pt", ".pth", ".ckpt"].contains(where: name.hasSuffix) },
            advice: "load it into the model and save that with save_pretrained(DIR) of transformers"),
    ]
}
