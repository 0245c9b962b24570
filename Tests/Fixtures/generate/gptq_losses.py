"""Losses of the demo's checkpoints under GPTQ: `gptq.json`.

usage: gptq_losses.py --gptq DIR [--write] [MODEL/STEP …]      (all that are in the file)

DIR is a clone of https://github.com/IST-DASLab/gptq, whose own class does the work; it is no part of this repository.
Calibration: the first 128 windows of 256 tokens of `calibration.npy`, one at a time, layer after layer on the outputs of
the quantized ones before it; damping 1 %, blocks of 128 columns, scales in float32 as that code has them.
"""

import argparse
import sys

import torch

import demo
from losses import compare, loss, read_json, token_ids, write_json

SPECS = (
    [(False, bits, None, False) for bits in (4, 3, 2)] + [(False, bits, 16, False) for bits in (4, 3, 2)]
    + [(True, 3, None, False), (False, 3, 16, True)]
)


def name(symmetric, bits, group, act_order):
    form = f"gptq-{'sym' if symmetric else 'asym'}-w{bits}-{f'g{group}' if group else 'channel'}"
    return form + ("-actorder" if act_order else "")


class Caught(Exception):
    """Ends a forward pass at the first layer."""


@torch.inference_mode()
def inputs_of_the_first_layer(model, windows):
    """Hidden states and the other arguments of a layer, a pair for each window."""
    inputs = []

    def catch(module, arguments, keywords):
        inputs.append((arguments[0].clone(), keywords))
        raise Caught

    handle = model.gpt_neox.layers[0].register_forward_pre_hook(catch, with_kwargs=True)
    for window in windows:
        try:
            model(window[None], use_cache=False)
        except Caught:
            pass
    handle.remove()
    return inputs


@torch.inference_mode()
def quantize(model, spec, windows):
    from gptq import GPTQ
    from quant import Quantizer

    symmetric, bits, group, act_order = spec
    inputs = inputs_of_the_first_layer(model, windows)
    for layer in model.gpt_neox.layers:
        solvers = {}
        for module in layer.modules():
            if isinstance(module, torch.nn.Linear):
                solvers[module] = GPTQ(module)
                solvers[module].quantizer = Quantizer()
                solvers[module].quantizer.configure(bits, perchannel=True, sym=symmetric, mse=False)
        handles = [
            module.register_forward_hook(lambda module, given, out: solvers[module].add_batch(given[0].data, out.data))
            for module in solvers
        ]
        for hidden, keywords in inputs:
            layer(hidden, **keywords)
        for handle in handles:
            handle.remove()
        for solver in solvers.values():
            solver.fasterquant(blocksize=128, percdamp=0.01, groupsize=group or -1, actorder=act_order)
            solver.free()
        inputs = [(first(layer(hidden, **keywords)), keywords) for hidden, keywords in inputs]


def first(output):
    return output[0] if isinstance(output, tuple) else output


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--gptq", required=True)
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("places", nargs="*")
    options = arguments.parse_args()
    sys.path.insert(0, options.gptq)
    # That code waits for the graphics processor to measure its time.
    torch.cuda.synchronize = lambda *_: None
    held_out, windows = token_ids("heldout"), token_ids("calibration")[: 128 * 256].view(128, 256)
    known, same = read_json("gptq.json"), True
    for place in options.places or list(known):
        found = {}
        for spec in SPECS:
            model = demo.model(place)
            quantize(model, spec, windows)
            found[name(*spec)] = loss(model, held_out)
            if not options.write:
                same &= compare(f"{place} {name(*spec)}", found[name(*spec)], known[place][name(*spec)])
        known[place] = found
    if options.write:
        write_json("gptq.json", known)
    raise SystemExit(not same)
