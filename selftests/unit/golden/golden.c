// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include "golden.h"

void *golden_read(const char *name, size_t *size)
{
	const char *dir = getenv("GOLDEN_DIR");
	char path[4096];
	long end = 0;
	void *data;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : ".", name);
	file = fopen(path, "rb");
	if (file && !fseek(file, 0, SEEK_END))
		end = ftell(file);
	if (end <= 0) {
		perror(path);
		exit(1);
	}
	rewind(file);
	data = malloc(end);
	if (!data || fread(data, 1, end, file) != (size_t)end) {
		perror(path);
		exit(1);
	}
	fclose(file);
	*size = end;
	return data;
}

void mangle_apply(const struct mangle *m, u8 *image)
{
	size_t i;

	for (i = 0; i < m->width; i++)
		image[m->start + m->at + i] = (u8)(m->value >> 8 * i);
}

void mangle_cover(const struct mangle *m, u8 *map, size_t size)
{
	size_t i;

	for (i = 0; i < m->len && m->start + i < size; i++)
		map[m->start + i] = 1;
}

void mangle_tests(const struct mangle *m, size_t count, CMUnitTestFunction function,
		  struct CMUnitTest *tests)
{
	size_t i;

	for (i = 0; i < count; i++) {
		char *name = malloc(128);

		if (!name)
			abort();
		snprintf(name, 128, "test_%s_0x%llx_%s_%s", m[i].field,
			 (unsigned long long)m[i].value,
			 m[i].seal ? "resealed" : "as_is",
			 m[i].reason ? snapimg_reason_name(m[i].reason) : "accepted");
		tests[i] = (struct CMUnitTest){ name, function, NULL, NULL, (void *)&m[i] };
	}
}
