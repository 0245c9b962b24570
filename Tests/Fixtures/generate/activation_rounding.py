"""Losses of windows under rounded activations: what qid has, what transformers has, and a float64 twin of both.

    qid quantize --checkpoint MODEL --bits 8 --activations 8 --output MODEL-w8a8
    qid tokenize --tokenizer MODEL/tokenizer.json TEXT --output ids.npy
    qid evaluate --checkpoint MODEL --compressed MODEL-w8a8 --shard ids.npy --context 256 --windows 4 --order shard --json > qid.json
    python activation_rounding.py MODEL MODEL-w8a8 ids.npy qid.json

The twin takes weights as stored (codes times scales are exact in float32) and does all else in float64; the nudged twin
multiplies embeddings by 1 + 1e-7 times a normal number first, as much as float32 could do. torch, transformers and
compressed-tensors are needed; the windows are the first of the shard.
"""
import json
import sys

import numpy
import torch
from transformers import AutoModelForCausalLM

model, compressed, ids_file, answer = sys.argv[1:]
answer = json.load(open(answer))
context, windows = answer["context"], answer["windows"]
ids = numpy.load(ids_file)[: context * windows].reshape(windows, context).astype("int64")
LOW, HIGH = -128, 127


def losses(network):
    with torch.no_grad():
        found = []
        for row in ids:
            logits = network(torch.tensor(row)[None]).logits[0, :-1].double()
            found.append(float(torch.nn.functional.cross_entropy(logits, torch.tensor(row[1:]))))
        return found


def rounded(module, inputs):
    scale = inputs[0].abs().amax(-1, keepdim=True) / ((HIGH - LOW) / 2)
    return (torch.clamp(torch.round(inputs[0] / scale), LOW, HIGH) * scale,)


def twin(weights, seed=None):
    network = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).eval()
    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Linear) and name != "lm_head":
            module.weight.data = weights[name + ".weight"]
            module.register_forward_pre_hook(rounded)
    network = network.double()
    if seed is not None:
        noise = torch.Generator().manual_seed(seed)
        network.get_input_embeddings().register_forward_hook(
            lambda module, inputs, output: output
            * (1 + 1e-7 * torch.randn(output.shape, generator=noise, dtype=torch.float64)))
    return losses(network)


loaded = AutoModelForCausalLM.from_pretrained(compressed, dtype=torch.float32).eval()
result = {"qid": [nll / (context - 1) for nll in answer["results"][1]["window_nll"]], "transformers": losses(loaded)}
stored = loaded.state_dict()
result["float64 twin"] = twin(stored)
for seed in (1, 2):
    result[f"float64 twin, nudged {seed}"] = twin(stored, seed)
exact = numpy.array(result["float64 twin"])
result["root mean square difference from the twin"] = {
    name: float(numpy.sqrt(numpy.mean((numpy.array(values) - exact) ** 2)))
    for name, values in result.items() if isinstance(values, list) and name != "float64 twin"}
print(json.dumps(result, indent=1))
