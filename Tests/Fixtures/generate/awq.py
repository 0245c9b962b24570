"""Channel factors that AWQ's search finds for a checkpoint of the demo: `awq.json`.

usage: awq.py [--write]

The search as mit-han-lab/llm-awq's auto_scale does it (arXiv 2306.00978), on modules of transformers: of twenty exponents
the one with the least squared error of what the linear layers are part of. For queries, keys and values that is the
attention's output, for an MLP's first layer the MLP's, for the attention's output projection its own; inputs are those
of the model as it is, and the weights of one site at a time are rounded, to 3 bits in groups of 16. Tokens follow a rule,
so that the test can have the same.
"""

import argparse

import torch

import demo
from losses import compare, read_json, write_json
from rtn import rounded

PLACE = "neox-200k-seed1/step1024"
EXPONENTS = [step / 20 for step in range(20)]


def windows(count=4, context=64):
    """The token ids that the test calibrates on."""
    index = torch.arange(count * context)
    return ((7 * index * index + 3 * index + 5) % 1024).view(count, context)


def caught(module, calls):
    """Keeps what a module is called with."""
    return module.register_forward_pre_hook(
        lambda _, arguments, keywords: calls.append((arguments, keywords)), with_kwargs=True)


def first(output):
    return output[0] if isinstance(output, tuple) else output


def search(inspected, linear, calls, inputs):
    """The best exponent and its factors, one for each input channel of a linear layer."""
    plain, error = linear.weight.data, {}
    magnitude = inputs.abs().view(-1, inputs.shape[-1]).mean(0)
    wanted = [first(inspected(*arguments, **keywords)) for arguments, keywords in calls]
    for exponent in EXPONENTS:
        scales = magnitude.pow(exponent).clamp(min=1e-4)
        scales = scales / (scales.max() * scales.min()).sqrt()
        linear.weight.data = rounded(plain * scales, False, 3, 16) / scales
        found = [first(inspected(*arguments, **keywords)) for arguments, keywords in calls]
        error[exponent] = (sum((a - b).double().square().sum() for a, b in zip(found, wanted)).item(), scales)
    linear.weight.data = plain
    return min(error.items(), key=lambda entry: entry[1][0])


@torch.inference_mode()
def factors(place=PLACE):
    """Of each layer, by site: the exponent and the first four factors."""
    model, result = demo.model(place), []
    for layer in model.gpt_neox.layers:
        sites = [
            (layer.attention, layer.attention.query_key_value), (layer.attention.dense, layer.attention.dense),
            (layer.mlp, layer.mlp.dense_h_to_4h),
        ]
        calls = {module: [] for site in sites for module in site}
        hooks = [caught(module, kept) for module, kept in calls.items()]
        for window in windows():
            model(window[None], use_cache=False)
        for hook in hooks:
            hook.remove()
        found = []
        for inspected, linear in sites:
            inputs = torch.cat([arguments[0] for arguments, _ in calls[linear]])
            exponent, (_, scales) = search(inspected, linear, calls[inspected], inputs)
            found.append({"exponent": exponent, "factors": [round(value, 6) for value in scales[:4].tolist()]})
        result.append(dict(zip(("attention", "output", "mlp"), found)))
    return result


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    found, same = factors(), True
    if options.write:
        write_json("awq.json", {"checkpoint": PLACE, "layers": found})
    else:
        for index, (layer, known) in enumerate(zip(found, read_json("awq.json")["layers"])):
            for site, values in layer.items():
                same &= values["exponent"] == known[site]["exponent"]
                for a, b in zip(values["factors"], known[site]["factors"]):
                    same &= compare(f"layer {index} {site}", a, b, 2e-6)
    raise SystemExit(not same)
