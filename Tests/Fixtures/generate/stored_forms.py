"""Losses of a demo checkpoint in the forms that qid stores, as transformers reads them: `stored_forms.json`.

usage: stored_forms.py --qid-quantize PROGRAM [--write] [NAME...]

PROGRAM writes the directories from a copy of the checkpoint in float32; transformers loads them, over the first 16 windows of
256 tokens of `heldout.npy`: with compressed-tensors, and names that say `gptq` with gptqmodel 7.7.0 and optimum 2.3.0, which want
an environment of their own (`BUILD_CUDA_EXT=0 pip install --no-build-isolation gptqmodel optimum`, on processors alone
`CUDA_VISIBLE_DEVICES=`).
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
import transformers
from compressed_tensors.compressors.mxfp6.helpers import unpack_fp6_from_uint8
from compressed_tensors.compressors.nvfp4.helpers import unpack_fp4_from_uint8

from awq import PLACE, windows
from losses import DEMO, compare, loss, read_json, token_ids, write_json

MIXED = "dense_4h_to_h:bits=8;first-layer:method=rtn+format=fp8-e4m3"
SPECS = {
    "rtn-nvfp4": ["--format", "nvfp4"],
    "rtn-nvfp4-anvfp4": ["--format", "nvfp4", "--activations", "nvfp4"],
    "rtn-mxfp4-g32": ["--format", "mxfp4"],
    "rtn-mxfp6-g32": ["--format", "mxfp6"],
    "rtn-mxfp8-g32": ["--format", "mxfp8"],
    "rtn-fp8-block": ["--format", "fp8-block"],
    "gptq-w4-g32-actorder": ["--method", "gptq", "--bits", "4", "--group", "32", "--act-order", "--scales", "float16"],
    "gptq-asym-w3-g32-actorder": [
        "--method", "gptq", "--bits", "3", "--group", "32", "--asymmetric", "--act-order", "--scales", "float16"],
    "mixed": ["--bits", "4", "--group", "16", "--modules", MIXED],
    "mixed-ends": [
        "--bits", "4", "--group", "16", "--modules", MIXED + ";head:format=nvfp4"],
}
# An input on a tie is rounded by the last bit of a sum, which differs from processor to processor.
TOLERANCES = {"rtn-nvfp4-anvfp4": 1e-3}


def load(directory):
    # Elements of FP4 and FP6 are multiplied by their scales in bfloat16 unless compressed-tensors is told otherwise.
    for function in (unpack_fp4_from_uint8, unpack_fp6_from_uint8):
        function.__defaults__ = (torch.float32,)
    config = transformers.AutoConfig.from_pretrained(directory)
    if "mxfp8" in directory.name:
        # compressed-tensors 0.20 has weights of bfloat16 multiply inputs of float32, which torch refuses.
        config.quantization_config["dequantize"] = True
    model = transformers.AutoModelForCausalLM.from_pretrained(
        directory, config=config, dtype=torch.float32, attn_implementation="eager")
    # gptqmodel rounds weights to its scales' type, float16, in which they are then multiplied.
    return model.eval() if "gptq" in directory.name else torch.nn.Module.float(model).eval()


def losses(program, names):
    ids, result = token_ids("heldout"), {}
    with tempfile.TemporaryDirectory() as scratch:
        calibration = Path(scratch) / "windows.npy"
        np.save(calibration, windows().flatten().numpy().astype(np.uint16))
        calibrated = ["--calibration", calibration, "--context", "64", "--windows", "4"]
        for name in names:
            output = Path(scratch) / name
            needed = calibrated if "anvfp4" in name or "gptq" in name else []
            subprocess.run(
                [program, "--checkpoint", DEMO / "archive" / PLACE, *SPECS[name], *needed, "--output", output],
                check=True, stdout=subprocess.DEVNULL)
            result[name] = loss(load(output), ids, count=16)
            stored = json.loads((output / "config.json").read_text())["quantization_config"]
            print(name, result[name], stored.get("format", stored["quant_method"]), flush=True)
    return result


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--qid-quantize", required=True)
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("names", nargs="*", default=list(SPECS))
    options = arguments.parse_args()
    found, same = losses(options.qid_quantize, options.names), True
    if options.write:
        write_json("stored_forms.json", {"checkpoint": PLACE, "losses": found})
    else:
        for name, expected in read_json("stored_forms.json")["losses"].items():
            if name not in found:
                continue
            same &= compare(name, found[name], expected, TOLERANCES.get(name, 1e-6))
    raise SystemExit(not same)
