"""Makes what tests of the formats and methods that people ship are held against, as `fingerprints.py` does: NVFP4, MXFP6,
MXFP8 and FP8 in blocks by compressed-tensors; GPTQ with `actorder: static`, group-aware reordering and GPTAQ by their
loops, written down again in float64; and `hqq.json` by the package hqq.

usage: shipped.py [--write]               --write replaces hqq.json
"""

import argparse

import torch

from fingerprints import Comparison, even, fingerprint, weights
from losses import read_json, write_json

FORMATS, METHODS = "ShippedFormatTests.swift", "GPTQVariantTests.swift"


def settings(**members):
    from compressed_tensors.quantization import QuantizationArgs

    return QuantizationArgs(type="float", symmetric=True, **members)


def scheme(arguments):
    from compressed_tensors.quantization import QuantizationScheme

    return QuantizationScheme(targets=["Linear"], weights=arguments)


def nvfp4(compare):
    """Global and local scales by the package's own functions in float32, elements by its compressor."""
    from compressed_tensors.compressors import NVFP4PackedCompressor
    from compressed_tensors.quantization.lifecycle.forward import dequantize
    from compressed_tensors.quantization.utils.helpers import calculate_qparams, generate_gparam
    from compressed_tensors.compressors.nvfp4.helpers import unpack_fp4_from_uint8

    arguments = settings(num_bits=4, strategy="tensor_group", group_size=16, scale_dtype=torch.float8_e4m3fn)
    for factor in (1.0, 37.0):
        values = weights(9, 96, 7)
        values[2, 16:32] = 0
        values[3, 5] *= factor
        groups = values.view(9, -1, 16)
        shared = generate_gparam(values.amin(), values.amax())
        scale, _ = calculate_qparams(groups.amin(2), groups.amax(2), arguments, global_scale=shared)
        stored = NVFP4PackedCompressor.compress(
            {"weight": values, "weight_scale": scale, "weight_global_scale": shared}, scheme(arguments))
        parts = [stored[name] for name in ("weight_packed", "weight_scale", "weight_global_scale")]
        compare.expect(FORMATS, f"nvfp4 {factor}", fingerprint(*parts))
        codes = unpack_fp4_from_uint8(stored["weight_packed"], 9, 96, torch.float32)
        exact = dequantize(codes, stored["weight_scale"].float(), args=arguments, global_scale=shared, dtype=torch.float32)
        compare.expect(FORMATS, f"nvfp4 {factor} decoded", fingerprint(exact))


def microscaling(compare):
    """The specification's exponents; elements and their packing by compressed-tensors."""
    from compressed_tensors.compressors.mxfp6.helpers import pack_fp6_to_uint8
    from compressed_tensors.quantization.utils.fp6_utils import cast_to_fp6

    values = weights(9, 96, 7)
    groups = values.view(9, -1, 32)
    for bits, largest in ((6, 2), (8, 8)):
        exponent = groups.abs().amax(2, keepdim=True).log2().floor() - largest
        elements = groups / 2.0**exponent
        if bits == 6:
            elements = cast_to_fp6(elements)
            packed, decoded = pack_fp6_to_uint8(elements.reshape(9, 96)), elements
        else:
            packed = elements.clamp(-448, 448).to(torch.float8_e4m3fn)
            decoded = packed.float()
        stored = (exponent + 127).to(torch.uint8)
        compare.expect(FORMATS, f"mxfp{bits}", fingerprint(packed, stored))
        compare.expect(FORMATS, f"mxfp{bits} decoded", fingerprint(decoded * 2.0**exponent))
    # Every code of E2M3, what lies half way between two, and what lies beyond.
    codes = [eighths / 8 for eighths in (*range(16), *range(16, 32, 2), *range(32, 64, 4))]
    ties = [(one + two) / 2 for one, two in zip(codes, codes[1:])]
    line = torch.tensor(codes + ties + [7.75, 7.9])
    line = torch.cat([line, -line, torch.zeros(-2 * len(line) % 31)]).view(-1, 31)
    # A 4 at the end of each block makes its scale 1.
    line = torch.cat([line, torch.full((len(line), 1), 4.0)], 1)
    compare.expect(FORMATS, "E2M3", fingerprint(pack_fp6_to_uint8(cast_to_fp6(line))))


def blocks(compare):
    """Scales of whole and cut-off blocks of 128 x 128, rounded to their type; elements by compressed-tensors."""
    from compressed_tensors.quantization.lifecycle.forward import quantize

    arguments = settings(num_bits=8, strategy="block", block_structure=[128, 128])
    for rows, columns, kind in ((256, 128, torch.float16), (150, 200, torch.float16), (130, 260, torch.bfloat16)):
        values = weights(rows, columns, 7)
        padded = torch.zeros(-(-rows // 128) * 128, -(-columns // 128) * 128)
        padded[:rows, :columns] = values
        tiles = padded.view(padded.shape[0] // 128, 128, -1, 128)
        scale = (tiles.abs().amax((1, 3)) / 448).to(kind)
        codes = quantize(values, scale.float(), None, arguments, dtype=torch.float8_e4m3fn)
        compare.expect(FORMATS, f"blocks {rows} x {columns}", fingerprint(codes.contiguous(), scale))


def inputs(columns, tokens, seed=22):
    """Inputs whose neighbouring columns go together, one of them always zero: those of GPTQTests."""
    values = torch.from_numpy(even(tokens * columns, seed)).view(tokens, columns)
    values[:, 1:] += 0.7 * values[:, :-1].clone()
    values *= torch.tensor([(1 + column % 7) / 4 for column in range(columns)])
    values[:, 5] = 0
    return values.double()


def grid(values, bits, symmetric, kind):
    """compressed-tensors' and GPTQ's grid of rows, its scales in the type that they are stored in."""
    low, high, top = values.amin(1, keepdim=True).clamp(max=0), values.amax(1, keepdim=True).clamp(min=0), 2**bits - 1
    span = torch.maximum(-low, high) / (top / 2) if symmetric else (high - low) / top
    scale = torch.where(low == high, 1.0, span).to(kind).double()
    zero = torch.full_like(scale, 2 ** (bits - 1)) if symmetric else (-low.float() / scale.float()).round().clamp(0, top).double()
    return scale, zero


def solve(values, x, bits, symmetric, group, order=None, uncompressed=None):
    """GPTQ's loop in float64. `order`: None; static, with the grids of the weights as they were; gar, whose groups of
    columns stay together; act, which scatters them. With inputs of the uncompressed model it is GPTAQ's.

    llm-compressor's quantize_weight (actorder: static), GPTQModel's gar.py, and GPTAQ's fasterquant.
    """
    rows, columns = values.shape
    # Groups found in weights on their way have scales of 16 bits, so that the last bit of a sum decides nothing.
    kind, group = torch.float16 if group else torch.float32, group or columns
    hessian = 2 / len(x) * x.T @ x
    drift = None if uncompressed is None else 2 / len(x) * (uncompressed - x).T @ x
    original, values = values, values.clone()
    dead = hessian.diag() == 0
    hessian[dead, dead] = 1
    values[:, dead] = 0
    energy = hessian.diag()
    if order in ("static", "act"):
        taken = energy.argsort(descending=True, stable=True)
    elif order == "gar":
        within = energy.view(-1, group).sort(dim=1, descending=True, stable=True).indices
        groups = energy.view(-1, group).amax(1).argsort(descending=True, stable=True)
        taken = (within + torch.arange(0, columns, group)[:, None])[groups].flatten()
    else:
        taken = torch.arange(columns)
    if drift is not None:
        drift[:, dead] = 0
        drift = drift[taken][:, taken]
    values, hessian = values[:, taken], hessian[taken][:, taken]
    hessian += 0.01 * hessian.diag().mean() * torch.eye(columns, dtype=torch.float64)
    factor = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(hessian)), upper=True)
    pull = None if drift is None else 0.25 * (drift @ factor.T).triu(1) @ factor
    fixed = [grid(original[:, first : first + group], bits, symmetric, kind) for first in range(0, columns, group)]
    result = torch.zeros_like(values)
    for first in range(0, columns, 128):
        last = min(columns, first + 128)
        block, errors = values[:, first:last].clone(), torch.zeros(rows, last - first, dtype=torch.float64)
        for index in range(last - first):
            place, column = first + index, block[:, index].clone()
            if order == "static":
                scale, zero = fixed[taken[place] // group]
            elif place % group == 0:
                # Groups see the weights as they were when the block began.
                whole = group == columns
                scale, zero = fixed[0] if whole else grid(values[:, place : place + group], bits, symmetric, kind)
            codes = ((column[:, None].float() / scale.float()).round().double() + zero).clamp(0, 2**bits - 1)
            rounded = ((codes - zero) * scale).flatten()
            error = (column - rounded) / factor[place, place]
            block[:, index:] -= error[:, None] * factor[place, place:last]
            if pull is not None:
                block[:, index + 1 :] += column[:, None] * pull[place, place + 1 : last]
            result[:, place], errors[:, index] = rounded, error
        values[:, last:] -= errors @ factor[first:last, last:]
        if pull is not None:
            values[:, last:] += result[:, first:last] @ pull[first:last, last:]
    back = torch.empty_like(result)
    back[:, taken] = result
    return back.float()


def orders(compare):
    for rows, columns, tokens in ((20, 48, 96), (37, 304, 400)):
        x = inputs(columns, tokens)
        beside = x + 0.2 * inputs(columns, tokens, 23)
        values = weights(rows, columns, 21).double()
        for bits, symmetric in ((2, False), (3, True), (4, False)):
            name = f"{rows} x {columns} {bits} {'sym' if symmetric else 'asym'}"
            for group, order in ((None, "static"), (16, "static"), (16, "gar")):
                found = solve(values, x, bits, symmetric, group, order)
                compare.expect(METHODS, f"{name} {group} {order}", fingerprint(found))
            for group, order in ((None, None), (16, None), (16, "static"), (16, "gar"), (None, "act")):
                found = solve(values, x, bits, symmetric, group, order, beside)
                compare.expect(METHODS, f"gptaq {name} {group} {order}", fingerprint(found))


def hqq():
    """Codes, scales and zero points by hqq 0.2.8 on a CPU, in float32."""
    from hqq.core.quantize import Quantizer

    cases = []
    for rows, columns, bits, group in ((24, 64, 4, 64), (24, 64, 3, 16), (16, 96, 2, 32), (6, 80, 8, 20), (9, 40, 4, None)):
        values = weights(rows, columns, 7)
        # Outliers, a group that hardly varies, and one that is far from zero.
        values[0, ::9] *= 8
        values[1, : group or columns] = 0.25 + 1e-6 * values[1, : group or columns]
        values[2] += 3
        values[3] *= 1e-3
        codes, meta = Quantizer.quantize(values, nbits=bits, group_size=group, axis=1, bitpack=False, device="cpu")
        cases.append({
            "rows": rows, "columns": columns, "bits": bits, "group": group,
            "codes": f"{fingerprint(codes.to(torch.uint8)):016x}",
            "scales": [float(value) for value in meta["scale"].flatten()],
            "zeros": [float(value) for value in meta["zero"].flatten()],
        })
    return {"seed": 7, "cases": cases}


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    compare = Comparison()
    for make in (nvfp4, microscaling, blocks, orders):
        make(compare)
    found, same = hqq(), True
    if options.write:
        write_json("hqq.json", found)
    else:
        same = found == read_json("hqq.json")
    print("\n".join([*compare.missing, f"{compare.count} made, {len(compare.missing)} of them not in the tests"]))
    raise SystemExit(bool(compare.missing) or not same)
