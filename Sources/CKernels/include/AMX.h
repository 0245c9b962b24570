/// Float32 matrix products by the tile registers of x86-64's AMX, which multiply bfloat16 and add in float32.
///
/// A float32 is the sum of three bfloat16 parts, exactly: each rounds what the parts before left over. (Tiles take numbers
/// below 2⁻¹²⁶ for zero, which is nothing beside others; what is infinite, or rounds to that, becomes NaN.) A product of two is
/// the sum of the products of their parts; those left out here (second × third, third × third) are below 2⁻²⁴ of it. What
/// has fewer bits needs fewer products: float16 weights have two parts, bfloat16 weights one.
///
/// Panels have 32 rows and are cut into steps of 32 along the depth. A step is 6 tiles of 16 × 32 bfloat16, part by part,
/// the first 16 rows of the panel before the last. Every function but the first may be called only where that one said yes.
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
/// Returns how many parts the weights have: 1, 2 or 3.
int amx_pack_weights(const float *weights, ptrdiff_t depth, int half, void *panel);

/// Makes the tiles of this thread ready for `amx_multiply`, and gives them back: while in use, they are saved at every
/// switch of threads.
void amx_begin(void);
void amx_end(void);

/// out[r, c] = start[c] + Σ_k inputs[r, k]·weights[c, k], or out[r, c] + the sum where `start` is null.
///
/// `inputs` are panels `input_stride` bytes apart, of which `rows` rows count; `weights` is one panel, of which `columns`
/// rows count, whose weights have at most `parts` parts. The order of a sum depends on nothing but its depth. Called
/// between `amx_begin` and `amx_end` of its thread.
void amx_multiply(
    const void *inputs, ptrdiff_t input_stride, const void *weights, int parts, ptrdiff_t steps,
    const float *start, float *out, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t columns);

/// Multiplies tiles of ones `steps` times into each of four sums, as fast as the processor can; what each element of the
/// sums then is: 32 · steps, exactly up to 2²⁴.
float amx_multiply_ones(ptrdiff_t steps);

#endif
