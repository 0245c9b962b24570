#define _GNU_SOURCE
#include "MappingGuard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

/// An entry of a list that only grows, so that the handler walks it without a lock; entries are used again.
struct qid_mapping {
    /// 0 where the entry is free.
    _Atomic(uintptr_t) start;
    _Atomic(size_t) byte_count;
    _Atomic(int) has_failed;
    struct qid_mapping *next;
};

static _Atomic(struct qid_mapping *) mappings;
static pthread_mutex_t editing = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t installing = PTHREAD_ONCE_INIT;
static struct sigaction previous;
static uintptr_t page_byte_count;

/// Puts zeros from the page of an address to the end of the watched mapping that it is in; 0 where it is in none.
static int replace_with_zeros(uintptr_t address) {
    for (struct qid_mapping *mapping = atomic_load(&mappings); mapping; mapping = mapping->next) {
        uintptr_t start = atomic_load(&mapping->start);
        size_t byte_count = atomic_load(&mapping->byte_count);
        if (!start || address < start || address - start >= byte_count) continue;
        // Only one page may be broken, but none behind it is worth reading: the result cannot be kept.
        uintptr_t first = address / page_byte_count * page_byte_count;
        void *zeros = mmap((void *)first, start + byte_count - first, PROT_READ,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (zeros == MAP_FAILED) return 0;
        atomic_store(&mapping->has_failed, 1);
        return 1;
    }
    return 0;
}

static void handle_bus_error(int number, siginfo_t *information, void *context) {
    int interrupted = errno;
    int is_ours = replace_with_zeros((uintptr_t)information->si_addr);
    errno = interrupted;
    if (is_ours) return;
    if (previous.sa_flags & SA_SIGINFO) {
        previous.sa_sigaction(number, information, context);
    } else {
        // Whatever it is comes again at once, and then ends the process as it would have.
        sigaction(SIGBUS, &previous, NULL);
    }
}

static void install(void) {
    page_byte_count = (uintptr_t)sysconf(_SC_PAGESIZE);
    struct sigaction action = {0};
    action.sa_sigaction = handle_bus_error;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &previous);
}

/// A free entry of the list, or a new one; called with the mutex held.
static struct qid_mapping *free_entry(void) {
    for (struct qid_mapping *mapping = atomic_load(&mappings); mapping; mapping = mapping->next) {
        if (atomic_load(&mapping->start) == 0) return mapping;
    }
    struct qid_mapping *mapping = calloc(1, sizeof *mapping);
    if (!mapping) return NULL;
    mapping->next = atomic_load(&mappings);
    atomic_store(&mappings, mapping);
    return mapping;
}

struct qid_mapping *qid_mapping_watch(const void *start, size_t byte_count) {
    pthread_once(&installing, install);
    pthread_mutex_lock(&editing);
    struct qid_mapping *mapping = free_entry();
    if (mapping) {
        atomic_store(&mapping->has_failed, 0);
        atomic_store(&mapping->byte_count, byte_count);
        atomic_store(&mapping->start, (uintptr_t)start);
    }
    pthread_mutex_unlock(&editing);
    return mapping;
}

int qid_mapping_has_failed(const struct qid_mapping *mapping) {
    return atomic_load(&((struct qid_mapping *)mapping)->has_failed);
}

void qid_mapping_forget(struct qid_mapping *mapping) { atomic_store(&mapping->start, 0); }

void qid_mapping_touch(const void *start, size_t byte_count) {
    const volatile unsigned char *bytes = start;
    for (size_t offset = 0; offset < byte_count; offset += 4096) (void)bytes[offset];
    if (byte_count > 0) (void)bytes[byte_count - 1];
}
