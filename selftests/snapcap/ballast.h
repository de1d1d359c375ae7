/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that a test uses up, so that a take has little left. */
#ifndef SNAPCAP_TEST_BALLAST_H
#define SNAPCAP_TEST_BALLAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is in it: random words do not compress, the same word does. */
enum ballast_kind { BALLAST_RANDOM, BALLAST_UNIFORM };

struct ballast {
	uint64_t *words;
	size_t size;
};

/** ballast_take() - use up @percent of the memory that is available; false on error */
bool ballast_take(struct ballast *b, unsigned int percent, enum ballast_kind kind);
/** ballast_drop() - give back @size bytes of it, all if there is less */
void ballast_drop(struct ballast *b, size_t size);

#endif /* SNAPCAP_TEST_BALLAST_H */
