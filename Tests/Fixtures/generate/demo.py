"""The checkpoints of Manifests/demo as transformers models in float32, whatever they are packed in."""

import gzip
import io
import tarfile
import tempfile
from pathlib import Path

import torch
import zstandard
from transformers import AutoModelForCausalLM

from losses import DEMO


def files(place):
    """What is in a checkpoint such as `neox-85k-seed1/step512`: bytes by file name."""
    base = DEMO / "archive" / place
    for ending, unpack in ((".tar.gz", gzip.decompress), (".tar.zst", unzstd)):
        archive = base.with_name(base.name + ending)
        if archive.exists():
            with tarfile.open(fileobj=io.BytesIO(unpack(archive.read_bytes()))) as tar:
                members = [member for member in tar if member.isfile()]
                return {member.name.split("/")[-1]: tar.extractfile(member).read() for member in members}
    contents = {file.name: file.read_bytes() for file in base.iterdir()}
    for name in [name for name in contents if name.endswith(".safetensors.zst")]:
        contents[name.removesuffix(".zst")] = unzstd(contents[name])
    return contents


def unzstd(data):
    return zstandard.ZstdDecompressor().decompressobj().decompress(data)


def model(place):
    with tempfile.TemporaryDirectory() as directory:
        for name, data in files(place).items():
            (Path(directory) / name).write_bytes(data)
        return load(directory)


def load(directory, attention="eager"):
    """A model in float32 with the plain form of attention unless another is asked for."""
    return AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32, attn_implementation=attention).eval()


def linear_layers(model):
    """The weights that are compressed: those of the linear layers inside decoder layers, by name."""
    return {
        name: module for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and ".layers." in name
    }
