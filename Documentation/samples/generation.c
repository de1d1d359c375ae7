// SPDX-License-Identifier: GPL-2.0-only
/* How a program learns that it was restored: no library, one file, poll(). */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	int fd = open("/sys/class/misc/snapcap/generation", O_RDONLY | O_CLOEXEC);
	struct pollfd change = { .fd = fd, .events = POLLPRI };
	char id[64];
	ssize_t size;

	/* A read arms the poll; what is read then is what was told of. */
	while ((size = pread(fd, id, sizeof(id), 0)) > 0) {
		printf("generation %.*s", (int)size, id);
		fflush(stdout);
		if (poll(&change, 1, -1) < 0)
			break;
	}
	return 1;
}
