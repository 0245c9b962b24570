"""Losses of a demo checkpoint whose weights and activations are quantized: `activations.json`.

usage: activations.py --qid-quantize PROGRAM [--write]

PROGRAM writes the directories, in the layout of compressed-tensors; transformers reads them with compressed-tensors and
rounds the inputs of their layers. What is compared is the forward pass alone, over the first 16 windows of 256 tokens of
`heldout.npy`.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import demo
from awq import PLACE, windows
from losses import DEMO, compare, loss, read_json, token_ids, write_json

SPECS = {
    "rtn-sym-w8-channel": ["--bits", "8"],
    "rtn-sym-w8-channel-a8": ["--bits", "8", "--activations", "8"],
    "rtn-sym-w8-channel-a8tensor": ["--bits", "8", "--activations", "8", "--activation-scale", "tensor"],
    "rtn-sym-w4-channel-a4": ["--bits", "4", "--activations", "4"],
}
# An input on a tie is rounded by the last bit of a sum, which differs from processor to processor.
TOLERANCES = {"rtn-sym-w8-channel-a8": 5e-4, "rtn-sym-w8-channel-a8tensor": 5e-4, "rtn-sym-w4-channel-a4": 4e-3}


def losses(program):
    ids = token_ids("heldout")
    result = {"baseline": loss(demo.model(PLACE), ids, count=16)}
    with tempfile.TemporaryDirectory() as scratch:
        calibration = Path(scratch) / "windows.npy"
        np.save(calibration, windows().flatten().numpy().astype(np.uint16))
        calibrated = ["--calibration", calibration, "--context", "64", "--windows", "4"]
        for name, options in SPECS.items():
            output = Path(scratch) / name
            needed = calibrated if "tensor" in name else []
            subprocess.run(
                [program, "--checkpoint", DEMO / "archive" / PLACE, *options, *needed, "--output", output],
                check=True, stdout=subprocess.DEVNULL)
            result[name] = loss(demo.load(output), ids, count=16)
    return result


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--qid-quantize", required=True)
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    found, same = losses(options.qid_quantize), True
    if options.write:
        write_json("activations.json", {"checkpoint": PLACE, "losses": found})
    else:
        for name, expected in read_json("activations.json")["losses"].items():
            same &= compare(name, found[name], expected, TOLERANCES.get(name, 1e-6))
    raise SystemExit(not same)
