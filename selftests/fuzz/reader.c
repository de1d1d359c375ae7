// SPDX-License-Identifier: GPL-2.0-only
/* Hands each file of a folder to a harness, without libFuzzer: what gcov counts the lines of. */
#include <dirent.h>
#include <stdio.h>
#include "fuzz.h"

#define FILE_MAX	(1 << 20)

/* For the mutators, which nobody calls here. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
	(void)data;
	(void)max_size;
	return size;
}

static int read_file(const char *folder, const char *name)
{
	static uint8_t data[FILE_MAX];
	char path[4096];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return 1;
	}
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	return LLVMFuzzerTestOneInput(data, size);
}

int main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	const struct dirent *entry;
	int ret = 0;

	if (!dir) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	/* What is done with nothing is done first, as libFuzzer does. */
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	while (!ret && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			ret = read_file(argv[1], entry->d_name);
	closedir(dir);
	return ret;
}
