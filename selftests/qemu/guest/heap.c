// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory whose every page can be told from the others, also on flash: a page
 * begins with a word of its own, which a compressor leaves as it is.
 *
 *   heap serve MIB [noise]   hold that much memory, answer questions about it
 *   heap ask FIRST COUNT     read these pages: "ok", "wrong PAGE", "bus PAGE"
 *
 * A page is a kibibyte of pseudo-random words four times over; with noise it does not
 * repeat. What SIGBUS means, the server says, and lives on.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#define PAGE	4096UL
#define WORDS	(PAGE / sizeof(uint64_t))
#define MIB	(1UL << 20)

/* Abstract: no file is in the way of a second life. */
static const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "\0snapcap-heap" };

static uint64_t *heap;
static unsigned long pages, period;
static sigjmp_buf on_bus;

/* The rig computes the first word of a page by the same rule (splitmix64). */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static uint64_t word(unsigned long page, unsigned long i)
{
	return mix(page * WORDS + i % period);
}

static void bus(int signal)
{
	(void)signal;
	siglongjmp(on_bus, 1);
}

static void look(unsigned long first, unsigned long count, char *said, size_t size)
{
	volatile unsigned long page = first;

	if (first > pages || count > pages - first) {
		snprintf(said, size, "there are %lu pages\n", pages);
		return;
	}
	if (sigsetjmp(on_bus, 1)) {
		snprintf(said, size, "bus %lu\n", page);
		return;
	}
	for (; page < first + count; page++)
		for (unsigned long i = 0; i < WORDS; i++)
			if (*(volatile uint64_t *)&heap[page * WORDS + i] != word(page, i)) {
				snprintf(said, size, "wrong %lu\n", page);
				return;
			}
	snprintf(said, size, "ok\n");
}

static int serve(unsigned long mib, int noise)
{
	struct sigaction action = { .sa_handler = bus };
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	pages = mib * MIB / PAGE;
	period = noise ? WORDS : WORDS / 4;
	heap = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (heap == MAP_FAILED || sigaction(SIGBUS, &action, NULL) || sock < 0) {
		perror("heap");
		return 1;
	}
	for (unsigned long page = 0; page < pages; page++)
		for (unsigned long i = 0; i < WORDS; i++)
			heap[page * WORDS + i] = word(page, i);
	/* Once it listens, all is there. */
	if (bind(sock, (struct sockaddr *)&address, sizeof(address)) || listen(sock, 4)) {
		perror("heap: socket");
		return 1;
	}
	for (;;) {
		unsigned long first, count;
		char line[80] = "";
		int fd = accept(sock, NULL, NULL);

		if (fd < 0)
			continue;
		if (read(fd, line, sizeof(line) - 1) > 0 &&
		    sscanf(line, "%lu %lu", &first, &count) == 2) {
			look(first, count, line, sizeof(line));
			if (write(fd, line, strlen(line)) < 0)
				perror("heap: answer");
		}
		close(fd);
	}
}

static int ask(const char *first, const char *count)
{
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char line[80];
	ssize_t n;

	if (sock < 0 || connect(sock, (struct sockaddr *)&address, sizeof(address))) {
		perror("heap: no server");
		return 1;
	}
	n = snprintf(line, sizeof(line), "%s %s\n", first, count);
	if (write(sock, line, n) != n)
		return 1;
	n = read(sock, line, sizeof(line));
	if (n <= 0) {
		puts("died");
		return 1;
	}
	return fwrite(line, 1, n, stdout) != (size_t)n;
}

int main(int argc, char **argv)
{
	if (argc >= 3 && !strcmp(argv[1], "serve"))
		return serve(strtoul(argv[2], NULL, 10), argc > 3 && !strcmp(argv[3], "noise"));
	if (argc == 4 && !strcmp(argv[1], "ask"))
		return ask(argv[2], argv[3]);
	fprintf(stderr, "usage: heap serve MIB [noise] | heap ask FIRST COUNT\n");
	return 2;
}
