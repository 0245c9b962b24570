"""Checkpoints quantized as other tools store them, and their losses: `quantized/` and `quantized.json`.

usage: quantized.py            compares the losses with what transformers says now
       quantized.py --write    makes the checkpoints anew and writes them

One random llama model of one layer, whose widths (48 and 80) blocks of 32 do not divide, in these forms:

    ct-mixed      compressed-tensors, mixed-precision: packed integers in groups for attention, 8-bit floats in blocks for the
                  MLP, integers by output for its last matrix; schemes by expression and by name
    fp8-blocks    8-bit floats in blocks with `weight_scale_inv`, as transformers' FineGrainedFP8Config
    modelopt-fp8  ModelOpt's older export: 8-bit floats with one scale, said in hf_quant_config.json alone
    conv1d        a GPT-2 of one layer in the form that qid writes for its Conv1D: compressed-tensors' blocks of 16 inputs and
                  one output, asymmetric integers, dequantized by transformers while it loads
    gptq-dynamic  GPTQ's layout (format gptq_v2), 4 bits but 8 for the MLP and none for the last matrix, by `dynamic`

Losses of the first two and of conv1d are those of the checkpoints as transformers loads them; it cannot load the other two without a
GPU's packages, so theirs are of the model with the weights that were stored, multiplied out.
"""

import argparse
import json
import shutil

import safetensors.torch
import torch
import transformers
from compressed_tensors.compressors import BaseCompressor
from compressed_tensors.quantization import QuantizationScheme

from losses import FIXTURES, compare, loss, read_json, token_ids, write_json

WIDTH, INNER, PREFIX = 48, 80, "model.layers.0."
CONFIG = dict(
    vocab_size=1024, hidden_size=WIDTH, intermediate_size=INNER, num_hidden_layers=1, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=256, tie_word_embeddings=True)
GPT2 = dict(vocab_size=1024, n_embd=WIDTH, n_inner=INNER, n_layer=1, n_head=4, n_positions=256)
LINEAR = [f"self_attn.{x}_proj" for x in "qkvo"] + [f"mlp.{x}_proj" for x in ("gate", "up", "down")]


def model(name=""):
    torch.manual_seed(5)
    if name == "conv1d":
        model = transformers.GPT2LMHeadModel(transformers.GPT2Config(**GPT2)).float()
    else:
        model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**CONFIG)).float()
    for name, weight in model.named_parameters():
        if weight.ndim == 2:
            weight.data.normal_(0, 0.5 if "embed" in name else 1.5 / weight.shape[1] ** 0.5)
        weight.data = weight.data.bfloat16().float()
    return model.eval()


def grid(weight, bits, symmetric):
    """Scale and zero point of each row of `weight`, as compressed-tensors counts them."""
    low, high = weight.amin(-1).clamp(max=0), weight.amax(-1).clamp(min=0)
    if symmetric:
        return torch.maximum(-low, high) / ((2**bits - 1) / 2), None
    scale = (high - low) / (2**bits - 1)
    return scale, (-(2 ** (bits - 1)) - low / scale).round().clamp(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1).to(torch.int8)


def blocks(weight, size):
    """The largest magnitude of each block."""
    rows, columns = -(-weight.shape[0] // size), -(-weight.shape[1] // size)
    return torch.stack(
        [
            torch.stack([weight[r * size : (r + 1) * size, c * size : (c + 1) * size].abs().max() for c in range(columns)])
            for r in range(rows)
        ])


def spread(scales, size, weight):
    return scales.repeat_interleave(size, 0)[: weight.shape[0]].repeat_interleave(size, 1)[:, : weight.shape[1]]


def ct_mixed(weights):
    def scheme(targets, format, **arguments):
        return dict(targets=targets, format=format, weights=dict(dynamic=False, **arguments))

    groups = dict(
        group_0=scheme(
            ["re:.*self_attn.*"], "pack-quantized", num_bits=4, type="int", symmetric=True, strategy="group", group_size=16),
        group_1=scheme(
            ["re:.*mlp.*"], "float-quantized", num_bits=8, type="float", symmetric=True, strategy="block",
            block_structure=[32, 32]),
        group_2=scheme(
            [PREFIX + "mlp.down_proj"], "pack-quantized", num_bits=6, type="int", symmetric=True, strategy="channel"))
    tensors = {}
    for name, weight in weights.items():
        number = 2 if "down" in name else 1 if "mlp" in name else 0
        group = groups[f"group_{number}"]
        state = dict(weight=weight)
        if number == 0:
            state["weight_scale"] = grid(weight.unflatten(1, (-1, 16)), 4, True)[0]
        elif number == 1:
            state["weight_scale"] = blocks(weight, 32) / 448
        else:
            state["weight_scale"] = grid(weight, 6, True)[0][:, None]
        quantization = QuantizationScheme(**group)
        compressor = BaseCompressor.get_value_from_registry(group["format"])
        tensors |= {f"{name}.{key}": value.contiguous() for key, value in compressor.compress(state, quantization).items()}
    groups["group_1"]["weights"]["block_structure"] = "32x32"
    config = dict(
        quant_method="compressed-tensors", format="mixed-precision", quantization_status="compressed", ignore=["lm_head"],
        config_groups=groups)
    return tensors, dict(quantization_config=config), None


def float8(weight, scale):
    return (weight / scale).clamp(-448, 448).to(torch.float8_e4m3fn)


def fp8_blocks(weights):
    tensors = {}
    for name, weight in weights.items():
        scales = blocks(weight, 8) / 448
        tensors[name + ".weight"] = float8(weight, spread(scales, 8, weight))
        tensors[name + ".weight_scale_inv"] = scales
    config = dict(quant_method="fp8", activation_scheme="dynamic", weight_block_size=[8, 8])
    return tensors, dict(quantization_config=config), None


def modelopt_fp8(weights):
    tensors, values = {}, {}
    for name, weight in weights.items():
        scale = weight.abs().max() / 448
        tensors[name + ".weight"] = float8(weight, scale)
        tensors[name + ".weight_scale"], tensors[name + ".input_scale"] = scale.view(1), torch.tensor(0.5)
        values[name] = tensors[name + ".weight"].float() * scale
    said = dict(producer=dict(name="modelopt", version="0.15"), quantization=dict(quant_algo="FP8", kv_cache_quant_algo="FP8"))
    return tensors, {"hf_quant_config.json": said}, values


def words(codes, bits):
    """Packs codes, items × rows, along the items: a row's stream of bits in words of 32."""
    stream = ((codes[:, None] >> torch.arange(bits)[None, :, None]) & 1).reshape(-1, 32, codes.shape[1])
    packed = (stream.long() << torch.arange(32)[None, :, None]).sum(1)
    return torch.where(packed >= 2**31, packed - 2**32, packed).int()


def gptq_dynamic(weights):
    tensors, values = {}, {}
    for name, weight in weights.items():
        if "down" in name:
            tensors[name + ".weight"] = weight.bfloat16()
            continue
        bits = 8 if "mlp" in name else 4
        scale, zero = grid(weight.unflatten(1, (-1, 16)), bits, False)
        scale, zero = scale.half().float(), zero.long() + 2 ** (bits - 1)
        codes = ((weight.unflatten(1, (-1, 16)) / scale[..., None]).round() + zero[..., None]).clamp(0, 2**bits - 1).long()
        tensors[name + ".qweight"] = words(codes.flatten(1).T.contiguous(), bits)
        tensors[name + ".qzeros"] = words(zero.contiguous(), bits).T.contiguous()
        tensors[name + ".scales"] = scale.T.half().contiguous()
        tensors[name + ".g_idx"] = (torch.arange(weight.shape[1]) // 16).int()
        values[name] = ((codes - zero[..., None]).half() * scale[..., None].half()).float().flatten(1)
    config = dict(
        quant_method="gptq", bits=4, group_size=16, sym=False, desc_act=False, checkpoint_format="gptq_v2",
        dynamic={r"-:.*\.down_proj": {}, r"+:.*\.mlp\..*": dict(bits=8)})
    return tensors, dict(quantization_config=config), values


def conv1d(weights):
    arguments = dict(
        num_bits=4, type="int", symmetric=False, strategy="block", block_structure=[16, 1], dynamic=False)
    group = dict(targets=["Conv1D"], format="pack-quantized", weights=arguments)
    compressor, tensors = BaseCompressor.get_value_from_registry("pack-quantized"), {}
    for name, weight in weights.items():
        scale, zero = grid(weight.T.unflatten(1, (-1, 16)), 4, False)
        state = dict(weight=weight, weight_scale=scale.T.contiguous(), weight_zero_point=zero.T.contiguous())
        made = compressor.compress(state, QuantizationScheme(**group))
        tensors |= {f"{name}.{key}": value.contiguous() for key, value in made.items()}
    config = dict(
        quant_method="compressed-tensors", format="pack-quantized", quantization_status="compressed", dequantize=True,
        config_groups=dict(group_0=group), ignore=["lm_head"])
    return tensors, dict(quantization_config=config), None


FORMS = {"conv1d": conv1d, "ct-mixed": ct_mixed, "fp8-blocks": fp8_blocks, "modelopt-fp8": modelopt_fp8, "gptq-dynamic": gptq_dynamic}


def make(name, directory):
    """Writes a checkpoint; returns the weights that it stands for where transformers cannot load it."""
    state = {key: value for key, value in model(name).state_dict().items() if key != "lm_head.weight"}
    linear = [PREFIX + key for key in LINEAR]
    if name == "conv1d":
        linear = [f"transformer.h.0.{key}" for key in ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")]
    weights = {key: state.pop(f"{key}.weight") for key in linear}
    tensors, said, values = FORMS[name](weights)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    safetensors.torch.save_file(
        tensors | {key: value.bfloat16().contiguous() for key, value in state.items()}, directory / "model.safetensors",
        metadata={"format": "pt"})
    if name == "conv1d":
        config = dict(architectures=["GPT2LMHeadModel"], model_type="gpt2", torch_dtype="bfloat16", **GPT2)
    else:
        config = dict(architectures=["LlamaForCausalLM"], model_type="llama", torch_dtype="bfloat16", **CONFIG)
    for file, members in said.items():
        if file.endswith(".json"):
            write(directory / file, members)
        else:
            config[file] = members
    write(directory / "config.json", config)
    return values


def write(file, value):
    file.write_text(json.dumps(value, indent=2) + "\n")


def reference(name, values, ids):
    if values is None:
        directory = FIXTURES / "quantized" / name
        return loss(transformers.AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32).eval(), ids, 128, 4)
    whole = model()
    for key, value in values.items():
        whole.get_submodule(key).weight.data = value
    return loss(whole, ids, 128, 4)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    ids, found, same = token_ids("heldout"), {}, True
    known = {} if options.write else read_json("quantized.json")
    for name in FORMS:
        directory = FIXTURES / "quantized" / name
        values = make(name, directory if options.write else directory.with_suffix(".new"))
        found[name] = reference(name, values, ids)
        if not options.write:
            shutil.rmtree(directory.with_suffix(".new"))
            same &= compare(name, found[name], known[name])
    if options.write:
        write_json("quantized.json", found)
    raise SystemExit(not same)
