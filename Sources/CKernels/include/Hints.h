/// What a thread tells its processor, for which Swift has no word.
#ifndef CKERNELS_HINTS_H
#define CKERNELS_HINTS_H

/// Asks for the cache line at an address that will be read soon; any address will do.
static inline void prefetch(const void *address) { __builtin_prefetch(address); }

/// Says that this thread waits for another one to write to memory.
static inline void pause_thread(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
