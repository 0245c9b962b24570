"""How fast qid quantizes to each block type of GGUF beside ggml's own quantization (libgguf), on one thread each.

usage: gguf_speed.py QID-QUANTIZE [TYPE...]         prints a table: millions of weights a second, and the ratio

A model of random weights is compressed by qid-quantize under QID_THREADS=1: its whole run counts, reading and writing included,
so that the ratio is a lower bound. Where a type wants an imatrix, what the same text costs a run to q8_0 is taken off (the model is
run over it, and errors of layers are measured). libgguf gets the same rows, in memory.
Both are measured in processor time, in turn, three times each, the least of which counts.
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
SLOW = {"iq1_m", "iq2_xxs", "iq2_xs", "iq3_xxs", "iq3_s"}
SHAPES = {
    "self_attn.q_proj": (WIDTH, WIDTH), "self_attn.k_proj": (WIDTH, WIDTH), "self_attn.v_proj": (WIDTH, WIDTH),
    "self_attn.o_proj": (WIDTH, WIDTH), "mlp.gate_proj": (INNER, WIDTH), "mlp.up_proj": (INNER, WIDTH), "mlp.down_proj": (WIDTH, INNER)}
TURNS, LAYERS = 3, 8


def model(folder, layers):
    random = np.random.default_rng(1)
    weights = {name: (0.03 * random.standard_normal(shape)).astype(np.float32) for name, shape in SHAPES.items()}
    tensors = {f"model.layers.{layer}.{name}.weight": value for layer in range(layers) for name, value in weights.items()}
    for layer in range(layers):
        for name in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"model.layers.{layer}.{name}.weight"] = np.ones(WIDTH, np.float32)
    tensors["model.norm.weight"] = np.ones(WIDTH, np.float32)
    tensors["model.embed_tokens.weight"] = random.standard_normal((VOCABULARY, WIDTH)).astype(np.float32)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = dict(
        model_type="llama", architectures=["LlamaForCausalLM"], vocab_size=VOCABULARY, hidden_size=WIDTH, intermediate_size=INNER,
        num_hidden_layers=layers, num_attention_heads=8, num_key_value_heads=8, max_position_embeddings=64, tie_word_embeddings=True)
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
    with tempfile.TemporaryDirectory() as scratch:
        calls, folders, weights = 0, {}, {}
        for layers in (1, LAYERS):
            folders[layers] = Path(scratch) / f"layers-{layers}"
            folders[layers].mkdir()
            weights = model(folders[layers], layers)

        def qid(folder, type, *more):
            nonlocal calls
            calls += 1
            return of_children(
                [program, "--checkpoint", str(folder), "--format", type, "--output", str(Path(scratch) / str(calls)), *more])

        def calibrated(folder, type):
            text = ["--calibration", str(folder / "ids.npy"), "--context", "32", "--windows", "1"]
            return qid(folder, type, "--imatrix", *text) - (qid(folder, "q8_0", *text) - qid(folder, "q8_0"))

        def ggml(layers, type, imatrix):
            before = time.process_time()
            for _ in range(layers):
                for value in weights.values():
                    importance = np.ones(value.shape[1], np.float32) if imatrix else None
                    libgguf.quantize_rows(value, getattr(libgguf.GGMLQuantizationType, type.upper()), importance)
            return time.process_time() - before

        print("| type | weights, millions | qid, M/s | libgguf, M/s | ratio |\n|---|---|---|---|---|", flush=True)
        for type in types:
            # Types whose search takes a minute get one layer.
            imatrix, layers = type in WANTED, 1 if type in SLOW else LAYERS
            ours, theirs = [], []
            for _ in range(TURNS):
                ours.append(calibrated(folders[layers], type) if imatrix else qid(folders[layers], type))
                theirs.append(ggml(layers, type, imatrix))
            mine, other = min(ours), min(theirs)
            count = layers * sum(rows * columns for rows, columns in SHAPES.values()) / 1e6
            print(f"| {type} | {count:.1f} | {count / mine:.2f} | {count / other:.2f} | {other / mine:.2f} |", flush=True)


if __name__ == "__main__":
    main()
