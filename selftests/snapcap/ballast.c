// SPDX-License-Identifier: GPL-2.0-only
/* Memory that a test uses up, so that a take has little left. */
#include <stdio.h>
#include <sys/mman.h>
#include "ballast.h"

/* As large as a page is anywhere. */
#define STEP	65536

bool ballast_take(struct ballast *b, unsigned int percent, enum ballast_kind kind)
{
	uint64_t x = 88172645463325252ULL;
	long long kib = 0;
	char line[64];
	FILE *f = fopen("/proc/meminfo", "r");
	size_t i;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %lld", &kib) == 1)
			break;
	if (f)
		fclose(f);
	b->size = ((size_t)(kib * percent / 100) << 10) & ~(size_t)(STEP - 1);
	b->words = mmap(NULL, b->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (b->words == MAP_FAILED)
		return false;
	for (i = 0; i < b->size / sizeof(*b->words); i++) {
		if (kind == BALLAST_RANDOM) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
		}
		b->words[i] = x;
	}
	return true;
}

void ballast_drop(struct ballast *b, size_t size)
{
	size = (size + STEP - 1) & ~(size_t)(STEP - 1);
	if (size > b->size)
		size = b->size;
	munmap((char *)b->words + b->size - size, size);
	b->size -= size;
}
