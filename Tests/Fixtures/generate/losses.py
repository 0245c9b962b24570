"""Losses of transformers models over windows of token ids, as the tests define them.

Windows are consecutive and do not overlap. Each is scored alone: every token but its first, given the tokens before it.
Weights and activations are float32, sums are float64.
"""

import json
from pathlib import Path

import numpy as np
import torch

FIXTURES = Path(__file__).resolve().parent.parent
DEMO = FIXTURES.parent.parent / "Manifests" / "demo"


def token_ids(name):
    """The ids of `heldout` or `calibration`, the demo's two shards."""
    return torch.from_numpy(np.load(FIXTURES / f"{name}.npy").astype(np.int64))


@torch.inference_mode()
def window_losses(model, ids, context, count):
    """The summed negative log-likelihood of each of the first `count` windows, in nats."""
    sums = []
    for window in ids[: context * count].view(count, context):
        logits = model(window[None], use_cache=False).logits[0, :-1]
        chosen = torch.log_softmax(logits.float(), -1).gather(1, window[1:, None])
        sums.append(-chosen.double().sum().item())
    return sums


def loss(model, ids, context=256, count=128):
    """The mean over all scored tokens."""
    return sum(window_losses(model, ids, context, count)) / (count * (context - 1))


def compare(name, found, expected, tolerance=1e-6):
    """Says how far a loss made again is from the one in the repository; false where that is too far."""
    difference = abs(found - expected)
    print(f"{name}: {found:.9f}, off by {difference:.1e}", flush=True)
    return difference <= tolerance


def read_json(path):
    return json.loads((FIXTURES / path).read_text())


def write_json(path, value):
    target = FIXTURES / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(value, indent=1) + "\n")
