"""Tiny random models in the forms of open families, and what transformers computes of them: `architectures/`.

usage: architectures.py [FORM …]              compares `reference.json` with what transformers says now
       architectures.py --write [FORM …]      writes that into it
       architectures.py --make FORM [--seed N]  makes the model's weights and configuration anew, then writes

Weights are normal with a standard deviation of 1.2 / sqrt(inputs), so that losses are well away from a uniform guess;
norms are near one, biases near zero. Forms differ in type, in shards and in whether the configuration is that of
transformers 5 or of 4 (`torch_dtype`, `rope_theta`), as archives have both. Add a family by a line in FORMS.
"""

import argparse
import json

import torch
import transformers
from safetensors.torch import load_file, save_file

import demo
from losses import FIXTURES, compare, read_json, token_ids, window_losses, write_json

SIZES = dict(
    vocab_size=1024, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=160,
    max_position_embeddings=256, bos_token_id=0, eos_token_id=0, tie_word_embeddings=False,
)
OPT = {key: value for key, value in SIZES.items() if key != "intermediate_size"}
GPT2 = dict(
    vocab_size=1024, n_embd=64, n_layer=2, n_head=4, n_positions=256, bos_token_id=0, eos_token_id=0)
LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=64)


def form(family, dtype, old=False, shard="1GB", sizes=SIZES, **settings):
    return dict(family=family, dtype=dtype, old=old, shard=shard, settings=sizes | settings)


SMALL = SIZES | dict(hidden_size=32, intermediate_size=48, num_key_value_heads=2)
SMALL_GPT2 = GPT2 | dict(n_embd=32)
SMALL_FALCON = dict(
    vocab_size=1024, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=256,
    bos_token_id=0, eos_token_id=0)


def small(family, dtype="bfloat16", sizes=SMALL, **settings):
    return form(family, dtype, sizes=sizes, **settings)


FORMS = {
    "gpt_neox-parallel": form("GPTNeoX", "float16", old=True, num_hidden_layers=3, intermediate_size=256),
    "gpt_neox-sequential": form(
        "GPTNeoX", "bfloat16", intermediate_size=256, use_parallel_residual=False,
        rope_parameters=dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=1.0)),
    "llama-gqa": form(
        "Llama", "bfloat16", old=True, shard="128KB", num_hidden_layers=3, num_attention_heads=8,
        num_key_value_heads=2, intermediate_size=176),
    "llama-tied-ropescale": form(
        "Llama", "float32", old=True, tie_word_embeddings=True,
        rope_parameters=LLAMA3 | dict(rope_theta=10000.0)),
    "mistral-sliding": form("Mistral", "bfloat16", num_key_value_heads=2, sliding_window=64),
    "qwen2-bias": form("Qwen2", "bfloat16", old=True, num_key_value_heads=2, tie_word_embeddings=True),
    "qwen3-qknorm": form("Qwen3", "bfloat16", shard="128KB", num_key_value_heads=2, head_dim=32),
    "gpt2": form("GPT2", "float32", sizes=GPT2),
    "olmo2-postnorm": form("Olmo2", "float32"),
    "olmo-nonparametric": form("Olmo", "float32", old=True),
    "opt": form("OPT", "float16", sizes=OPT, tie_word_embeddings=True, ffn_dim=256, word_embed_proj_dim=64),
    "bitnet": form("BitNet", "bfloat16", num_key_value_heads=2),
    "gemma": small("Gemma", head_dim=16, num_key_value_heads=1, tie_word_embeddings=True),
    "gemma2": small(
        "Gemma2", num_hidden_layers=3, head_dim=12, query_pre_attn_scalar=20, sliding_window=64,
        attn_logit_softcapping=4.0, final_logit_softcapping=8.0, tie_word_embeddings=True),
    "gemma3_text": small(
        "Gemma3Text", num_hidden_layers=3, head_dim=12, query_pre_attn_scalar=12, sliding_window=64,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"], tie_word_embeddings=True,
        rope_parameters=dict(
            full_attention=dict(rope_type="linear", factor=4.0, rope_theta=1e6),
            sliding_attention=dict(rope_type="default", rope_theta=1e4))),
    "phi": small("Phi", "float16", qk_layernorm=True, num_key_value_heads=4),
    "phi3-longrope": small(
        "Phi3", num_attention_heads=2, pad_token_id=1, original_max_position_embeddings=128, sliding_window=100,
        rope_parameters=dict(
            rope_type="longrope", rope_theta=1e4, partial_rotary_factor=0.75, long_factor=[1.5, 2.0, 3.0, 4.0, 5.0, 6.0],
            short_factor=[1.0, 1.05, 1.1, 1.2, 1.3, 1.4])),
    "stablelm": small("StableLm", use_qkv_bias=True),
    "stablelm-parallel": small("StableLm", use_parallel_residual=True, qk_layernorm=True),
    "granite": small(
        "Granite", attention_multiplier=0.25, embedding_multiplier=3.0, residual_multiplier=0.3, logits_scaling=2.0,
        mlp_bias=True),
    "cohere": small("Cohere", "float16", use_qk_norm=True, logit_scale=0.5, tie_word_embeddings=True),
    "starcoder2": small("Starcoder2", sliding_window=100, tie_word_embeddings=True),
    "gpt_bigcode": small("GPTBigCode", sizes=SMALL_GPT2),
    "nemotron": small("Nemotron", head_dim=10, mlp_bias=True),
    "gptj": small("GPTJ", "float16", sizes=SMALL_GPT2, rotary_dim=4),
    "falcon-multiquery": small("Falcon", sizes=SMALL_FALCON),
    "falcon-new": small("Falcon", sizes=SMALL_FALCON, new_decoder_architecture=True, num_kv_heads=2, bias=True),
    "falcon-alibi": small(
        "Falcon", sizes=SMALL_FALCON | dict(num_attention_heads=6, hidden_size=36), alibi=True, multi_query=False,
        parallel_attn=False, bias=True),
    "bloom": small(
        "Bloom", sizes=dict(vocab_size=1024, hidden_size=36, n_layer=2, n_head=6, bos_token_id=0, eos_token_id=0)),
    "mpt": small(
        "Mpt", sizes=dict(vocab_size=1024, d_model=36, n_layers=2, n_heads=6, max_seq_len=256),
        attn_config=dict(clip_qkv=1.5, softmax_scale=0.3)),
    "apertus": small("Apertus", attention_bias=True),
    "hf_olmo": small("Olmo", num_key_value_heads=4, tie_word_embeddings=True),
    "olmoe": small("Olmoe", intermediate_size=24, num_experts=6, num_experts_per_tok=2, clip_qkv=1.0),
    "mixtral": small("Mixtral", num_local_experts=4, sliding_window=100),
    "qwen2_moe": small(
        "Qwen2Moe", "float32", num_hidden_layers=3, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=16,
        shared_expert_intermediate_size=24, decoder_sparse_step=2, norm_topk_prob=True),
    "qwen3_moe": small(
        "Qwen3Moe", head_dim=12, num_experts=5, num_experts_per_tok=3, moe_intermediate_size=16, norm_topk_prob=True),
    "qwen3_moe-stacked": small(
        "Qwen3Moe", head_dim=12, num_experts=5, num_experts_per_tok=2, moe_intermediate_size=16, mlp_only_layers=[1]),
    "gpt_oss": small("GptOss", head_dim=12, num_local_experts=4, num_experts_per_tok=2, sliding_window=64),
    "gpt_oss-mxfp4": small(
        "GptOss", head_dim=12, num_local_experts=4, num_experts_per_tok=2, sliding_window=64, intermediate_size=32),
}


def make(name, seed):
    """Writes the weights and the configuration of a form."""
    chosen = FORMS[name]
    config = getattr(transformers, chosen["family"] + "Config")(**chosen["settings"])
    torch.manual_seed(seed)
    model = transformers.AutoModelForCausalLM.from_config(config).float()
    with torch.no_grad():
        for key, weight in model.named_parameters():
            if weight.ndim > 1 and "norm" not in key and not key.endswith("_bias"):
                inputs = weight.shape[-2] if chosen["family"] == "GptOss" and weight.ndim == 3 else weight.shape[-1]
                weight.normal_(0, 1.2 / inputs ** 0.5)
            else:
                centred = key.endswith("weight") and chosen["family"] not in ("Gemma", "Gemma2", "Gemma3Text", "Nemotron")
                weight.normal_(1 if centred else 0, 0.1)
    directory = FIXTURES / "architectures" / name
    if name == "gpt_oss-mxfp4":
        round_experts(model)
    model.to(getattr(torch, chosen["dtype"])).save_pretrained(directory, max_shard_size=chosen["shard"])
    (directory / "generation_config.json").unlink(missing_ok=True)
    if chosen["old"]:
        rename_keys(directory / "config.json")


LEVELS = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6])


def round_experts(model):
    """Gives the experts values that MXFP4 has: weights [experts, inputs, outputs], blocks of 32 inputs."""
    with torch.no_grad():
        for key, weight in model.named_parameters():
            if weight.ndim == 3:
                weight.copy_(unpack(*pack(weight)))


def pack(weight):
    """Blocks [experts, outputs, blocks, 16] and scales [experts, outputs, blocks], as GPT-OSS is published."""
    groups = weight.transpose(1, 2).unflatten(-1, (-1, 32)).float()
    exponents = groups.abs().amax(-1, keepdim=True).log2().floor() - 2
    codes = (groups / 2 ** exponents).unsqueeze(-1).sub(LEVELS).abs().argmin(-1).to(torch.uint8)
    return codes[..., 0::2] | codes[..., 1::2] << 4, (exponents.squeeze(-1) + 127).to(torch.uint8)


def unpack(blocks, scales):
    values = torch.stack((LEVELS[(blocks & 15).long()], LEVELS[(blocks >> 4).long()]), -1).flatten(-2)
    return (values * 2.0 ** (scales.float() - 127).unsqueeze(-1)).flatten(-2).transpose(1, 2)


def restore(name):
    """Stores a form's weights as someone other than transformers does, once its reference is made."""
    directory = FIXTURES / "architectures" / name
    file, config = directory / "model.safetensors", directory / "config.json"
    tensors, settings = load_file(file), json.loads(config.read_text())
    if name == "hf_olmo":
        tensors, settings = olmo_names(tensors, settings)
    elif name == "qwen3_moe-stacked":
        tensors = stack_experts(tensors)
    elif name == "gpt_oss-mxfp4":
        for key in [key for key in tensors if key.endswith("_proj") and ".experts." in key]:
            tensors[key + "_blocks"], tensors[key + "_scales"] = pack(tensors.pop(key))
        settings["quantization_config"] = dict(
            quant_method="mxfp4", modules_to_not_convert=["model.layers.*.self_attn", "model.layers.*.mlp.router"])
    else:
        return
    save_file({key: value.contiguous() for key, value in tensors.items()}, file, metadata={"format": "pt"})
    config.write_text(json.dumps(settings, indent=2) + "\n")


def olmo_names(tensors, settings):
    """The names and the configuration of the ai2-olmo package."""
    renamed = {"model.transformer.wte.weight": tensors["model.embed_tokens.weight"]}
    for index in range(settings["num_hidden_layers"]):
        old, new = f"model.layers.{index}.", f"model.transformer.blocks.{index}."
        heads = [tensors[f"{old}self_attn.{part}_proj.weight"] for part in "qkv"]
        renamed[new + "att_proj.weight"] = torch.cat(heads)
        renamed[new + "attn_out.weight"] = tensors[old + "self_attn.o_proj.weight"]
        # OLMo's own code takes the second half for the gate.
        halves = [tensors[f"{old}mlp.{part}_proj.weight"] for part in ("up", "gate")]
        renamed[new + "ff_proj.weight"] = torch.cat(halves)
        renamed[new + "ff_out.weight"] = tensors[old + "mlp.down_proj.weight"]
    return renamed, dict(
        model_type="hf_olmo", d_model=settings["hidden_size"], n_heads=settings["num_attention_heads"], n_kv_heads=None,
        n_layers=settings["num_hidden_layers"], mlp_hidden_size=2 * settings["intermediate_size"],
        activation_type="swiglu", block_type="sequential", rope=True, rope_theta=10000, alibi=False,
        multi_query_attention=False, attention_layer_norm=False, layer_norm_type="default",
        layer_norm_with_affine=False, include_bias=False, bias_for_layer_norm=False, clip_qkv=None, weight_tying=True,
        scale_logits=False, max_sequence_length=256, vocab_size=1000, embedding_size=settings["vocab_size"],
        dtype=settings["dtype"])


def stack_experts(tensors):
    """Experts as transformers 5 computes with them: one tensor for all, gate and up together."""
    apart = {key: value for key, value in tensors.items() if ".experts." in key}
    stacked = {key: value for key, value in tensors.items() if key not in apart}
    for layer in sorted({key.split(".experts.")[0] for key in apart}):
        parts = {part: [] for part in ("gate", "up", "down")}
        for expert in range(len(apart)):
            for part in parts:
                key = f"{layer}.experts.{expert}.{part}_proj.weight"
                parts[part] += [apart[key]] if key in apart else []
        stacked[f"{layer}.experts.gate_up_proj"] = torch.cat([torch.stack(parts["gate"]), torch.stack(parts["up"])], 1)
        stacked[f"{layer}.experts.down_proj"] = torch.stack(parts["down"])
    return stacked


def rename_keys(file):
    """A configuration of transformers 5 in the words of transformers 4."""
    config = json.loads(file.read_text())
    config["torch_dtype"] = config.pop("dtype")
    config["transformers_version"] = "4.41.0"
    rotary = config.pop("rope_parameters")
    theta = rotary.pop("rope_theta")
    if config["model_type"] == "gpt_neox":
        config["rotary_pct"], config["rotary_emb_base"] = rotary.pop("partial_rotary_factor", 0.25), int(theta)
    else:
        config["rope_theta"] = theta
    config["rope_scaling"] = rotary if rotary.pop("rope_type") != "default" else None
    if config["rope_scaling"] is not None:
        config["rope_scaling"]["rope_type"] = "llama3"
    file.write_text(json.dumps(config, indent=2))


def reference(name):
    directory = FIXTURES / "architectures" / name
    # Eager attention of transformers 5.24 adds Falcon's ALiBi twice, to the mask and to the scores.
    model = demo.load(directory, "sdpa" if name == "falcon-alibi" else "eager")
    config = json.loads((directory / "config.json").read_text())
    result = {
        "dtype": config.get("dtype", config.get("torch_dtype")), "model_type": config["model_type"],
        "params_total": sum(weight.numel() for weight in model.parameters()),
        "params_non_embedding": sum(weight.numel() for weight in model.parameters()) - embedding_count(model),
    }
    for context, count in ((128, 24), (256, 8)):
        sums = window_losses(model, token_ids("heldout"), context, count)
        result[f"context{context}_windows{count}"] = {
            "loss": sum(sums) / (count * (context - 1)), "window_nll": [round(value, 5) for value in sums],
        }
    return result


def embedding_count(model):
    """Parameters of token embeddings, learned positions and the output head, tied ones once."""
    positions = [
        module for name, module in model.named_modules()
        if isinstance(module, torch.nn.Embedding) and name.split(".")[-1] in ("wpe", "embed_positions")
    ]
    modules = [model.get_input_embeddings(), model.get_output_embeddings(), *positions]
    weights = {weight.data_ptr(): weight.numel() for module in modules for weight in module.parameters()}
    return sum(weights.values())


def is_same(name, found, expected):
    same = all(found[key] == expected[key] for key in expected if not key.startswith("context"))
    if not same:
        print(f"{name}: {found} where {expected} was expected")
    for key in expected:
        if key.startswith("context"):
            same &= compare(f"{name} {key}", found[key]["loss"], expected[key]["loss"])
            pairs = zip(found[key]["window_nll"], expected[key]["window_nll"], strict=True)
            same &= max(abs(one - other) / other for one, other in pairs) < 1e-6
    return same


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--make", metavar="FORM", choices=FORMS)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("forms", nargs="*")
    options = arguments.parse_args()
    known, same = read_json("architectures/reference.json"), True
    if options.make:
        make(options.make, options.seed)
    # Nobody but their own code, or nobody without a GPU, opens these.
    foreign = ("hf_olmo", "qwen3_moe-stacked", "gpt_oss-mxfp4")
    for name in [options.make] if options.make else options.forms or [name for name in known if name not in foreign]:
        found = reference(name)
        if options.write or options.make:
            known[name] = found
            if options.make:
                restore(name)
        else:
            same &= is_same(name, found, known[name])
    if options.write or options.make:
        write_json("architectures/reference.json", known)
    raise SystemExit(not same)
