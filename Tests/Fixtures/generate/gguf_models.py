"""Makes gguf/values.gguf with PyPI's gguf: every type of value in the metadata, and three tensors.

    pip install gguf; python gguf_models.py
"""

from pathlib import Path

import gguf
import numpy

folder = Path(__file__).parent.parent / "gguf"


def values():
    writer = gguf.GGUFWriter(folder / "values.gguf", "none")
    writer.add_uint8("qid.uint8", 200)
    writer.add_int8("qid.int8", -100)
    writer.add_uint16("qid.uint16", 60_000)
    writer.add_int16("qid.int16", -30_000)
    writer.add_uint32("qid.uint32", 4_000_000_000)
    writer.add_int32("qid.int32", -2_000_000_000)
    writer.add_uint64("qid.uint64", 1 << 63)
    writer.add_int64("qid.int64", -1 << 62)
    writer.add_float32("qid.float32", 0.1)
    writer.add_float64("qid.float64", 0.1)
    writer.add_bool("qid.bool", True)
    writer.add_string("qid.string", "grüße ▁")
    writer.add_array("qid.strings", ["a", "", "▁b"])
    writer.add_array("qid.numbers", [1, -2, 3])
    writer.add_tensor("plain", numpy.arange(6, dtype=numpy.float32).reshape(2, 3))
    writer.add_tensor("half", numpy.arange(5, dtype=numpy.float16))
    blocks = gguf.quants.quantize(
        numpy.linspace(-1, 1, 128, dtype=numpy.float32).reshape(2, 64), gguf.GGMLQuantizationType.Q8_0)
    writer.add_tensor("blocks", blocks, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


folder.mkdir(exist_ok=True)
values()


# Tiny random models as llama.cpp's convert_hf_to_gguf.py would write them, in Q8_0 where rows allow it, and the losses that
# transformers computes of the same files (`gguf_file=`):
#
#     pip install gguf torch transformers; python gguf_models.py models

import json
import sys

COMMON = dict(vocab_size=96, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=64)


def permuted(weight, heads):
    """Halves of a head become neighbours, as llama.cpp's rotation has them."""
    shape = weight.shape
    return weight.reshape(heads, 2, shape[0] // heads // 2, *shape[1:]).swapaxes(1, 2).reshape(shape)


def together(weight, heads):
    """Queries, keys and values of each head become all queries, all keys, all values."""
    size = weight.shape[0] // (3 * heads)
    parts = weight.reshape(heads, 3, size, *weight.shape[1:])
    return numpy.concatenate([parts[:, i].reshape(heads * size, *weight.shape[1:]) for i in range(3)])


def models():
    """Name, configuration, and what a tensor becomes by its name."""
    from transformers import (BloomConfig, Gemma2Config, Gemma3TextConfig, GPT2Config, LlamaConfig, NemotronConfig,
                              Phi3Config, Qwen2Config, Qwen3Config, StableLmConfig, Starcoder2Config)

    grouped = dict(COMMON, num_key_value_heads=2, intermediate_size=96)

    def llama(name, x):
        if "q_proj" in name:
            return permuted(x, 4)
        return permuted(x, 2) if "k_proj" in name else x

    def more(name, x):
        return x + 1 if name.endswith("norm.weight") else x

    def same(name, x):
        return x

    def conv(name, x):
        return x.T if x.ndim == 2 and any(part in name for part in ("c_attn", "c_proj", "c_fc")) else x

    def bloom(name, x):
        return together(x, 4) if "query_key_value" in name else x

    yield "llama", LlamaConfig(**grouped, tie_word_embeddings=True, rms_norm_eps=1e-5), llama
    yield "qwen2", Qwen2Config(**grouped), same
    yield "qwen3", Qwen3Config(**grouped, head_dim=32), same
    yield "gemma2", Gemma2Config(**grouped, head_dim=16, query_pre_attn_scalar=16, sliding_window=16), more
    yield "gemma3", Gemma3TextConfig(**grouped, head_dim=16, query_pre_attn_scalar=16, sliding_window=16), more
    yield "phi3", Phi3Config(**grouped, pad_token_id=0), same
    yield "stablelm", StableLmConfig(**grouped, partial_rotary_factor=0.25), same
    yield "starcoder2", Starcoder2Config(**grouped, use_bias=True, tie_word_embeddings=True), same
    yield "gpt2", GPT2Config(n_embd=64, n_layer=2, n_head=4, n_positions=64, vocab_size=96), conv
    yield "bloom", BloomConfig(hidden_size=64, n_layer=2, n_head=4, vocab_size=96), bloom


def metadata(writer, arch, config):
    heads = config.num_attention_heads
    head_size = getattr(config, "head_dim", None) or config.hidden_size // heads
    writer.add_context_length(getattr(config, "max_position_embeddings", 64))
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(getattr(config, "intermediate_size", None) or 4 * config.hidden_size)
    writer.add_head_count(heads)
    writer.add_head_count_kv(getattr(config, "num_key_value_heads", None) or heads)
    writer.add_vocab_size(config.vocab_size)
    epsilons = [(writer.add_layer_norm_rms_eps, "rms_norm_eps")] + [
        (writer.add_layer_norm_eps, name) for name in ("layer_norm_eps", "layer_norm_epsilon", "norm_epsilon")]
    for add, name in epsilons:
        if hasattr(config, name):
            add(getattr(config, name))
    if arch in ("qwen3", "gemma2", "gemma3"):
        writer.add_key_length(head_size)
        writer.add_value_length(head_size)
    if arch not in ("gpt2", "bloom"):
        rope = config.rope_parameters
        rope = rope.get("full_attention", rope)
        writer.add_rope_freq_base(rope["rope_theta"])
        writer.add_rope_dimension_count(int(head_size * rope.get("partial_rotary_factor", 1)))
    if arch == "gemma2":
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
    if arch in ("gemma2", "gemma3"):
        writer.add_sliding_window(config.sliding_window)
    if arch == "stablelm":
        writer.add_parallel_residual(config.use_parallel_residual)


def model(arch, config, change, losses):
    import torch
    from transformers import AutoModelForCausalLM

    torch.manual_seed(len(arch))
    made = AutoModelForCausalLM.from_config(config).float().eval()
    for name, tensor in made.named_parameters():
        tensor.data = torch.randn_like(tensor) * (0.3 if tensor.ndim > 1 else 0.1) + (
            1 if tensor.ndim == 1 and name.endswith("weight") and "gemma" not in arch else 0)
    path = folder / f"{arch}.gguf"
    writer = gguf.GGUFWriter(path, arch)
    writer.add_file_type(7)
    metadata(writer, arch, config)
    number = next(key for key, value in gguf.MODEL_ARCH_NAMES.items() if value == arch)
    names = gguf.get_tensor_name_map(number, 2)
    for name, tensor in made.state_dict().items():
        name = name if arch != "bloom" else name.removeprefix("transformer.")
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        stored = names.get_name(name, try_suffixes=(".weight", ".bias"))
        value = numpy.ascontiguousarray(change(name, tensor.numpy()))
        if value.ndim > 1 and value.shape[-1] % 32 == 0:
            blocks = gguf.quants.quantize(value, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(stored, blocks, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(stored, value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    read = AutoModelForCausalLM.from_pretrained(folder, gguf_file=path.name, config=config, dtype=torch.float32).eval()
    tokens = torch.tensor([[(7 * i * i + 3 * i + w) % 96 for i in range(32)] for w in range(2)])
    with torch.no_grad():
        scores = read(tokens).logits[:, :-1].double().log_softmax(-1)
    losses[arch] = (-scores.gather(2, tokens[:, 1:, None]).mean(dim=(1, 2))).tolist()


if "models" in sys.argv:
    losses = {}
    for arch, config, change in models():
        try:
            model(arch, config, change, losses)
        except Exception as error:
            print(arch, type(error).__name__, str(error)[:300])
    (folder / "losses.json").write_text(json.dumps(losses, indent=1) + "\n")
