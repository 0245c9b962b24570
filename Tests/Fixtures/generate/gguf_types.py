"""What llama-quantize gives each tensor of small models: `gguf/types.json`.

    pip install gguf numpy cffi llama-cpp-py-sync; python gguf_types.py

llama.cpp's own `llama_model_quantize` (the library in PyPI's llama-cpp-py-sync 0.11739) makes every file type of each model
below, with and without an imatrix. Of each file the fixture has the type that most quantized tensors got and those that got
another one.
"""

import json
import tempfile
from pathlib import Path

import gguf
import numpy as np
from llama_cpp_py_sync import _cffi_bindings as bindings

ffi, lib = bindings.get_ffi(), bindings.get_lib()
FILE_TYPES = {
    "q4_0": 2, "q4_1": 3, "q8_0": 7, "q5_0": 8, "q5_1": 9, "q2_k": 10, "q3_k_s": 11, "q3_k_m": 12, "q3_k_l": 13,
    "q4_k_s": 14, "q4_k_m": 15, "q5_k_s": 16, "q5_k_m": 17, "q6_k": 18, "iq2_xxs": 19, "iq2_xs": 20, "q2_k_s": 21,
    "iq3_xs": 22, "iq3_xxs": 23, "iq1_s": 24, "iq4_nl": 25, "iq3_s": 26, "iq3_m": 27, "iq2_s": 28, "iq2_m": 29,
    "iq4_xs": 30, "iq1_m": 31, "tq1_0": 36, "tq2_0": 37, "mxfp4_moe": 38,
}
# Architecture, layers, heads, heads of keys, experts, whether the head is tied, and the width.
MODELS = {
    "llama": ("llama", 16, 4, 4, 0, False, 256),
    "grouped": ("llama", 17, 8, 2, 0, True, 256),
    "narrow": ("llama", 2, 4, 4, 0, False, 96),
    "mixtral": ("llama", 8, 4, 2, 8, False, 256),
    "gptneox": ("gptneox", 16, 4, 4, 0, False, 256),
    "falcon": ("falcon", 16, 4, 1, 0, False, 256),
    "qwen2": ("qwen2", 80, 8, 1, 0, False, 256),
}


def weights(arch, layers, heads, kv, experts, tied, width):
    """Names and shapes; rules ask for no number of rows, so there are few."""
    rows = 8
    yield "token_embd.weight", (rows, width)
    if not tied:
        yield "output.weight", (rows, width)
    yield "output_norm.weight", (width,)
    for layer in range(layers):
        name = f"blk.{layer}.".__add__
        fused = arch in ("gptneox", "falcon")
        for part in ("qkv", "output") if fused else ("q", "k", "v", "output"):
            yield name(f"attn_{part}.weight"), (rows, width)
        yield name("attn_norm.weight"), (width,)
        if experts:
            yield name("ffn_gate_inp.weight"), (experts, width)
        for part in ("up", "down") if fused else ("up", "down", "gate"):
            yield name(f"ffn_{part}{'_exps' if experts else ''}.weight"), (experts, rows, width) if experts else (rows, width)


def write(path, model):
    arch, layers, heads, kv, experts, _, width = model
    writer = gguf.GGUFWriter(path, arch)
    writer.add_context_length(64)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(width)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_layer_norm_eps(1e-5)
    writer.add_rope_dimension_count(width // heads)
    writer.add_parallel_residual(True)
    if experts:
        writer.add_expert_count(experts)
        writer.add_expert_used_count(2)
    writer.add_tokenizer_model("none")
    writer.add_vocab_size(256)
    random = np.random.default_rng(1)
    rows = random.standard_normal(256 * 64).astype(np.float16) * np.float16(0.1)
    for name, shape in weights(*model):
        value = rows[: int(np.prod(shape))].reshape(shape)
        writer.add_tensor(name, value.astype(np.float32) if len(shape) == 1 or "gate_inp" in name else value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def quantize(source, target, number, importance):
    """False where llama.cpp refuses."""
    parameters = lib.llama_model_quantize_default_params()
    parameters.ftype, parameters.nthread = number, 2
    keep = []
    if importance:
        entries = ffi.new("struct llama_model_imatrix_data[]", len(importance) + 1)
        for entry, (name, values) in zip(entries, importance.items()):
            keep += [ffi.new("char[]", name.encode()), ffi.new("float[]", values.tolist())]
            entry.name, entry.data, entry.size = keep[-2], keep[-1], len(values)
        parameters.imatrix = entries
    result = lib.llama_model_quantize(str(source).encode(), str(target).encode(), ffi.new(
        "llama_model_quantize_params *", parameters))
    return result == 0


def types(path, names):
    found = {tensor.name: tensor.tensor_type.name.lower() for tensor in gguf.GGUFReader(path).tensors}
    return [found[name] for name in names]


@ffi.callback("void(enum ggml_log_level, const char *, void *)")
def silent(level, text, data):
    pass


def main():
    lib.llama_log_set(silent, ffi.NULL)
    result = {}
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source.gguf", Path(folder) / "target.gguf"
        for label, model in MODELS.items():
            write(source, model)
            arch, layers, heads, kv, experts, _, width = model
            given = dict(weights(*model))
            ones = {name: np.ones(width * (shape[0] if len(shape) > 2 else 1)) for name, shape in given.items()}
            files = {}
            for name, number in FILE_TYPES.items():
                for kind, importance in (("plain", None), ("imatrix", ones)):
                    if not quantize(source, target, number, importance):
                        files[f"{name} {kind}"] = None
                        continue
                    made = dict(zip(given, types(target, given)))
                    original = dict(zip(given, types(source, given)))
                    changed = {key: value for key, value in made.items() if value != original[key]}
                    usual = max(set(changed.values()), key=lambda one: (list(changed.values()).count(one), one))
                    others = {key: value for key, value in changed.items() if value != usual}
                    files[f"{name} {kind}"] = {"usual": usual, "others": others}
            result[label] = {
                "architecture": arch, "layers": layers, "heads": heads, "key_value_heads": kv, "experts": experts,
                "weights": {name: list(shape) for name, shape in given.items()}, "files": files,
            }
            print(label, sum(value is None for value in files.values()), "refused")
    fixture = Path(__file__).resolve().parent.parent / "gguf" / "types.json"
    fixture.write_text(json.dumps(result, separators=(",", ":")) + "\n")


main()
