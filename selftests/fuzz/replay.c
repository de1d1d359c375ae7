// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a harness without libFuzzer: over each file of a folder, over all its
 * beginnings in steps, and with single bits flipped. The same in every run. TAP.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include "fuzz.h"

#define FILE_MAX	(1 << 20)
#define CUTS		64
#define FLIPS		2048

static uint8_t bytes[FILE_MAX];

/* In memory of just its size, so that a byte too far is noticed. */
static void hand_over(size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, bytes, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void replay(size_t size)
{
	size_t step = size / CUTS + 1, at;
	uint32_t state = 1;
	int i;

	hand_over(size);
	for (at = 0; at < size; at += step)
		hand_over(at);
	for (i = 0; size && i < FLIPS; i++) {
		state = state * 1103515245 + 12345;
		/* Half of them where the headers are. */
		at = (state >> 8) % (i & 1 && size > 512 ? 512 : size);
		bytes[at] ^= 1 << (i / 2 & 7);
		hand_over(size);
		bytes[at] ^= 1 << (i / 2 & 7);
	}
}

static size_t load(const char *folder, const char *name)
{
	char path[4096];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file)
		return 0;
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	return size;
}

int main(int argc, char **argv)
{
	struct dirent **entry;
	int i, n, count = 0;

	if (argc != 3)
		return 2;
	n = scandir(argv[2], &entry, NULL, alphasort);
	for (i = 0; i < n; i++) {
		size_t size = entry[i]->d_name[0] == '.' ? 0 : load(argv[2], entry[i]->d_name);

		if (size) {
			replay(size);
			printf("ok %d - %s: %s\n", ++count, argv[1], entry[i]->d_name);
			fflush(stdout);
		}
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	if (!count)
		printf("not ok - %s: there is no corpus in %s\n", argv[1], argv[2]);
	printf("1..%d\n", count);
	return !count;
}
