"""Checkpoints trained under compression and their losses: `native/` and `native.json`.

usage: native.py                                     compares the losses with what transformers says now
       native.py --write                             writes them
       native.py --train TOKENS.npy --form neox-25k-w1 [--seed N]   trains anew, then writes

Training: the demo's smallest model (its configuration lies beside each checkpoint), 4,096 tokens a step in windows of
256, AdamW (0.9, 0.95), weight decay 0.1 on matrices, gradients clipped at 1, warm-up of 100 steps and a cosine to a tenth
of the peak of 4e-3 over 4,096. The linear weights inside layers are compressed from the first step on, with gradients
that pass straight through; the float16 weights that are stored are the compressed ones, so a plain forward pass gives
their loss. The committed ones saw 40 million tokens of English reference works (Manifests/demo/README.md), which are no
part of the repository.

    w1   sign(w) · mean |w| of the output row
    w2   codes -2 … 1 times max |w| / 1.5 of the output row
    s50  the smaller half of each matrix by magnitude is zero, from a share of 0 that grows over the first 256 steps
"""

import argparse
import json
import math

import numpy as np
import safetensors.torch
import torch
import transformers

import demo
from losses import FIXTURES, compare, loss, read_json, token_ids, write_json

SAVED = (256, 512, 1024, 2048)


def one_bit(weight, step):
    return torch.where(weight < 0, -1.0, 1.0) * weight.abs().mean(1, keepdim=True)


def two_bits(weight, step):
    scale = weight.abs().amax(1, keepdim=True) / 1.5
    return (weight / scale).round().clamp(-2, 1) * scale


def half_sparse(weight, step):
    zeros = int(weight.numel() * 0.5 * min(1, step / 256))
    order = weight.abs().flatten().argsort(stable=True)
    mask = torch.ones(weight.numel())
    mask[order[:zeros]] = 0
    return weight * mask.view_as(weight)


COMPRESSIONS = {"neox-25k-w1": one_bit, "neox-25k-w2": two_bits, "neox-25k-s50": half_sparse}


def rate(step):
    progress = min(1.0, step / 4096)
    return 4e-3 * min(1.0, step / 100) * (0.1 + 0.45 * (1 + math.cos(math.pi * progress)))


def train(name, tokens, seed):
    compress, config = COMPRESSIONS[name], demo.files("neox-25k-seed1/step64")["config.json"]
    torch.manual_seed(seed)
    model = transformers.GPTNeoXForCausalLM(transformers.GPTNeoXConfig(**settings(config))).float()
    linear = list(demo.linear_layers(model).values())
    matrices = [weight for weight in model.parameters() if weight.ndim > 1]
    vectors = [weight for weight in model.parameters() if weight.ndim == 1]
    optimizer = torch.optim.AdamW(
        [dict(params=matrices, weight_decay=0.1), dict(params=vectors, weight_decay=0)], betas=(0.9, 0.95))
    windows = torch.from_numpy(np.load(tokens).astype(np.int64))
    windows = windows[: len(windows) // 256 * 256].view(-1, 256)
    order = torch.randperm(len(windows))
    for step in range(1, max(SAVED) + 1):
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        batch = windows[order[(step - 1) * 16 : step * 16]]
        latent = replace(linear, lambda weight: compress(weight, step))
        logits = model(batch).logits[:, :-1]
        torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), batch[:, 1:].reshape(-1)).backward()
        # Straight through: gradients of the compressed weights move those behind them.
        for module, weight in zip(linear, latent):
            module.weight.data = weight
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        optimizer.zero_grad()
        if step in SAVED:
            latent = replace(linear, lambda weight: compress(weight, step))
            save(model, name, step, config)
            for module, weight in zip(linear, latent):
                module.weight.data = weight


def replace(modules, change):
    """Puts changed weights into the modules and returns those that were there."""
    weights = [module.weight.data for module in modules]
    for module, weight in zip(modules, weights):
        module.weight.data = change(weight)
    return weights


def settings(config):
    left_out = ("architectures", "model_type", "torch_dtype", "transformers_version", "rotary_pct", "rotary_emb_base")
    values = json.loads(config)
    rotary = dict(
        rope_type="default", rope_theta=values["rotary_emb_base"], partial_rotary_factor=values["rotary_pct"])
    return {key: value for key, value in values.items() if key not in left_out} | dict(rope_parameters=rotary)


def save(model, name, step, config):
    directory = FIXTURES / "native" / name / f"step{step}"
    directory.mkdir(parents=True, exist_ok=True)
    tensors = {
        key.replace("lm_head", "embed_out"): value.half().contiguous() for key, value in model.state_dict().items()
    }
    safetensors.torch.save_file(tensors, directory / "model.safetensors", metadata={"format": "pt"})
    (directory / "config.json").write_bytes(config)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--train", metavar="TOKENS.npy")
    arguments.add_argument("--form", choices=COMPRESSIONS)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    if options.train:
        train(options.form, options.train, options.seed)
    known, same, held_out = read_json("native.json"), True, token_ids("heldout")
    for name in [options.form] if options.form else COMPRESSIONS:
        for step in SAVED:
            found = loss(demo.load(FIXTURES / "native" / name / f"step{step}"), held_out)
            if options.write or options.train:
                known[name][f"step{step}"] = found
            else:
                same &= compare(f"{name} step {step}", found, known[name][f"step{step}"])
    if options.write or options.train:
        write_json("native.json", known)
    raise SystemExit(not same)
