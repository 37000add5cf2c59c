/* Stands between the server and the disk (LD_PRELOAD): while there is a file FULL, so many writes to files still succeed as it has bytes, each
 * of which takes one away; then the disk is full. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_full(int fd) {
    struct stat of, left;
    const char *path = getenv("FULL");
    if (fd <= 2 || path == NULL || fstat(fd, &of) != 0 || !S_ISREG(of.st_mode)) return 0;
    if (stat(path, &left) != 0) return 0;
    if (left.st_size > 0) return truncate(path, left.st_size - 1), 0;
    errno = ENOSPC;
    return 1;
}

ssize_t write(int fd, const void *from, size_t size) {
    ssize_t (*real)(int, const void *, size_t) = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    return is_full(fd) ? -1 : real(fd, from, size);
}

ssize_t pwrite(int fd, const void *from, size_t size, off_t at) {
    ssize_t (*real)(int, const void *, size_t, off_t) = (ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
    return is_full(fd) ? -1 : real(fd, from, size, at);
}

ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at) {
    ssize_t (*real)(int, const void *, size_t, off64_t) = (ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
    return is_full(fd) ? -1 : real(fd, from, size, at);
}
