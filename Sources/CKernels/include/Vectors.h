/// What Swift has no words for that become one instruction on vectors of any width: its `addingProduct` works lane by lane,
/// and its sums and conversions are functions that would be compiled for one width and called at another.
///
/// Inlined where they are called, so compiled for what the caller is compiled for.
#ifndef CKERNELS_VECTORS_H
#define CKERNELS_VECTORS_H

#define INLINED static inline __attribute__((always_inline))

/// Swift's `SIMD16<Float>`.
typedef float floats16 __attribute__((ext_vector_type(16)));

/// a·b + c, rounded once.
INLINED floats16 fused_multiply_add(floats16 a, floats16 b, floats16 c) { return __builtin_elementwise_fma(a, b, c); }

/// The sum of the lanes, half plus half.
INLINED double sum_of_lanes(floats16 x) {
    typedef double doubles16 __attribute__((ext_vector_type(16)));
    doubles16 lanes = __builtin_convertvector(x, doubles16);
    __auto_type eight = lanes.lo + lanes.hi;
    __auto_type four = eight.lo + eight.hi;
    __auto_type two = four.lo + four.hi;
    return two.lo + two.hi;
}

/// The largest lane, where none is NaN.
INLINED float largest_of_lanes(floats16 x) {
    __auto_type eight = x.lo > x.hi ? x.lo : x.hi;
    __auto_type four = eight.lo > eight.hi ? eight.lo : eight.hi;
    __auto_type two = four.lo > four.hi ? four.lo : four.hi;
    return two.lo > two.hi ? two.lo : two.hi;
}

#undef INLINED

#endif
