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
}


def make(name, seed):
    """Writes the weights and the configuration of a form."""
    chosen = FORMS[name]
    config = getattr(transformers, chosen["family"] + "Config")(**chosen["settings"])
    torch.manual_seed(seed)
    model = transformers.AutoModelForCausalLM.from_config(config).float()
    with torch.no_grad():
        for key, weight in model.named_parameters():
            if weight.ndim > 1:
                weight.normal_(0, 1.2 / weight.shape[-1] ** 0.5)
            else:
                weight.normal_(1 if key.endswith("weight") else 0, 0.1)
    directory = FIXTURES / "architectures" / name
    model.to(getattr(torch, chosen["dtype"])).save_pretrained(directory, max_shard_size=chosen["shard"])
    (directory / "generation_config.json").unlink(missing_ok=True)
    if chosen["old"]:
        rename_keys(directory / "config.json")


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
    model = demo.load(directory)
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
    for name in [options.make] if options.make else options.forms or list(known):
        found = reference(name)
        if options.write or options.make:
            known[name] = found
        else:
            same &= is_same(name, found, known[name])
    if options.write or options.make:
        write_json("architectures/reference.json", known)
    raise SystemExit(not same)
