/* Stands between the server and the disk (LD_PRELOAD): counts syncs by a byte each in the file SYNCS, and lets every one after the first
 * SYNCS_GOOD fail as a broken disk does. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static int sync_by(const char *name, int fd) {
    static atomic_long count;
    const char *good = getenv("SYNCS_GOOD"), *path = getenv("SYNCS");
    if (good != NULL && atomic_fetch_add(&count, 1) >= atol(good)) {
        errno = EIO;
        return -1;
    }
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    int result = real(fd);
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (log >= 0) {
        if (write(log, ".", 1) != 1) abort();
        close(log);
    }
    return result;
}

int fsync(int fd) { return sync_by("fsync", fd); }
int fdatasync(int fd) { return sync_by("fdatasync", fd); }
