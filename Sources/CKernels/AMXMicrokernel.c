#define _GNU_SOURCE
#include "AMX.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <immintrin.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#define TILES __attribute__((target("amx-tile,amx-bf16")))
#define WIDE __attribute__((target("avx512f")))

bool amx_request(void) {
    unsigned a, b, c, d;
    // Function 7: AMX-BF16 is bit 22 of EDX, AMX-TILE bit 24; its subfunction 1: AVX512-BF16 is bit 5 of EAX.
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & (1u << 22 | 1u << 24)) != (1u << 22 | 1u << 24)) return false;
    if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(a & 1u << 5)) return false;
    const long request_permission = 0x1023, tile_data = 18;
    return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

/// What LDTILECFG reads: eight tiles of 16 rows of 64 bytes.
typedef struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} TileConfiguration;

static const TileConfiguration configuration __attribute__((aligned(64))) = {
    .palette = 1, .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64}, .rows = {16, 16, 16, 16, 16, 16, 16, 16}};

/// Tiles 0 to 3 are the four quarters of the sums, 4 and 5 the halves of the inputs, 6 and 7 those of the weights.
#define INPUTS(term)                                                                                                  \
    _tile_loadd(4, a + (term) * 2048, 64);                                                                            \
    _tile_loadd(5, a + (term) * 2048 + 1024, 64)
#define WEIGHTS(term)                                                                                                 \
    _tile_loadd(6, b + (term) * 2048, 64);                                                                            \
    _tile_loadd(7, b + (term) * 2048 + 1024, 64)

/// Asks for cache lines that will be read soon.
static inline void ask(const char *next, int lines) {
    for (int line = 0; line < lines; line++) _mm_prefetch(next + 64 * line, _MM_HINT_T0);
}

/// Multiplies what is loaded, and asks for what the next step multiplies, some lines after each product: panels stream from
/// the second-level cache, and a tile that has to wait for it holds up all that follow. All lines at once would hold up the
/// loads behind them, most of all where another thread has half of the core.
#define MULTIPLY(next, lines)                                                                                         \
    _tile_dpbf16ps(0, 4, 6);                                                                                          \
    ask(next, lines);                                                                                                 \
    _tile_dpbf16ps(1, 4, 7);                                                                                          \
    ask((next) + 64 * (lines), lines);                                                                                \
    _tile_dpbf16ps(2, 5, 6);                                                                                          \
    ask((next) + 128 * (lines), lines);                                                                               \
    _tile_dpbf16ps(3, 5, 7);                                                                                          \
    ask((next) + 192 * (lines), lines)

/// Asks for where the sums will go, while they are made.
static inline void prefetch_sums(const char *rows, ptrdiff_t bytes, ptrdiff_t half) {
    for (int row = 0; row < 32; row++) {
        _mm_prefetch(rows + row * bytes, _MM_HINT_ET0);
        _mm_prefetch(rows + row * bytes + half, _MM_HINT_ET0);
    }
}

/// Writes the four quarters of the sums.
TILES static inline void store_sums(char *rows, ptrdiff_t bytes, ptrdiff_t half) {
    _tile_stored(0, rows, bytes);
    _tile_stored(1, rows + half, bytes);
    _tile_stored(2, rows + 16 * bytes, bytes);
    _tile_stored(3, rows + 16 * bytes + half, bytes);
}

/// Adds a panel of inputs times a panel of weights to 32 × 32 sums, in each step the small products first. The rows of the
/// sums are `bytes` apart, their last 16 columns `half` bytes after the first.
TILES static void multiply_panels(
    const char *a, const char *b, ptrdiff_t step_bytes, int terms, ptrdiff_t steps, const float *start, float *c,
    ptrdiff_t bytes, ptrdiff_t half) {
    char *rows = (char *)c;
    prefetch_sums(rows, bytes, half);
    // A stride of zero reads the same row sixteen times.
    ptrdiff_t from = start ? 0 : bytes, other = start ? 64 : half;
    const char *top = start ? (const char *)start : rows, *bottom = start ? top : rows + 16 * bytes;
    _tile_loadd(0, top, from);
    _tile_loadd(1, top + other, from);
    _tile_loadd(2, bottom, from);
    _tile_loadd(3, bottom + other, from);
    for (ptrdiff_t step = 0; step < steps; step++, a += amx_step_bytes, b += step_bytes) {
        const char *inputs = a + amx_step_bytes, *weights = b + step_bytes;
        WEIGHTS(0);
        INPUTS(2);
        MULTIPLY(weights, 8);
        INPUTS(1);
        MULTIPLY(inputs + 4096, 8);
        if (terms == 1) {
            INPUTS(0);
            MULTIPLY(inputs, 16);
            continue;
        }
        WEIGHTS(1);
        MULTIPLY(weights + 2048, 8);
        INPUTS(0);
        MULTIPLY(inputs + 2048, 8);
        if (terms > 2) {
            WEIGHTS(2);
            MULTIPLY(weights + 4096, 8);
        }
        WEIGHTS(0);
        MULTIPLY(inputs, 8);
    }
    store_sums(rows, bytes, half);
}

/// sums += scales ⊙ group, for 32 × 32 of each, and the scales of their 32 columns.
WIDE static void add_scaled(float *sums, const float *group, const float *scales) {
    __m512 low = _mm512_loadu_ps(scales), high = _mm512_loadu_ps(scales + 16);
    for (int i = 0; i < 32 * 32; i += 32) {
        _mm512_store_ps(sums + i, _mm512_fmadd_ps(_mm512_load_ps(group + i), low, _mm512_load_ps(sums + i)));
        _mm512_store_ps(
            sums + i + 16, _mm512_fmadd_ps(_mm512_load_ps(group + i + 16), high, _mm512_load_ps(sums + i + 16)));
    }
}

/// Adds a panel of inputs times a panel of codes to 32 × 32 sums, the sum of each group times its scale.
TILES static void multiply_codes(
    const char *a, const char *b, ptrdiff_t steps, ptrdiff_t first, ptrdiff_t group, const float *scales,
    const float *start, float *c, ptrdiff_t bytes) {
    const ptrdiff_t step_bytes = 2048;
    float sums[32 * 32] __attribute__((aligned(64))), part[32 * 32] __attribute__((aligned(64)));
    char *rows = (char *)c;
    prefetch_sums(rows, bytes, 64);
    for (int row = 0; row < 32; row++) memcpy(sums + 32 * row, start ? (const char *)start : rows + row * bytes, 128);
    for (ptrdiff_t step = 0, end = first; step < steps; end += group, scales += 32) {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
        for (; step < end && step < steps; step++, a += amx_step_bytes, b += step_bytes) {
            const char *inputs = a + amx_step_bytes;
            WEIGHTS(0);
            INPUTS(2);
            MULTIPLY(b + step_bytes, 8);
            INPUTS(1);
            MULTIPLY(inputs + 4096, 8);
            INPUTS(0);
            MULTIPLY(inputs, 16);
        }
        store_sums((char *)part, 128, 64);
        add_scaled(sums, part, scales);
    }
    for (int row = 0; row < 32; row++) memcpy(rows + row * bytes, sums + 32 * row, 128);
}

TILES void amx_begin(void) { _tile_loadconfig(&configuration); }

TILES void amx_end(void) { _tile_release(); }

/// What multiplies one panel of inputs: the arguments that are the same for all.
typedef struct {
    const char *weights;
    ptrdiff_t step_bytes, steps;
    int terms;
    const float *start;
    // Of codes: the steps until the first scale ends, those of each after it, and the scales.
    ptrdiff_t first, group;
    const float *scales;
} Weights;

TILES static void multiply_one(const char *panel, const Weights *w, float *c, ptrdiff_t bytes) {
    if (w->scales) {
        multiply_codes(panel, w->weights, w->steps, w->first, w->group, w->scales, w->start, c, bytes);
    } else {
        multiply_panels(panel, w->weights, w->step_bytes, w->terms, w->steps, w->start, c, bytes, 64);
    }
}

/// Multiplies the panels of inputs one after the other; those that are not whole by way of whole sums.
TILES static void multiply_all(
    const char *inputs, ptrdiff_t input_stride, const Weights *w, float *out, ptrdiff_t stride, ptrdiff_t rows,
    ptrdiff_t columns) {
    for (ptrdiff_t row = 0; row < rows; row += 32, inputs += input_stride) {
        ptrdiff_t count = rows - row < 32 ? rows - row : 32;
        float *target = out + row * stride;
        if (count == 32 && columns == 32) {
            multiply_one(inputs, w, target, 4 * stride);
            continue;
        }
        float whole[32 * 32] __attribute__((aligned(64)));
        memset(whole, 0, sizeof whole);
        if (!w->start) {
            for (ptrdiff_t i = 0; i < count; i++) memcpy(whole + 32 * i, target + i * stride, 4 * (size_t)columns);
        }
        multiply_one(inputs, w, whole, 128);
        for (ptrdiff_t i = 0; i < count; i++) memcpy(target + i * stride, whole + 32 * i, 4 * (size_t)columns);
    }
}

void amx_multiply(
    const void *inputs, ptrdiff_t input_stride, const void *weights, int kept, int terms, ptrdiff_t steps,
    const float *start, float *out, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t columns) {
    Weights w = {.weights = weights, .step_bytes = kept * 2048, .steps = steps, .terms = terms, .start = start};
    multiply_all(inputs, input_stride, &w, out, stride, rows, columns);
}

void amx_multiply_codes(
    const void *inputs, ptrdiff_t input_stride, const void *codes, ptrdiff_t steps, ptrdiff_t first, ptrdiff_t group,
    const float *scales, const float *start, float *out, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t columns) {
    Weights w = {
        .weights = codes, .steps = steps, .start = start, .first = first, .group = group, .scales = scales};
    multiply_all(inputs, input_stride, &w, out, stride, rows, columns);
}

TILES void amx_multiply_lanes(
    const void *inputs, ptrdiff_t input_stride, const void *weights, ptrdiff_t steps, const float *start, float *out,
    ptrdiff_t half, ptrdiff_t rows) {
    const char *panel = inputs;
    for (ptrdiff_t row = 0; row < rows; row += 32, panel += input_stride) {
        multiply_panels(panel, weights, amx_step_bytes, 3, steps, start, out + row * 16, 64, 4 * half);
    }
}

TILES float amx_multiply_ones(ptrdiff_t steps) {
    uint16_t ones[512];
    float sums[256];
    for (int i = 0; i < 512; i++) ones[i] = 0x3f80;
    amx_begin();
    _tile_loadd(4, ones, 64);
    _tile_loadd(5, ones, 64);
    _tile_loadd(6, ones, 64);
    _tile_loadd(7, ones, 64);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (ptrdiff_t step = 0; step < steps; step++) { MULTIPLY((const char *)ones, 0); }
    _tile_stored(3, sums, 64);
    amx_end();
    return sums[255];
}
#else
bool amx_request(void) { return false; }
void amx_begin(void) {}
void amx_end(void) {}
float amx_multiply_ones(ptrdiff_t steps) { return 0; }
void amx_multiply(
    const void *inputs, ptrdiff_t input_stride, const void *weights, int kept, int terms, ptrdiff_t steps,
    const float *start, float *out, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t columns) {}
void amx_multiply_codes(
    const void *inputs, ptrdiff_t input_stride, const void *codes, ptrdiff_t steps, ptrdiff_t first, ptrdiff_t group,
    const float *scales, const float *start, float *out, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t columns) {}
void amx_multiply_lanes(
    const void *inputs, ptrdiff_t input_stride, const void *weights, ptrdiff_t steps, const float *start, float *out,
    ptrdiff_t half, ptrdiff_t rows) {}
#endif
