/// What Swift has no word for.
#ifndef CKERNELS_PREFETCH_H
#define CKERNELS_PREFETCH_H

/// Asks for the cache line at an address that will be read soon; any address will do.
static inline void prefetch(const void *address) { __builtin_prefetch(address); }

#endif
