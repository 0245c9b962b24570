"""How fast qid quantizes to each block type of GGUF beside ggml's own quantization (libgguf), on one thread each.

usage: gguf_speed.py QID-QUANTIZE [TYPE...]         prints a table: millions of weights a second, and the ratio

A model of one layer with 6.8 million random weights is compressed by qid-quantize under QID_THREADS=1; what it takes for plain
float32 is no quantization and is taken off, as is reading calibration text where a type wants an imatrix. libgguf gets the same
rows in one call. Both are measured in processor time, in turn, three times each, the least of which counts.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import libgguf
import numpy as np
from safetensors.numpy import save_file

WIDTH, INNER, VOCABULARY = 512, 4096, 64
TYPES = "q4_0 q5_1 q8_0 q2_k q3_k q4_k q5_k q6_k iq1_s iq1_m iq2_xxs iq2_xs iq2_s iq3_xxs iq3_s iq4_nl iq4_xs".split()
WANTED = {"iq1_s", "iq1_m", "iq2_xxs", "iq2_xs", "iq2_s"}
SHAPES = {
    "self_attn.q_proj": (WIDTH, WIDTH), "self_attn.k_proj": (WIDTH, WIDTH), "self_attn.v_proj": (WIDTH, WIDTH),
    "self_attn.o_proj": (WIDTH, WIDTH), "mlp.gate_proj": (INNER, WIDTH), "mlp.up_proj": (INNER, WIDTH), "mlp.down_proj": (WIDTH, INNER)}
TURNS = 3


def model(folder):
    random = np.random.default_rng(1)
    weights = {name: (0.03 * random.standard_normal(shape)).astype(np.float32) for name, shape in SHAPES.items()}
    tensors = {f"model.layers.0.{name}.weight": value for name, value in weights.items()}
    ones = np.ones(WIDTH, np.float32)
    for name in ("layers.0.input_layernorm", "layers.0.post_attention_layernorm", "norm"):
        tensors[f"model.{name}.weight"] = ones
    tensors["model.embed_tokens.weight"] = random.standard_normal((VOCABULARY, WIDTH)).astype(np.float32)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = dict(
        model_type="llama", architectures=["LlamaForCausalLM"], vocab_size=VOCABULARY, hidden_size=WIDTH, intermediate_size=INNER,
        num_hidden_layers=1, num_attention_heads=8, num_key_value_heads=8, max_position_embeddings=64, tie_word_embeddings=True)
    (folder / "config.json").write_text(json.dumps(config))
    np.save(folder / "ids.npy", random.integers(0, VOCABULARY, 64).astype(np.uint16))
    return weights


def of_children(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, env=os.environ | {"QID_THREADS": "1"}, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    program, types = sys.argv[1], sys.argv[2:] or TYPES
    count = sum(rows * columns for rows, columns in SHAPES.values())
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "model").mkdir()
        weights = model(folder / "model")
        calls = 0

        def qid(type, imatrix):
            nonlocal calls
            calls += 1
            text = ["--calibration", str(folder / "model/ids.npy"), "--context", "32", "--windows", "1"]
            return of_children(
                [program, "--checkpoint", str(folder / "model"), "--format", type, "--output", str(folder / str(calls))]
                + (text + ["--imatrix"] if imatrix else []))

        def ggml(type, imatrix):
            before = time.process_time()
            for value in weights.values():
                importance = np.ones(value.shape[1], np.float32) if imatrix else None
                libgguf.quantize_rows(value, getattr(libgguf.GGMLQuantizationType, type.upper()), importance)
            return time.process_time() - before

        plain = min(qid("f32", False) for _ in range(TURNS))
        read = max(0, min(qid("q8_0", False) for _ in range(1)) - plain)
        print(f"{count / 1e6:.1f} million weights; {plain:.2f} s of qid's time are no quantization, {read:.2f} s are q8_0's\n")
        print(f"{'type':8} {'qid M/s':>8} {'ggml M/s':>9} {'ratio':>6}", flush=True)
        for type in types:
            imatrix = type in WANTED
            ours, theirs = [], []
            for _ in range(TURNS):
                ours.append(qid(type, imatrix) - plain)
                theirs.append(ggml(type, imatrix))
            mine, other = min(ours), min(theirs)
            print(f"{type:8} {count / 1e6 / mine:8.2f} {count / 1e6 / other:9.2f} {other / mine:6.2f}", flush=True)


if __name__ == "__main__":
    main()
