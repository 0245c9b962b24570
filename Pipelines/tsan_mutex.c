// Shows ThreadSanitizer what it cannot see of Swift's `Mutex`: where one is contended, the standard library, which is not
// instrumented, takes it and gives it back. `Pipelines/sanitize.sh` loads this before the tests.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

// `Synchronization._MutexHandle._lockSlow(_:)` and `._unlockSlow()`.
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

// Of the sanitizer, in the programs that have it.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

SWIFT void lockSlow(uint32_t state, SELF void *handle) __asm__(LOCK);
SWIFT void unlockSlow(SELF void *handle) __asm__(UNLOCK);

SWIFT void lockSlow(uint32_t state, SELF void *handle) {
    SWIFT void (*standard)(uint32_t, SELF void *) = dlsym(RTLD_NEXT, LOCK);
    standard(state, handle);
    if (__tsan_acquire) __tsan_acquire(handle);
}

SWIFT void unlockSlow(SELF void *handle) {
    SWIFT void (*standard)(SELF void *) = dlsym(RTLD_NEXT, UNLOCK);
    if (__tsan_release) __tsan_release(handle);
    standard(handle);
}
