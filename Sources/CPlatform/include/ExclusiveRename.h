#pragma once

/// Gives a file another name that nothing has yet; -1 with `errno` EEXIST where something has it, and EINVAL or ENOSYS where
/// the file system cannot promise that.
int qid_rename_exclusively(const char *from, const char *to);
