"""What methods cost by llm-compressor and by qid: QiD of both from the same checkpoint and calibration text.

usage: llm_compressor_table.py QID-FOLDER [NAME...]       prints rows of a table in Markdown

QID-FOLDER has qid-quantize and qid-evaluate. The checkpoint is neox-560k-seed1/step1024 of the demo, calibrated on the first 128
windows of 256 tokens of `calibration.npy` and evaluated by qid on the first 128 of `heldout.npy`, theirs as their files have it.
It wants the packages of `llm_compressor.py make`.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
import transformers
from datasets import Dataset
from llmcompressor import oneshot
from llmcompressor.modifiers.gptq import GPTQModifier
from llmcompressor.modifiers.pruning import SparseGPTModifier, WandaPruningModifier
from llmcompressor.modifiers.quantization import QuantizationModifier
from llmcompressor.modifiers.transform.awq import AWQModifier, base
from llmcompressor.modifiers.transform.awq.mappings import AWQMapping
from llmcompressor.modifiers.transform.smoothquant import SmoothQuantModifier
from llmcompressor.pipelines.cache import IntermediatesCache

import demo
from losses import DEMO, FIXTURES, token_ids

PLACE = "neox-560k-seed1/step1024"
# transformers 5 calls this family's head lm_head, 4 embed_out; modifiers that prune know it as "lm_head.".
REST = dict(ignore=["re:.*(lm_head|embed_out).*"])
NORMS = [("input_layernorm", "query_key_value"), ("post_attention_layernorm", "dense_h_to_4h")]


def grid(bits):
    weights = dict(num_bits=bits, type="int", symmetric=False, strategy="group", group_size=16)
    return dict(config_groups=dict(group_0=dict(targets=["Linear"], weights=weights)), **REST)


def pruned(modifier, pattern):
    return [modifier(sparsity=0.5, mask_structure=pattern, targets=["Linear"], **REST)]


def options(method, bits=None, **more):
    found = ["--method", method] + (["--bits", str(bits), "--group", "16", "--asymmetric"] if bits else [])
    return found + [part for key, value in more.items() for part in ("--" + key, value)]


def rows():
    awq = dict(mappings=[AWQMapping(f"re:.*{norm}$", [f"re:.*{linear}$"]) for norm, linear in NORMS])
    smooth = [[[f"re:.*{linear}$"], f"re:.*{norm}$"] for norm, linear in NORMS]
    for bits in (4, 3, 2):
        yield f"rtn w{bits} g16", [QuantizationModifier(**grid(bits))], options("rtn", bits)
    for bits in (4, 3, 2):
        yield f"gptq w{bits} g16, order static", [GPTQModifier(actorder="static", **grid(bits))], options("gptq", bits, order="static")
    for bits in (4, 3, 2):
        # Theirs takes each group's scale from the weights before the pass, IST-DASLab's (and ours) when the pass comes to the group.
        yield f"gptq w{bits} g16", [GPTQModifier(actorder=None, **grid(bits))], options("gptq", bits)
    for bits in (4, 3, 2):
        # Theirs has no search for clipping and its scales look at weights too; the authors' code (and ours) clips and does not.
        # Theirs also takes the error of a linear layer that is alone behind its norm (NeoX has both so) at its own outputs,
        # the authors' (and ours) at what the attention or the MLP makes of them: `measured_as_authors`.
        yield f"awq w{bits} g16", [AWQModifier(**awq), QuantizationModifier(**grid(bits))], options("awq", bits)
        yield (
            f"awq w{bits} g16, no clipping, scales of activations alone",
            [AWQModifier(duo_scaling=False, **awq), QuantizationModifier(**grid(bits))], options("awq", bits) + ["--no-clip"])
    yield (
        "smoothquant w8 a8", [
            SmoothQuantModifier(smoothing_strength=0.5, mappings=smooth), QuantizationModifier(targets="Linear", scheme="W8A8", **REST)],
        ["--method", "smoothquant", "--bits", "8", "--activations", "8"])
    for name, modifier in (("sparsegpt", SparseGPTModifier), ("wanda", WandaPruningModifier)):
        yield f"{name} 50 %", pruned(modifier, "0:0"), options(name, sparse="0.5")
        yield f"{name} 2:4", pruned(modifier, "2:4"), options(name, sparse="2:4")


def measured_as_authors(ancestor):
    """Where AWQ takes errors, for sites that have one linear layer: at the attention or the MLP around it."""

    def found(names, model, *rest):
        names = list(names)
        if len(names) > 1:
            return ancestor(names, model, *rest)
        around = names[0].rpartition(".")[0]
        return around, model.get_submodule(around)

    return found


def theirs(recipe, source, directory):
    windows = token_ids("calibration")[: 128 * 256].view(128, 256)
    data = Dataset.from_dict(dict(input_ids=windows.tolist(), attention_mask=torch.ones_like(windows).tolist()))
    model = oneshot(
        model=str(source), dataset=data, recipe=recipe, num_calibration_samples=128, max_seq_length=256, batch_size=16,
        pipeline="sequential")
    model.save_pretrained(directory, save_compressed=True)


def main():
    if not torch.accelerator.is_available():
        # AWQ asks for one to sum up with other processes, and to pin memory for it.
        base._allreduce_data_sum = lambda data: data
        IntermediatesCache.pin_memory = lambda cache, index: None
    usual = base.get_lowest_common_ancestor_with_avoid
    programs, names, scratch = Path(sys.argv[1]), sys.argv[2:], tempfile.TemporaryDirectory()
    source = Path(scratch.name)
    demo.model(PLACE).save_pretrained(source)
    transformers.PreTrainedTokenizerFast(tokenizer_file=str(DEMO / "tokenizer.json")).save_pretrained(source)
    text = ["--calibration", FIXTURES / "calibration.npy", "--context", "256", "--windows", "128"]
    print("| spec | QiD of llm-compressor | QiD of qid | standard error | KL of llm-compressor | KL of qid |\n|---|---|---|---|---|---|", flush=True)
    for name, recipe, spec in rows():
        if names and not any(name.startswith(one) for one in names):
            continue
        base.get_lowest_common_ancestor_with_avoid = measured_as_authors(usual) if "no clipping" in name else usual
        with tempfile.TemporaryDirectory() as folder:
            mine, other = Path(folder) / "qid", Path(folder) / "theirs"
            theirs(recipe, source, other)
            subprocess.run([programs / "qid-quantize", "--checkpoint", source, *spec, *text, "--output", mine], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            answer = subprocess.run(
                [programs / "qid-evaluate", "--checkpoint", source, "--compressed", other, "--compressed", mine, "--shard",
                 FIXTURES / "heldout.npy", "--context", "256", "--windows", "128", "--order", "shard", "--json"],
                check=True, capture_output=True).stdout
            one, two = json.loads(answer)["results"][1:]
            print(f"| {name} | {one['qid']:.5f} | {two['qid']:.5f} | {two['qid_stderr']:.5f} | {one['kl']:.5f} | {two['kl']:.5f} |", flush=True)


if __name__ == "__main__":
    main()
