"""Makes the fingerprints again that tests in Tests/CompressionTests hold results against.

usage: fingerprints.py [--gptq DIR]       DIR is a clone of https://github.com/IST-DASLab/gptq

A fingerprint is FNV-1a, 64 bits, over the bytes of codes, scales and zero points, or of float32 values; so one number
stands for each byte that another implementation gave. Each one made here has to stand in the test's source. Weights and
inputs come from the linear congruential generator of Numerical Recipes, as in the tests.
"""

import argparse
import sys

import numpy as np
import torch

from losses import FIXTURES

TESTS = FIXTURES.parent / "CompressionTests"


def even(count, seed):
    """Draws from -0.5 to 0.5: the upper halves of the generator's states."""
    values, state = np.empty(count, np.float32), seed
    for index in range(count):
        state = (state * 1_664_525 + 1_013_904_223) % 2**32
        values[index] = np.float32(state >> 16) / np.float32(65_536) - np.float32(0.5)
    return values


def weights(rows, columns, seed):
    return torch.from_numpy(even(rows * columns, seed)).half().float().view(rows, columns)


def fingerprint(*parts):
    state = 0xCBF29CE484222325
    for part in parts:
        for byte in part.flatten().clone().view(torch.uint8).tolist():
            state = (state ^ byte) * 0x100000001B3 % 2**64
    return state


class Draws:
    """The generator's draws, made into whatever tensors hold."""

    def __init__(self, seed):
        self.state = seed

    def half(self):
        self.state = (self.state * 1_664_525 + 1_013_904_223) % 2**32
        return self.state >> 16

    def words(self, count):
        return [self.half() << 16 | self.half() for _ in range(count)]

    def bytes(self, count):
        return [self.half() & 0xFF for _ in range(count)]

    def bits16(self, count, kind):
        base, mask = (0x2000, 0xFFF) if kind == torch.float16 else (0x3C00, 0xFF)
        bits = [base + (self.half() & mask) for _ in range(count)]
        return torch.tensor(bits, dtype=torch.int32).to(torch.uint16).view(kind)

    def floats(self, count):
        halves = [self.half() for _ in range(count)]
        return torch.tensor(halves, dtype=torch.float32) / 65_536 + 0.25


class Comparison:
    def __init__(self):
        self.missing, self.count = [], 0
        self.sources = {file.name: file.read_text() for file in TESTS.rglob("*.swift")}

    def expect(self, file, name, value):
        digits = f"{value:016x}"
        text = "0x" + "_".join(digits[place : place + 4] for place in range(0, 16, 4))
        self.count += 1
        if text not in self.sources[file]:
            self.missing.append(f"{name}: {text} is not in {file}")


def grouped(values, group):
    return values.reshape(values.shape[0], -1, group or values.shape[1])


def integers(compare):
    """Scales and packing by compressed-tensors; asymmetric codes by torch in the definition's order."""
    from compressed_tensors.compressors import pack_to_int32
    from compressed_tensors.quantization import QuantizationArgs
    from compressed_tensors.quantization.lifecycle.forward import quantize
    from compressed_tensors.quantization.utils.helpers import calculate_qparams

    source = weights(37, 48, 7)
    for scale_type in (torch.float16, torch.bfloat16):
        values = source.to(scale_type).float()
        for bits in range(2, 9):
            for symmetric in (True, False):
                for group in (None, 16):
                    settings = QuantizationArgs(num_bits=bits, symmetric=symmetric, strategy="channel")
                    groups = grouped(values, group)
                    scale, zero = calculate_qparams(groups.amin(2), groups.amax(2), settings)
                    scale = scale.to(scale_type)
                    half, exact = 2 ** (bits - 1), scale.float()[..., None]
                    if symmetric:
                        codes = quantize(groups, exact, torch.zeros_like(exact), settings)
                    else:
                        zero = (-groups.amin(2).clamp(max=0)[..., None] / exact).round().clamp(0, 2 * half - 1)
                        codes = ((groups / exact).round() + zero).clamp(0, 2 * half - 1) - half
                    parts = [pack_to_int32(codes.reshape(37, 48).to(torch.int8), bits), scale]
                    if not symmetric:
                        zeros = (zero[..., 0] - half).to(torch.int8)
                        parts.append(pack_to_int32(zeros, bits, packed_dim=0))
                    name = f"{scale_type} {bits} {'sym' if symmetric else 'asym'} {group}"
                    compare.expect("RoundToNearestTests.swift", name, fingerprint(*parts))


def blocks(compare):
    """bitsandbytes on a CPU: codes of 4 bits and the blocks' largest values."""
    from bitsandbytes.functional import quantize_4bit

    for kind, sizes in (("nf4", (32, 64, 256)), ("fp4", (32, 64, 128))):
        for size in sizes:
            codes, state = quantize_4bit(weights(6, 256, 7), blocksize=size, quant_type=kind)
            compare.expect("NumberFormatTests.swift", f"{kind} {size}", fingerprint(codes, state.absmax))


def float8(compare):
    """torch: scales of max |w| / largest number in their type, elements by conversion; all finite float16 numbers."""
    values = weights(37, 48, 7)
    cases = [
        (torch.float8_e4m3fn, None, torch.float16), (torch.float8_e4m3fn, None, torch.bfloat16),
        (torch.float8_e4m3fn, 16, torch.float16), (torch.float8_e4m3fn, 16, torch.float32),
        (torch.float8_e5m2, None, torch.float32), (torch.float8_e5m2, 16, torch.bfloat16),
    ]
    for kind, group, scale_type in cases:
        largest, groups = torch.finfo(kind).max, grouped(values, group)
        scale = (groups.abs().amax(2, keepdim=True) / largest).to(scale_type)
        codes = (groups / scale.float()).clamp(-largest, largest).to(kind)
        compare.expect("NumberFormatTests.swift", f"{kind} {group} {scale_type}", fingerprint(codes, scale))
    # What transformers in float32 makes of codes: it loads scales as float32, and multiplies there.
    for group, scale_type in ((None, torch.float16), (16, torch.bfloat16)):
        groups = grouped(values, group)
        scale = (groups.abs().amax(2, keepdim=True) / 448).to(scale_type)
        codes = (groups / scale.float()).clamp(-448, 448).to(torch.float8_e4m3fn)
        decoded = codes.float() * scale.float()
        compare.expect("NumberFormatTests.swift", f"e4m3 {group} decoded", fingerprint(decoded))
    finite = torch.arange(65_536, dtype=torch.int32).to(torch.uint16).view(torch.float16).float()
    finite = finite[finite.isfinite()]
    for kind in (torch.float8_e4m3fn, torch.float8_e5m2):
        for factor in (1, 0.005859375):
            largest = torch.finfo(kind).max
            codes = (finite * factor).clamp(-largest, largest).to(kind)
            compare.expect("NumberFormatTests.swift", f"{kind} of float16 x {factor}", fingerprint(codes))


def shared_exponents(compare):
    """MX: a power of two for 32 weights, elements of e2m1 by the nearest of its numbers, or of 8 bits after it."""
    groups = grouped(weights(9, 96, 7), 32)
    largest = groups.abs().amax(2, keepdim=True)
    numbers = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6])
    exponent = largest.log2().floor() - 2
    scaled = groups / 2**exponent
    # Half-way cases go to the even code.
    distance = (scaled.abs()[..., None] - numbers).abs()
    nearest = distance.amin(-1, keepdim=True)
    codes = torch.where((distance == nearest), torch.arange(8) % 2 * 8 + torch.arange(8), 99).amin(-1) % 8
    decoded = (numbers[codes] * scaled.sign() * 2**exponent).reshape(9, 96)
    codes = (codes + 8 * (scaled < 0)).reshape(9, 48, 2)
    packed = (codes[..., 0] + 16 * codes[..., 1]).to(torch.uint8)
    exponents = (exponent + 127).to(torch.uint8)
    compare.expect("NumberFormatTests.swift", "mxfp4", fingerprint(packed, exponents))
    compare.expect("NumberFormatTests.swift", "mxfp4 decoded", fingerprint(decoded))
    exponent = largest.log2().floor()
    codes = (groups / 2**exponent * 64).round().clamp(-127, 127).to(torch.int8)
    exponents = (exponent + 127).to(torch.uint8)
    compare.expect("NumberFormatTests.swift", "mxint8", fingerprint(codes, exponents))


def inputs(columns, tokens):
    """Neighbouring columns go together; sizes differ; the sixth is always zero."""
    values = even(tokens * columns, 22).reshape(tokens, columns)
    for column in range(columns - 1, 0, -1):
        values[:, column] += np.float32(0.7) * values[:, column - 1]
    values *= (1 + np.arange(columns) % 7).astype(np.float32) / np.float32(4)
    values[:, 5] = 0
    return torch.from_numpy(values)


def gptq(compare):
    """IST-DASLab/gptq's own `fasterquant` and `Quantizer`, in float32 as they are."""
    from gptq import GPTQ
    from quant import Quantizer

    class Rounded(Quantizer):
        """Scales are rounded to a type where they are found, zero points follow from them."""

        def find_params(self, values, weight=False):
            super().find_params(values, weight=weight)
            low = values.amin(1).clamp(max=0)
            scale = self.scale.flatten().to(self.scale_type).float()
            self.scale = scale.view_as(self.scale)
            if not self.sym:
                self.zero = (-low / scale).round().view_as(self.zero)

    def values(rows, columns, tokens, bits, symmetric, group, act_order, scale_type):
        layer = torch.nn.Linear(columns, rows, bias=False)
        layer.weight.data = weights(rows, columns, 21)
        solver = GPTQ(layer)
        seen = inputs(columns, tokens)
        solver.H = 2 / tokens * seen.T @ seen
        solver.nsamples = tokens
        solver.quantizer = Rounded()
        solver.quantizer.configure(bits, perchannel=True, sym=symmetric, mse=False)
        solver.quantizer.scale_type = scale_type
        solver.fasterquant(blocksize=128, percdamp=0.01, groupsize=group or -1, actorder=act_order)
        return fingerprint(layer.weight.data.float())

    torch.cuda.synchronize = lambda *_: None
    for bits in (2, 3, 4, 8):
        for symmetric in (True, False):
            for group in (None, 16):
                for act_order in (False, True):
                    found = values(20, 48, 96, bits, symmetric, group, act_order, torch.float16)
                    name = f"gptq {bits} {symmetric} {group} {act_order}"
                    compare.expect("GPTQTests.swift", name, found)
    for bits in (2, 3, 4):
        for symmetric in (True, False):
            found = values(37, 300, 400, bits, symmetric, None, False, torch.float16)
            compare.expect("GPTQTests.swift", f"gptq long {bits} {symmetric}", found)
    for bits, symmetric, group, act_order in (
        (2, True, None, False), (2, False, 16, True), (3, False, 16, False), (3, True, 16, True), (4, False, None, True),
        (4, False, 16, False), (8, True, None, False),
    ):
        found = values(20, 48, 96, bits, symmetric, group, act_order, torch.float32)
        compare.expect("GPTQTests.swift", f"gptq float32 {bits} {symmetric} {group} {act_order}", found)


def sparse(compare):
    """wanda's and SparseGPT's published loops in float64; scales are rounded to float16 where they are found."""
    for rows, columns, tokens in ((20, 48, 96), (37, 304, 400)):
        values, seen = weights(rows, columns, 21).double(), inputs(columns, tokens).double()
        for sparsity in (0.5, 0.3, (2, 4), (4, 8)):
            for rounding in (None, (4, True, None), (3, False, 16)):
                for method in (magnitude, wanda, sparse_gpt):
                    name = f"{method.__name__} {columns} {sparsity} {rounding}"
                    if name in ABSENT:
                        continue
                    found = method(values, seen, sparsity, rounding)
                    # Values that are not rounded are stored as float16; no zero has a sign.
                    found = (found if rounding else found.half()).float() + 0.0
                    compare.expect("SparseGoldens.swift", name, fingerprint(found))


def stored(compare):
    """Weights as other tools store them, read as those tools read them."""
    for bits in (2, 3, 4, 8):
        for less_one in (True, False):
            compare.expect("StoredFormTests.swift", f"gptq {bits} {less_one}", fingerprint(auto_gptq(bits, less_one)))
    compare.expect("StoredFormTests.swift", "awq", fingerprint(auto_awq()))
    for kind in ("nf4", "fp4"):
        for scale_type in ("float16", "bfloat16", "float32"):
            for nested in (False, True):
                found = four_bits(kind, getattr(torch, scale_type), nested)
                compare.expect("StoredFormTests.swift", f"{kind} {scale_type} {nested}", fingerprint(found))
    compare.expect("StoredFormTests.swift", "eight bits", fingerprint(eight_bits()))
    compare.expect("StoredFormTests.swift", "integers", fingerprint(codes_of_integers()))
    compare.expect("StoredFormTests.swift", "floats", fingerprint(codes_of_floats()))


def unpacked(words, rows, columns, bits):
    """Codes that run down the columns of rows of 32-bit words, lowest bits first."""
    table = np.array(words, np.uint64).reshape(-1, columns)
    stream = ((table[:, None, :] >> np.arange(32, dtype=np.uint64)[None, :, None]) & 1).reshape(-1, columns)
    codes = (stream.reshape(rows, bits, columns) << np.arange(bits, dtype=np.uint64)[None, :, None]).sum(1)
    return torch.from_numpy(codes.astype(np.int32))


def auto_gptq(bits, less_one):
    """`scales[g_idx] * (weight - zeros[g_idx])` in float16, for 64 inputs and 32 outputs in groups of 16."""
    draws = Draws(bits * 10 + less_one)
    codes = unpacked(draws.words(64 * bits), 64, 32, bits)
    words = draws.words(4 * bits)
    if less_one:
        for index, word in enumerate(words):
            for bit in range(32):
                if (index % bits * 32 + bit) % bits == bits - 1:
                    words[index] = word = word & ~(1 << bit)
    zeros = unpacked(np.array(words).reshape(4, bits).T.flatten(), 32, 4, bits).T + less_one
    scales = draws.bits16(4 * 32, torch.float16).view(4, 32)
    groups = torch.tensor([i // 16 if less_one else i * 7 % 64 // 16 for i in range(64)])
    return (scales[groups] * (codes - zeros[groups]).half()).T.float()


def auto_awq():
    """AutoAWQ's `dequantize_gemm` for 64 inputs and 32 outputs in groups of 32."""
    draws, order = Draws(7), [0, 4, 1, 5, 2, 6, 3, 7]

    def codes(count):
        table = torch.tensor(draws.words(count), dtype=torch.int64).view(-1, 4)
        return torch.stack([table >> 4 * place & 15 for place in order], -1).flatten(1)

    weight, zeros = codes(64 * 4), codes(2 * 4)
    scales = draws.bits16(2 * 32, torch.float16).view(2, 32)
    return ((weight - zeros.repeat_interleave(32, 0)).half() * scales.repeat_interleave(32, 0)).T.float()


def four_bits(kind, scale_type, nested):
    from bitsandbytes.functional import QuantState, dequantize_4bit, get_4bit_type

    draws = Draws(11)
    codes = torch.tensor(draws.bytes(384), dtype=torch.uint8).view(384, 1)
    settings = dict(
        shape=torch.Size((6, 128)), code=get_4bit_type(kind, "cpu", blocksize=64), blocksize=64, quant_type=kind,
        dtype=scale_type)
    if nested:
        blocks = torch.tensor(draws.bytes(12), dtype=torch.uint8)
        table = draws.floats(256)
        inner = QuantState(absmax=draws.floats(1), code=table, blocksize=256, dtype=torch.float32)
        state = QuantState(absmax=blocks, state2=inner, offset=torch.tensor(0.4371), **settings)
    else:
        state = QuantState(absmax=draws.floats(12), **settings)
    # The table that is stored beside the codes has one zero, without a sign.
    return dequantize_4bit(codes, state).float() + 0.0


def eight_bits():
    from bitsandbytes.functional import int8_vectorwise_dequant

    draws = Draws(13)
    codes = torch.tensor(draws.bytes(5 * 24), dtype=torch.uint8).view(torch.int8).view(5, 24)
    return int8_vectorwise_dequant(codes, draws.floats(5))


def codes_of_integers():
    """As compressed-tensors' `dequantize` does with scales of float32, as which transformers loads them into such a model."""
    draws = Draws(17)
    codes = torch.tensor(draws.bytes(4 * 24), dtype=torch.uint8).view(torch.int8).view(4, 3, 8)
    scale = draws.bits16(12, torch.bfloat16).view(4, 3, 1)
    zeros = torch.tensor(draws.bytes(12), dtype=torch.uint8).view(torch.int8).view(4, 3, 1)
    return (codes.float() - zeros.float()) * scale.float()


def codes_of_floats():
    draws = Draws(19)
    codes = torch.tensor([byte & 0xF7 for byte in draws.bytes(4 * 24)], dtype=torch.uint8).view(torch.float8_e4m3fn)
    return codes.view(4, 24).float() * draws.bits16(4, torch.bfloat16).view(4, 1).float()


# Combinations that the tests leave out.
ABSENT = {
    f"{method} 304 {sparsity} (4, True, None)" for method in ("magnitude", "wanda", "sparse_gpt")
    for sparsity in (0.3, (4, 8))
} | {f"sparse_gpt 304 {sparsity} None" for sparsity in (0.3, (2, 4), (4, 8))}


def grid(values, bits, symmetric):
    """The scale of each row and its zero point."""
    top = 2**bits - 1
    low, high = values.amin(1).clamp(max=0), values.amax(1).clamp(min=0)
    scale = torch.maximum(-low, high) / (top / 2) if symmetric else (high - low) / top
    scale = torch.where(low == high, 1.0, scale).half().double()
    return scale, torch.full_like(scale, 2 ** (bits - 1)) if symmetric else (-low / scale).round().clamp(0, top)


def on_grid(column, scale, zero, bits):
    return (((column / scale).round() + zero).clamp(0, 2**bits - 1) - zero) * scale


def pruned(values, scores, sparsity, per_row, rounding):
    """Zeros where scores are lowest (equal ones by row and column), then each group rounded on a grid of its own."""
    scores, rows = scores.reshape(1 if not per_row else len(scores), -1), len(values)
    count = int(scores.shape[1] * sparsity) if isinstance(sparsity, float) else sparsity[1] - sparsity[0]
    if not isinstance(sparsity, float):
        scores = scores.reshape(-1, sparsity[1])
    order = scores.sort(dim=1, stable=True).indices[:, :count]
    mask = torch.zeros_like(scores, dtype=torch.bool).scatter_(1, order, True).view_as(values)
    kept = torch.where(mask, 0.0, values)
    if rounding:
        bits, symmetric, group = rounding
        groups = grouped(kept, group).reshape(-1, group or kept.shape[1])
        scale, zero = grid(groups, bits, symmetric)
        kept = on_grid(groups, scale[:, None], zero[:, None], bits).reshape(rows, -1)
        kept = torch.where(mask, 0.0, kept)
    return kept


def magnitude(values, seen, sparsity, rounding):
    return pruned(values, values.abs(), sparsity, False, rounding)


def wanda(values, seen, sparsity, rounding):
    return pruned(values, values.abs() * seen.pow(2).sum(0).sqrt(), sparsity, True, rounding)


def sparse_gpt(values, seen, sparsity, rounding):
    values, columns = values.clone(), values.shape[1]
    hessian = 2 / len(seen) * seen.T @ seen
    dead = hessian.diag() == 0
    hessian[dead, dead], values[:, dead] = 1, 0
    hessian += 0.01 * hessian.diag().mean() * torch.eye(columns)
    factor = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(hessian)), upper=True)
    result = torch.zeros_like(values)
    if rounding and not rounding[2]:
        scale, zero = grid(values, *rounding[:2])
    for first in range(0, columns, 128):
        block = values[:, first : first + 128].clone()
        inverse, errors = factor[first : first + 128, first : first + 128], torch.zeros_like(block)
        mask = torch.zeros_like(block, dtype=torch.bool)
        if isinstance(sparsity, float):
            scores = (block / inverse.diag()) ** 2
            mask = scores <= scores.flatten().sort().values[int(scores.numel() * sparsity)]
        for index in range(block.shape[1]):
            if not isinstance(sparsity, float) and index % sparsity[1] == 0:
                part = slice(index, index + sparsity[1])
                scores = (block[:, part] / inverse.diag()[part]) ** 2
                lowest = scores.topk(sparsity[1] - sparsity[0], dim=1, largest=False).indices
                mask.scatter_(1, index + lowest, True)
            column = block[:, index]
            kept = torch.where(mask[:, index], 0.0, column)
            if rounding:
                # As in that code, groups inside a block see the weights as they were when the block began.
                if rounding[2] and index % rounding[2] == 0:
                    scale, zero = grid(values[:, first + index : first + index + rounding[2]], *rounding[:2])
                kept = on_grid(kept, scale, zero, rounding[0])
            error = (column - kept) / inverse[index, index]
            block[:, index:] -= error[:, None] * inverse[index, index:]
            result[:, first + index], errors[:, index] = kept, error
        values[:, first + 128 :] -= errors @ factor[first : first + 128, first + 128 :]
    return result


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--gptq", metavar="DIR")
    options = arguments.parse_args()
    compare = Comparison()
    for make in (integers, blocks, float8, shared_exponents, sparse, stored):
        make(compare)
    if options.gptq:
        sys.path.insert(0, options.gptq)
        gptq(compare)
    print("\n".join([*compare.missing, f"{compare.count} made, {len(compare.missing)} of them not in the tests"]))
    raise SystemExit(bool(compare.missing))
