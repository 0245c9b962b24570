"""Files of `torch.save` in its formats, and what is in them: `torch/` and `torch.json`.

usage: torch_files.py            compares what is in the files with torch.json
       torch_files.py --write    makes the files anew and writes it

    zip.bin       the zip that torch has written since 1.6: views of one storage (a transpose, a part), a parameter, an empty
                  tensor, a scalar, every kind of type
    legacy.bin    the same in the format before, without the types that it has no storages for
    protocol4.bin the same with pickle's fourth protocol
    wrapped.bin   a model's tensors as a trainer saves them, under `state_dict` beside other things
    sharded/      a checkpoint in two shards with pytorch_model.bin.index.json

torch.json has each tensor's name with its type and shape as safetensors would have them, and the SHA-256 of its values.
"""

import argparse
import collections
import hashlib
import json

import torch

from losses import FIXTURES, read_json, write_json

TYPES = {
    torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16", torch.uint8: "U8",
    torch.int8: "I8", torch.int16: "I16", torch.int32: "I32", torch.int64: "I64", torch.bool: "BOOL",
    torch.uint16: "U16", torch.float8_e4m3fn: "F8_E4M3", torch.float8_e5m2: "F8_E5M2",
}


def tensors():
    torch.manual_seed(3)
    base = torch.randn(6, 4)
    numbers = collections.OrderedDict(
        base=base, transpose=base.T, part=base[1:3], columns=base[:, 1:3], parameter=torch.nn.Parameter(torch.randn(3, 2)),
        empty=torch.zeros(0, 3), scalar=torch.tensor(1.5), permuted=torch.randn(2, 3, 4).permute(2, 0, 1),
        repeated=torch.randn(4, 1).expand(4, 2))
    numbers |= {f"type.{name}": (torch.randn(5) * 2).abs().to(kind) for kind, name in TYPES.items()}
    return numbers


def older(values):
    return {name: value for name, value in values.items() if not name.startswith(("type.U16", "type.F8"))}


def described(values):
    return {
        name: [TYPES[value.dtype], list(value.shape), hashlib.sha256(bytes_of(value)).hexdigest()]
        for name, value in values.items()
    }


def bytes_of(value):
    flat = value.detach().contiguous().reshape(-1)
    return bytes(flat.view(torch.uint8).tolist()) if flat.numel() else b""


def make(folder):
    (folder / "sharded").mkdir(parents=True, exist_ok=True)
    values = tensors()
    torch.save(values, folder / "zip.bin")
    torch.save(older(values), folder / "legacy.bin", _use_new_zipfile_serialization=False)
    torch.save(values, folder / "protocol4.bin", pickle_protocol=4)
    torch.save(dict(epoch=3, loss=1.25, state_dict=values, name="x", best=None), folder / "wrapped.bin")
    names = [f"pytorch_model-0000{number}-of-00002.bin" for number in (1, 2)]
    shards = [dict(list(values.items())[:5]), dict(list(values.items())[5:])]
    for name, shard in zip(names, shards):
        torch.save(shard, folder / "sharded" / name)
    places = {key: name for name, shard in zip(names, shards) for key in shard}
    (folder / "sharded" / "pytorch_model.bin.index.json").write_text(json.dumps(dict(weight_map=places), indent=1) + "\n")
    (folder / "sharded" / "config.json").write_text('{"model_type": "llama"}\n')


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--write", action="store_true")
    folder = FIXTURES / "torch"
    if arguments.parse_args().write:
        make(folder)
        write_json("torch.json", described(tensors()))
    known = read_json("torch.json")
    files = [folder / f"{name}.bin" for name in ("zip", "legacy", "protocol4", "wrapped")]
    found = [torch.load(file, weights_only=False) for file in files]
    found[3] = found[3]["state_dict"]
    found.append({})
    for shard in sorted((folder / "sharded").glob("*.bin")):
        found[4] |= torch.load(shard, weights_only=False)
    same = [described(values) == (older(known) if file.stem == "legacy" else known) for file, values in zip(files + [folder], found)]
    print(dict(zip([file.name for file in files] + ["sharded"], same)))
    raise SystemExit(not all(same))
