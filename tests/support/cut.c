/* Cuts the power of an ext4 file system: what it has not been told to make durable is gone, and nothing is written any more. cut DIRECTORY */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>

#define SHUTDOWN _IOR('X', 125, uint32_t)
#define NO_LOG_FLUSH 2

int main(int count, char **arguments) {
    uint32_t how = NO_LOG_FLUSH;
    int directory = count == 2 ? open(arguments[1], O_RDONLY | O_DIRECTORY) : -1;
    if (directory < 0 || ioctl(directory, SHUTDOWN, &how) != 0) {
        perror("cut");
        return 1;
    }
    return 0;
}
