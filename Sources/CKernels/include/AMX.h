/// Float32 matrix products by the tile registers of x86-64's AMX, which multiply bfloat16 and add in float32.
///
/// A float32 is the sum of three bfloat16 terms, exactly: each rounds what the terms before left over. (Tiles take numbers
/// below 2⁻¹²⁶ for zero, which is nothing beside others; what is infinite, or rounds to that, becomes NaN.) A product of two is
/// the sum of the products of their terms; those left out here (second × third, third × third) are below 2⁻²⁴ of it. What
/// has fewer bits needs fewer products: float16 weights have two terms, bfloat16 weights one.
///
/// What is a whole number of up to 8 bits times a scale, as the weights of most quantized models, needs but three: the whole
/// numbers have one term, and the sum over the inputs that share a scale is multiplied by it.
///
/// Panels have 32 rows and are cut into steps of 32 along the depth. A step is two tiles of 16 × 32 bfloat16 for each term
/// that is kept, the first 16 rows of the panel before the last; all three terms of inputs are. Every function but the first
/// may be called only where that one said yes.
#ifndef CKERNELS_AMX_H
#define CKERNELS_AMX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The rows of a panel, and the depth of a step.
enum { amx_panel_rows = 32, amx_step_depth = 32, amx_step_bytes = 2 * 3 * 32 * 32 };

/// Asks Linux to let this process use the tile registers; false where there are none. Needed once.
bool amx_request(void);

/// Packs up to 32 rows of inputs, `stride` apart, as one panel of ceil(depth / 32) steps; what is missing is zero.
void amx_pack_inputs(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t depth, void *panel);

/// Packs 16 rows of weights, `weights[16k + r]`, as the first or second half of a panel of ceil(depth / 32) steps, pairs of
/// depth side by side as tiles want them. What is missing of the last step is zero.
///
/// As many terms as the weights can have, 1, 2 or 3, are `kept`; returns how many they do have.
int amx_pack_weights(const float *weights, ptrdiff_t depth, int half, int kept, void *panel);

/// Makes the tiles of this thread ready for `amx_multiply`, and gives them back: while in use, they are saved at every
/// switch of threads.
void amx_begin(void);
void amx_end(void);

/// out[r, c] = start[c] + Σ_k inputs[r, k]·weights[c, k], or out[r, c] + the sum where `start` is null.
///
/// `inputs` are panels `input_stride` bytes apart, of which `rows` rows count; `weights` is one panel, of which `columns`
/// rows count, whose weights have at most `terms` of the terms that are `kept`. The order of a sum depends on nothing but its depth. Called
/// between `amx_begin` and `amx_end` of its thread.
void amx_multiply(
    const void *inputs, ptrdiff_t input_stride, const void *weights, int kept, int terms, ptrdiff_t steps,
    const float *start, float *out, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t columns);

/// The same with weights[c, k] = scales[32g + c]·codes[c, k] for the inputs of each group g, where `codes` is a panel of one
/// term: the first group is `first` steps long, each after it `group`.
void amx_multiply_codes(
    const void *inputs, ptrdiff_t input_stride, const void *codes, ptrdiff_t steps, ptrdiff_t first, ptrdiff_t group,
    const float *scales, const float *start, float *out, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t columns);

/// As `amx_multiply`, for whole panels of all three terms, and sums that lie sixteen by sixteen: out[16r + c] for the first
/// 16 columns c of row r, out[half + 16r + c − 16] for the last.
void amx_multiply_lanes(
    const void *inputs, ptrdiff_t input_stride, const void *weights, ptrdiff_t steps, const float *start, float *out,
    ptrdiff_t half, ptrdiff_t rows);

/// Multiplies tiles of ones `steps` times into each of four sums, as fast as the processor can; what each element of the
/// sums then is: 32 · steps, exactly up to 2²⁴.
float amx_multiply_ones(ptrdiff_t steps);

#endif
