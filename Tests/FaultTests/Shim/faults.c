// Stands between a program and its system calls (LD_PRELOAD), counts those below one directory, and at one of them ends the
// process, tears a write, cuts the power, or answers with an error; or writes down what is done to the disk, in order.
//
//   QID_FAULT_ROOT   only paths below it, and files opened there, count
//   QID_FAULT_STATE  a file of 24 bytes that all processes share: calls so far, whether the machine is "off", and how many
//                    processes have ended by themselves
//   QID_FAULT_MODE   kill | tear | cut | errno | record
//   QID_FAULT_AT     the call, from 1 on
//   QID_FAULT_ERRNO  what it answers in mode errno
//   QID_FAULT_LOG    where mode record writes
//
// Mode cut needs the root on an ext4 file system, which comes down with all that is not on the disk (its shutdown ioctl).
// Modes kill, tear, cut and record count only what changes the disk.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { OFF, KILL, TEAR, CUT, ERRNO, RECORD };

struct shared {
    _Atomic(uint64_t) calls;
    _Atomic(uint64_t) is_off;
    _Atomic(uint64_t) ended;
};

static enum mode mode;
static struct shared *state;
static const char *root;
static size_t root_length;
static uint64_t at;
static int number;
static int record = -1;
static unsigned char tracked[1 << 16];
static __thread int inside;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function) _exit(99);
    return function;
}

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("QID_FAULT_MODE");
    const char *file = getenv("QID_FAULT_STATE");
    root = getenv("QID_FAULT_ROOT");
    if (!name || !file || !root) return;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0) _exit(98);
    state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (state == MAP_FAILED) _exit(98);
    root_length = strlen(root);
    const char *text = getenv("QID_FAULT_AT");
    at = text ? strtoull(text, NULL, 10) : 0;
    text = getenv("QID_FAULT_ERRNO");
    number = text ? atoi(text) : EIO;
    if (!strcmp(name, "record")) {
        record = (int)syscall(SYS_openat, AT_FDCWD, getenv("QID_FAULT_LOG"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (record < 0) _exit(98);
        mode = RECORD;
    } else {
        mode = !strcmp(name, "kill") ? KILL : !strcmp(name, "tear") ? TEAR : !strcmp(name, "cut") ? CUT : ERRNO;
    }
}

static void end_here(void) {
    atomic_store(&state->is_off, 1);
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/// The file system comes down: neither data nor log that is not on the disk yet comes there.
static void cut_power(void) {
    unsigned neither_data_nor_log = 2;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, root, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, _IOR('X', 125, unsigned), &neither_data_nor_log)) _exit(97);
    end_here();
}

static int is_below(const char *path) {
    return path && !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}

static int is_tracked(int fd) { return fd >= 0 && fd < (int)sizeof tracked && tracked[fd]; }

/// Counts a call; the error it answers with, 0 for none, -1 to do half of it and end.
static int fault(int counts, int changes) {
    if (mode == OFF || inside || !counts) return 0;
    if (atomic_load(&state->is_off)) end_here();
    if (mode != ERRNO && !changes) return 0;
    uint64_t call = atomic_fetch_add(&state->calls, 1) + 1;
    if (mode == RECORD || call != at) return 0;
    if (mode == KILL) end_here();
    if (mode == CUT) cut_power();
    return mode == TEAR ? -1 : number;
}

/// Writes down a change: `kind inode a b length "path" "other"`, a line feed, and as many bytes as `length` says.
static void note(char kind, uint64_t inode, long long a, const char *path, const char *other, const void *data, size_t length) {
    if (mode != RECORD || inside) return;
    char header[9000];
    int count = snprintf(header, sizeof header, "%c\t%llu\t%lld\t%zu\t%s\t%s\n", kind, (unsigned long long)inode, a, length,
                         path ? path : "", other ? other : "");
    struct iovec parts[] = {{header, (size_t)count}, {(void *)data, length}};
    syscall(SYS_writev, record, parts, length ? 2 : 1);
}

static uint64_t inode_of(int fd) {
    struct stat status;
    inside++;
    int result = REAL(fstat)(fd, &status);
    inside--;
    return result ? 0 : status.st_ino;
}

/// The path that an open file has now; valid until the thread asks for another.
static const char *path_of(int fd) {
    static __thread char path[4096];
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t count = readlink(link, path, sizeof path - 1);
    path[count < 0 ? 0 : count] = 0;
    return path;
}

#define FAIL_IF(counts, changes, failure)                                                                          \
    do {                                                                                                           \
        int answer = fault(counts, changes);                                                                       \
        if (answer == -1) end_here();                                                                              \
        if (answer) {                                                                                              \
            errno = answer;                                                                                        \
            return failure;                                                                                        \
        }                                                                                                          \
    } while (0)

// Opening and closing.

static int opened(int fd, const char *path, int flags, int was_there) {
    if (fd < 0 || mode == OFF || !is_below(path)) return fd;
    if (fd < (int)sizeof tracked) tracked[fd] = 1;
    if ((flags & O_CREAT) && !was_there) note('C', inode_of(fd), 0, path, NULL, NULL, 0);
    if ((flags & O_TRUNC) && was_there) note('T', inode_of(fd), 0, path, NULL, NULL, 0);
    return fd;
}

static int is_there(const char *path) {
    struct stat status;
    inside++;
    int result = REAL(lstat)(path, &status);
    inside--;
    return result == 0;
}

#define OPEN(name)                                                                                                 \
    int name(const char *path, int flags, ...) {                                                                   \
        va_list rest;                                                                                              \
        va_start(rest, flags);                                                                                     \
        mode_t permissions = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;                           \
        va_end(rest);                                                                                              \
        int counts = mode != OFF && is_below(path), was_there = !counts || is_there(path);                         \
        FAIL_IF(counts, (flags & O_CREAT) && !was_there, -1);                                                      \
        return opened(((int (*)(const char *, int, ...))real(#name))(path, flags, permissions), path, flags, was_there); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                                               \
    int name(int directory, const char *path, int flags, ...) {                                                    \
        va_list rest;                                                                                              \
        va_start(rest, flags);                                                                                     \
        mode_t permissions = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;                           \
        va_end(rest);                                                                                              \
        int counts = mode != OFF && is_below(path), was_there = !counts || is_there(path);                         \
        FAIL_IF(counts, (flags & O_CREAT) && !was_there, -1);                                                      \
        int fd = ((int (*)(int, const char *, int, ...))real(#name))(directory, path, flags, permissions);         \
        return opened(fd, path, flags, was_there);                                                                 \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
    int counts = is_tracked(fd), answer = fault(counts, 0);
    if (counts) tracked[fd] = 0;
    int result = REAL(close)(fd);
    if (answer > 0) {
        errno = answer;
        return -1;
    }
    return result;
}

// Writing.

static off_t place(int fd) { return lseek(fd, 0, SEEK_CUR); }

ssize_t write(int fd, const void *bytes, size_t count) {
    int counts = is_tracked(fd), answer = fault(counts, 1);
    if (answer == -1) {
        REAL(write)(fd, bytes, count / 2);
        end_here();
    }
    if (answer) {
        errno = answer;
        return -1;
    }
    ssize_t written = REAL(write)(fd, bytes, count);
    if (counts && written > 0) note('W', inode_of(fd), place(fd) - written, NULL, NULL, bytes, (size_t)written);
    return written;
}

#define PWRITE(name, offset_type)                                                                                  \
    ssize_t name(int fd, const void *bytes, size_t count, offset_type offset) {                                    \
        int counts = is_tracked(fd), answer = fault(counts, 1);                                                    \
        if (answer == -1) {                                                                                        \
            REAL(name)(fd, bytes, count / 2, offset);                                                              \
            end_here();                                                                                            \
        }                                                                                                          \
        if (answer) {                                                                                              \
            errno = answer;                                                                                        \
            return -1;                                                                                             \
        }                                                                                                          \
        ssize_t written = REAL(name)(fd, bytes, count, offset);                                                    \
        if (counts && written > 0) note('W', inode_of(fd), offset, NULL, NULL, bytes, (size_t)written);            \
        return written;                                                                                            \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define SYNC(name)                                                                                                 \
    int name(int fd) {                                                                                             \
        int counts = is_tracked(fd);                                                                               \
        FAIL_IF(counts, 1, -1);                                                                                    \
        int result = REAL(name)(fd);                                                                               \
        if (counts && !result) note('S', inode_of(fd), 0, path_of(fd), NULL, NULL, 0);                             \
        return result;                                                                                             \
    }
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name, offset_type)                                                                                \
    int name(int fd, offset_type size) {                                                                           \
        int counts = is_tracked(fd);                                                                               \
        FAIL_IF(counts, 1, -1);                                                                                    \
        int result = REAL(name)(fd, size);                                                                         \
        if (counts && !result) note('T', inode_of(fd), size, NULL, NULL, NULL, 0);                                 \
        return result;                                                                                             \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

// Names.

int rename(const char *from, const char *to) {
    int counts = mode != OFF && (is_below(from) || is_below(to));
    FAIL_IF(counts, 1, -1);
    int result = REAL(rename)(from, to);
    if (counts && !result) note('R', 0, 0, from, to, NULL, 0);
    return result;
}

int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
    int counts = mode != OFF && (is_below(from) || is_below(to));
    FAIL_IF(counts, 1, -1);
    int result = REAL(renameat2)(from_directory, from, to_directory, to, flags);
    if (counts && !result) note('R', 0, 0, from, to, NULL, 0);
    return result;
}

int link(const char *from, const char *to) {
    int counts = mode != OFF && (is_below(from) || is_below(to));
    FAIL_IF(counts, 1, -1);
    int result = REAL(link)(from, to);
    if (counts && !result) note('L', 0, 0, from, to, NULL, 0);
    return result;
}

int symlink(const char *target, const char *path) {
    int counts = mode != OFF && is_below(path);
    FAIL_IF(counts, 1, -1);
    int result = REAL(symlink)(target, path);
    if (counts && !result) note('Y', 0, 0, path, target, NULL, 0);
    return result;
}

#define ON_PATH(name, letter, parameters, arguments)                                                               \
    int name parameters {                                                                                          \
        int counts = mode != OFF && is_below(path);                                                                \
        FAIL_IF(counts, 1, -1);                                                                                    \
        int result = REAL(name) arguments;                                                                         \
        if (counts && !result) note(letter, 0, 0, path, NULL, NULL, 0);                                            \
        return result;                                                                                             \
    }
ON_PATH(unlink, 'U', (const char *path), (path))
ON_PATH(rmdir, 'X', (const char *path), (path))
ON_PATH(mkdir, 'M', (const char *path, mode_t permissions), (path, permissions))

// What only looks.

#define LOOK(type, name, counts, failure, parameters, arguments)                                                   \
    type name parameters {                                                                                         \
        FAIL_IF(mode != OFF && (counts), 0, failure);                                                              \
        return REAL(name) arguments;                                                                               \
    }
LOOK(int, stat, is_below(path), -1, (const char *path, struct stat *status), (path, status))
LOOK(int, lstat, is_below(path), -1, (const char *path, struct stat *status), (path, status))
LOOK(int, fstat, is_tracked(fd), -1, (int fd, struct stat *status), (fd, status))
LOOK(int, fstatat, is_below(path) || (!*path && is_tracked(directory)), -1,
     (int directory, const char *path, struct stat *status, int flags), (directory, path, status, flags))
LOOK(int, stat64, is_below(path), -1, (const char *path, struct stat64 *status), (path, status))
LOOK(int, lstat64, is_below(path), -1, (const char *path, struct stat64 *status), (path, status))
LOOK(int, fstat64, is_tracked(fd), -1, (int fd, struct stat64 *status), (fd, status))
LOOK(int, access, is_below(path), -1, (const char *path, int kind), (path, kind))
LOOK(int, statvfs, is_below(path), -1, (const char *path, struct statvfs *status), (path, status))
LOOK(ssize_t, read, is_tracked(fd), -1, (int fd, void *bytes, size_t count), (fd, bytes, count))
LOOK(ssize_t, pread, is_tracked(fd), -1, (int fd, void *bytes, size_t count, off_t offset), (fd, bytes, count, offset))
LOOK(ssize_t, pread64, is_tracked(fd), -1, (int fd, void *bytes, size_t count, off64_t offset), (fd, bytes, count, offset))
LOOK(int, flock, is_tracked(fd), -1, (int fd, int operation), (fd, operation))
LOOK(DIR *, opendir, is_below(path), NULL, (const char *path), (path))
LOOK(void *, mmap, is_tracked(fd), MAP_FAILED, (void *start, size_t count, int protection, int flags, int fd, off_t offset),
     (start, count, protection, flags, fd, offset))

struct dirent *readdir(DIR *stream) {
    FAIL_IF(mode == ERRNO, 0, NULL);
    return REAL(readdir)(stream);
}

#define CONTROL(name)                                                                                              \
    int name(int fd, int command, ...) {                                                                           \
        va_list rest;                                                                                              \
        va_start(rest, command);                                                                                   \
        void *argument = va_arg(rest, void *);                                                                     \
        va_end(rest);                                                                                              \
        int is_lock = command == F_SETLK || command == F_SETLKW || command == F_GETLK;                             \
        FAIL_IF(is_tracked(fd) && is_lock, 0, -1);                                                                 \
        return ((int (*)(int, int, ...))real(#name))(fd, command, argument);                                       \
    }
CONTROL(fcntl)
CONTROL(fcntl64)

int posix_spawn(pid_t *process, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]) {
    int answer = fault(mode == ERRNO, 0);
    return answer > 0 ? answer : REAL(posix_spawn)(process, path, actions, attributes, arguments, environment);
}

int posix_spawnp(pid_t *process, const char *path, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]) {
    int answer = fault(mode == ERRNO, 0);
    return answer > 0 ? answer : REAL(posix_spawnp)(process, path, actions, attributes, arguments, environment);
}

/// A process that ends by itself has told what it did; one that ends when the machine is off tells nobody.
__attribute__((destructor)) static void end(void) {
    if (state && !atomic_load(&state->is_off)) atomic_fetch_add(&state->ended, 1);
    if (mode == RECORD) note('E', (uint64_t)getpid(), 0, NULL, NULL, NULL, 0);
}
