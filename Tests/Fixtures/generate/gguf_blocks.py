"""Rows of weights in every block type of ggml: `gguf_blocks/`.

usage: gguf_blocks.py [--write] [--rows N --folder DIR]

Rows of 512 weights of five distributions (normal, heavy-tailed, zeros, one outlier, subnormal), one row of each in the
repository; `--rows 1000 --folder DIR` writes more of them elsewhere, and `QID_GGUF_BLOCKS=DIR swift test -c release --filter
BlockTypesTests` holds all against ours.

rows.bin          float32 rows, one distribution after the other
importance.bin    float32 importance of the 512 inputs, some of them zero
encoded.bin       what libgguf's quantize_rows (ggml's own quantization) makes of the rows, without and with importance, and
                  blocks of random bytes; blocks.json says where
blocks.json       of each type: offsets and lengths in encoded.bin, and FNV-1a digests of the float32 values that
                  gguf.quants.dequantize reads from them, every NaN as 0x7fc00000
"""

import argparse
import json
from pathlib import Path

import gguf
import libgguf
import numpy as np

FIXTURES = Path(__file__).resolve().parent.parent
WIDTH = 512
NAMES = (
    "F32 F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K IQ1_S IQ1_M IQ2_XXS IQ2_XS IQ2_S IQ3_XXS IQ3_S "
    "IQ4_NL IQ4_XS TQ1_0 TQ2_0 MXFP4 NVFP4"
).split()


def distributions(count, random):
    normal = random.standard_normal((5, count, WIDTH))
    outlier = normal[3] * 0.01
    outlier[np.arange(count), random.integers(0, WIDTH, count)] = 20
    zeros = np.where(random.random((count, WIDTH)) < 0.5, 0, normal[2])
    zeros[:, : WIDTH // 2 + 40] = 0
    zeros[1::2] = 0
    rows = [normal[0] * 0.03, random.standard_t(2, (count, WIDTH)) * 0.02, zeros, outlier, normal[4] * 1e-40]
    return np.concatenate(rows).astype(np.float32)


def digest(values):
    values = np.ascontiguousarray(values, dtype=np.float32).ravel()
    bits = np.where(np.isnan(values), np.uint32(0x7FC00000), values.view(np.uint32)).astype("<u4")
    state = np.uint64(0xCBF29CE484222325)
    with np.errstate(over="ignore"):
        for word in bits.astype(np.uint64):
            state = (state ^ word) * np.uint64(0x100000001B3)
    return f"{int(state):016x}"


def values(kind, encoded):
    with np.errstate(all="ignore"):
        return gguf.quants.dequantize(encoded, kind)


def encode(rows, kind, importance):
    with np.errstate(all="ignore"):
        encoded = libgguf.quantize_rows(rows, kind, imatrix=importance)
    return np.ascontiguousarray(encoded).view(np.uint8).reshape(len(rows), -1)


def make(folder, count):
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(19)
    rows = distributions(count, random)
    importance = random.chisquare(1, WIDTH).astype(np.float32)
    importance[5:9] = 0
    parts, types, offset = [], {}, 0
    for name in NAMES:
        kind = gguf.GGMLQuantizationType[name]
        entry = {}
        pieces = {"importance": encode(rows, kind, importance)}
        if not libgguf.quantize_requires_imatrix(kind):
            pieces = {"plain": encode(rows, kind, None)} | pieces
        pieces["random"] = random.integers(0, 256, (1, 4 * gguf.GGML_QUANT_SIZES[kind][1]), dtype=np.uint8)
        for part, encoded in pieces.items():
            entry[part] = {"offset": offset, "count": encoded.size, "values": digest(values(kind, encoded))}
            parts.append(encoded.tobytes())
            offset += encoded.size
        types[libgguf.type_name(kind)] = entry
    rows.astype("<f4").tofile(folder / "rows.bin")
    importance.astype("<f4").tofile(folder / "importance.bin")
    (folder / "encoded.bin").write_bytes(b"".join(parts))
    (folder / "blocks.json").write_text(json.dumps({"width": WIDTH, "types": types}, indent=1) + "\n")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--rows", type=int, default=1)
    arguments.add_argument("--folder", type=Path)
    options = arguments.parse_args()
    known = FIXTURES / "gguf_blocks"
    if options.folder or options.write:
        make(options.folder or known, options.rows)
    else:
        import tempfile

        with tempfile.TemporaryDirectory() as made:
            make(Path(made), 1)
            same = {file.name: file.read_bytes() == (Path(made) / file.name).read_bytes() for file in known.iterdir()}
        print(same)
        raise SystemExit(not all(same.values()))
