#pragma once

#include <stddef.h>

/// A mapped file whose pages may be gone when they are touched.
struct qid_mapping;

/// Watches the pages of a mapping from now on; null where there is no memory for it.
///
/// A page that the kernel cannot read (the file was cut short, its disk is broken) raises SIGBUS where it is touched. From
/// then on the rest of the mapping reads as zeros, and `qid_mapping_has_failed` says so: whoever keeps a result made from it
/// asks first.
struct qid_mapping *qid_mapping_watch(const void *start, size_t byte_count);

/// Whether a page could not be read.
int qid_mapping_has_failed(const struct qid_mapping *mapping);

/// Ends the watch; called before the mapping goes.
void qid_mapping_forget(struct qid_mapping *mapping);

/// Reads a byte of each page, whatever an optimizer thinks of it.
void qid_mapping_touch(const void *start, size_t byte_count);
