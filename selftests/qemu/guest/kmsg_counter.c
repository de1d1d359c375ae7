// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the machine's counter, in nanoseconds since power-on, to the kernel
 * log: its line there ties the log's clock to the time since power-on.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	uint64_t hz, count;
	char line[80];
	int len, fd = open("/dev/kmsg", O_WRONLY);

	asm volatile("mrs %0, cntfrq_el0" : "=r" (hz));
	asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r" (count));
	len = snprintf(line, sizeof(line), "<6>snapcap-counter %llu\n",
		       (unsigned long long)((__uint128_t)count * 1000000000 / hz));
	if (fd < 0 || write(fd, line, len) != len) {
		perror("/dev/kmsg");
		return 1;
	}
	return 0;
}
