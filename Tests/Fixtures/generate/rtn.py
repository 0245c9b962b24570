"""Losses of the demo's checkpoints under round to nearest: `rtn/<model>/<step>.json`.

usage: rtn.py [--write] [MODEL/STEP …]      (all that are in the repository)

Compares with the files there, or writes them. Symmetric: scale = max|w| / ((2^b - 1) / 2), codes from -2^(b-1) to
2^(b-1) - 1. Asymmetric: scale = (max(w, 0) - min(w, 0)) / (2^b - 1), zero = round(-min(w, 0) / scale). Ties go to the even
code; the scale is rounded to float16, as the weights are stored, before it is used; a group of zeros has scale 1.
"""

import argparse
import copy

import torch

import demo
from losses import FIXTURES, compare, loss, read_json, token_ids, write_json

SPECS = [(True, bits, None) for bits in (8, 4, 3, 2)] + [(False, bits, 16) for bits in (4, 3, 2)]


def name(symmetric, bits, group):
    return f"rtn-{'sym' if symmetric else 'asym'}-w{bits}-{f'g{group}' if group else 'channel'}"


def rounded(weight, symmetric, bits, group):
    groups = weight.reshape(-1, group or weight.shape[1])
    top = 2**bits - 1
    low, high = groups.amin(1, keepdim=True).clamp(max=0), groups.amax(1, keepdim=True).clamp(min=0)
    scale = torch.maximum(-low, high) / (top / 2) if symmetric else (high - low) / top
    scale = torch.where(low == high, 1.0, scale.half().float())
    if symmetric:
        half = 2 ** (bits - 1)
        result = (groups / scale).round().clamp(-half, half - 1) * scale
    else:
        zero = (-low / scale).round().clamp(0, top)
        result = (((groups / scale).round() + zero).clamp(0, top) - zero) * scale
    return result.reshape(weight.shape)


def losses(place):
    baseline, ids = demo.model(place), token_ids("heldout")
    result = {"tokens": 128 * 255, "baseline": loss(baseline, ids)}
    for spec in SPECS:
        variant = copy.deepcopy(baseline)
        for module in demo.linear_layers(variant).values():
            module.weight.data = rounded(module.weight.data, *spec)
        result[name(*spec)] = loss(variant, ids)
    return result


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("places", nargs="*")
    options = arguments.parse_args()
    known = [str(file.relative_to(FIXTURES / "rtn").with_suffix("")) for file in (FIXTURES / "rtn").glob("*/*.json")]
    same = True
    for place in options.places or sorted(known):
        found = losses(place)
        if options.write:
            write_json(f"rtn/{place}.json", found)
        else:
            for spec, expected in read_json(f"rtn/{place}.json").items():
                same &= compare(f"{place} {spec}", found[spec], expected)
    raise SystemExit(not same)
