#include "AMX.h"

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#define WIDE __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

/// Two vectors of what is left of some values, and the next part of both.
typedef struct {
    __m512 low, high;
} Pair;

/// Rounds both to bfloat16, the elements of `low` first, and leaves what rounding lost.
WIDE static inline __m512i next_part(Pair *rest) {
    __m512i part = (__m512i)_mm512_cvtne2ps_pbh(rest->high, rest->low);
    __m512i low = _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_castsi512_si256(part)), 16);
    __m512i high = _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(part, 1)), 16);
    rest->low = _mm512_sub_ps(rest->low, _mm512_castsi512_ps(low));
    rest->high = _mm512_sub_ps(rest->high, _mm512_castsi512_ps(high));
    return part;
}

WIDE static inline __mmask16 first(ptrdiff_t count) {
    return count >= 16 ? 0xffff : count <= 0 ? 0 : (__mmask16)((1u << count) - 1);
}

WIDE void amx_pack_inputs(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t depth, void *panel) {
    char *step = panel;
    for (ptrdiff_t k = 0; k < depth; k += amx_step_depth, step += amx_step_bytes) {
        __mmask16 low = first(depth - k), high = first(depth - k - 16);
        for (ptrdiff_t row = 0; row < amx_panel_rows; row++) {
            Pair rest = {_mm512_setzero_ps(), _mm512_setzero_ps()};
            if (row < rows) {
                rest.low = _mm512_maskz_loadu_ps(low, x + row * stride + k);
                if (high) rest.high = _mm512_maskz_loadu_ps(high, x + row * stride + k + 16);
            }
            char *target = step + 2 * row * amx_step_depth;
            for (int part = 0; part < 3; part++) _mm512_storeu_si512(target + part * 2048, next_part(&rest));
        }
    }
}

WIDE int amx_pack_weights(const float *weights, ptrdiff_t depth, int half, int kept, void *panel) {
    // The elements of `low` and `high` in turn.
    static const uint16_t turns[32] __attribute__((aligned(64))) = {
        0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    __m512i order = _mm512_load_si512(turns);
    __m512i present[3] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
    for (ptrdiff_t k = 0; k < (depth + 31) / 32 * 32; k += 2) {
        Pair rest = {_mm512_setzero_ps(), _mm512_setzero_ps()};
        if (k < depth) rest.low = _mm512_loadu_ps(weights + 16 * k);
        if (k + 1 < depth) rest.high = _mm512_loadu_ps(weights + 16 * k + 16);
        char *target = (char *)panel + k / 32 * kept * 2048 + half * 1024 + k % 32 * 32;
        for (int part = 0; part < kept; part++) {
            __m512i next = _mm512_permutexvar_epi16(order, next_part(&rest));
            _mm512_storeu_si512(target + part * 2048, next);
            present[part] = _mm512_or_si512(present[part], next);
        }
    }
    // A part of −0 counts as one: that costs time, not bits.
    return _mm512_test_epi16_mask(present[2], present[2]) ? 3 : _mm512_test_epi16_mask(present[1], present[1]) ? 2 : 1;
}
#else
void amx_pack_inputs(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t depth, void *panel) {}
int amx_pack_weights(const float *weights, ptrdiff_t depth, int half, int kept, void *panel) { return 0; }
#endif
