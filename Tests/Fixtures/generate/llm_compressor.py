"""Checkpoints as llm-compressor makes them, and their losses: `llm-compressor/` and `llm-compressor.json`.

usage: llm_compressor.py            compares the losses with what transformers says now
       llm_compressor.py --write    writes them
       llm_compressor.py make       makes the checkpoints anew, with packages of its own: llmcompressor 0.14, which
                                    wants compressed-tensors 0.19 and transformers 5.17

One random llama model of one layer (widths 128 and 256) of 256 tokens, calibrated on the first 16 windows of
`calibration.npy`, whose ids are taken modulo 256:

    nvfp4, nvfp4a16    FP4 with scales for 16 weights, inputs too or not
    mxfp4a16, mxfp8a16 microscaling
    fp8-block          8-bit floats in blocks of 128 x 128, inputs by groups
    fp8-dynamic        8-bit floats, each token's inputs by a scale
    w4a16-gptq         GPTQ with `actorder: static`, symmetric, groups of 32
    w4a16-awq          AWQ, asymmetric, groups of 32
    w8a8-smoothquant   SmoothQuant, then GPTQ; each token's inputs by a scale
    mixed              8 bits for the MLP's last matrix, FP4 for the rest of the MLP, 4 bits by channel elsewhere
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import safetensors.torch
import torch
import transformers
from compressed_tensors.compressors.nvfp4.helpers import unpack_fp4_from_uint8

from losses import DEMO, FIXTURES, compare, loss, read_json, token_ids, window_losses, write_json

CONFIG = dict(
    vocab_size=256, hidden_size=128, intermediate_size=256, num_hidden_layers=1, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=256, tie_word_embeddings=True)
FOLDER = FIXTURES / "llm-compressor"
# What compressed-tensors 0.20 cannot load, or compute in float32, transformers dequantizes while it loads.
DEQUANTIZED = {"mxfp8a16", "w4a16-awq"}


def recipes():
    from llmcompressor.modifiers.gptq import GPTQModifier
    from llmcompressor.modifiers.quantization import QuantizationModifier
    from llmcompressor.modifiers.transform.awq import AWQModifier
    from llmcompressor.modifiers.transform.smoothquant import SmoothQuantModifier

    rest = dict(ignore=["lm_head"])

    def grid(bits, symmetric, group, targets=("Linear",)):
        weights = dict(num_bits=bits, type="int", symmetric=symmetric, strategy="group" if group else "channel")
        return dict(targets=list(targets), weights=weights | dict(group_size=group))

    def preset(name):
        return [QuantizationModifier(targets="Linear", scheme=name, **rest)]

    fp4 = dict(num_bits=4, type="float", symmetric=True, strategy="tensor_group", group_size=16)
    mixed = dict(
        group_0=grid(4, True, None, ["re:.*self_attn.*"]), group_1=grid(8, True, 32, ["re:.*down_proj$"]),
        group_2=dict(targets=["re:.*(gate|up)_proj$"], weights=fp4 | dict(scale_dtype="torch.float8_e4m3fn")))
    return {
        "nvfp4": preset("NVFP4"), "nvfp4a16": preset("NVFP4A16"), "mxfp4a16": preset("MXFP4A16"),
        "mxfp8a16": preset("MXFP8A16"), "fp8-block": preset("FP8_BLOCK"), "fp8-dynamic": preset("FP8_DYNAMIC"),
        "w4a16-gptq": [GPTQModifier(config_groups=dict(group_0=grid(4, True, 32)), actorder="static", **rest)],
        "w4a16-awq": [
            AWQModifier(duo_scaling=False), QuantizationModifier(config_groups=dict(group_0=grid(4, False, 32)), **rest)],
        "w8a8-smoothquant": [
            SmoothQuantModifier(smoothing_strength=0.5), GPTQModifier(targets="Linear", scheme="W8A8", **rest)],
        "mixed": [QuantizationModifier(config_groups=mixed, **rest)],
    }


def model():
    torch.manual_seed(7)
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**CONFIG)).float()
    for name, weight in model.named_parameters():
        if weight.ndim == 2:
            weight.data.normal_(0, 0.2 if "embed" in name else 0.7 / weight.shape[1] ** 0.5)
    return model.to(torch.bfloat16).eval()


def ids(name):
    return token_ids(name) % CONFIG["vocab_size"]


def make(name, recipe, directory):
    from datasets import Dataset
    from llmcompressor import oneshot
    from llmcompressor.modifiers.transform.awq import base
    from llmcompressor.pipelines.cache import IntermediatesCache

    if not torch.accelerator.is_available():
        # AWQ asks for one to sum up with other processes, and to pin memory for it.
        base._allreduce_data_sum = lambda data: data
        IntermediatesCache.pin_memory = lambda cache, index: None
    windows = ids("calibration")[: 16 * 128].view(16, 128)
    data = Dataset.from_dict(dict(input_ids=windows.tolist(), attention_mask=torch.ones_like(windows).tolist()))
    with tempfile.TemporaryDirectory() as folder:
        model().save_pretrained(folder)
        transformers.PreTrainedTokenizerFast(tokenizer_file=str(DEMO / "tokenizer.json")).save_pretrained(folder)
        whole = oneshot(
            model=folder, dataset=data, recipe=recipe, num_calibration_samples=16, max_seq_length=128,
            pipeline="sequential" if name.startswith("w") else "basic")
        shutil.rmtree(directory, ignore_errors=True)
        whole.save_pretrained(directory, save_compressed=True)
    for file in directory.iterdir():
        if file.name not in ("config.json", "model.safetensors"):
            file.unlink()
    config = directory / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()), indent=1) + "\n")


def reference(name):
    # compressed-tensors multiplies elements of FP4 and their scales in bfloat16 unless it is told otherwise.
    unpack_fp4_from_uint8.__defaults__ = (torch.float32,)
    config = transformers.AutoConfig.from_pretrained(FOLDER / name)
    with tempfile.TemporaryDirectory() as scratch:
        folder = FOLDER / name
        if name in DEQUANTIZED:
            # It multiplies in the type of scales as stored then, not in the model's.
            config.quantization_config["dequantize"] = True
            folder = shutil.copytree(folder, Path(scratch) / name)
            tensors = safetensors.torch.load_file(folder / "model.safetensors")
            tensors = {key: value.float() if value.dtype == torch.bfloat16 else value for key, value in tensors.items()}
            safetensors.torch.save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        whole = transformers.AutoModelForCausalLM.from_pretrained(folder, config=config, dtype=torch.float32)
    whole = torch.nn.Module.float(whole).eval()
    # Short windows show what each weight does: in long ones a number that rounds otherwise moves all that follows it.
    short = [sum / 3 for sum in window_losses(whole, ids("heldout"), 4, 64)]
    return dict(loss=loss(whole, ids("heldout"), 128, 4), windows=short)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("what", nargs="?", choices=["compare", "make"], default="compare")
    arguments = parser.parse_args()
    if arguments.what == "make":
        for name, recipe in recipes().items():
            make(name, recipe, FOLDER / name)
        return
    if arguments.write:
        return write_json("llm-compressor.json", {path.name: reference(path.name) for path in sorted(FOLDER.iterdir())})
    known = read_json("llm-compressor.json")
    good = [compare(name, reference(name)["loss"], expected["loss"]) for name, expected in known.items()]
    raise SystemExit(not all(good))


if __name__ == "__main__":
    main()
