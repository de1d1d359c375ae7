/* SPDX-License-Identifier: GPL-2.0-only */
/* A set of hashes, to count what is distinct. */
#ifndef STATES_H
#define STATES_H

#include <stdlib.h>
#include "snapimg.h"

#define STATES_LOG2	22

/** struct states - @count hashes in an open table; 0 stands for an empty place */
struct states {
	u64 *table;
	u64 count;
};

static inline void states_init(struct states *s)
{
	s->count = 0;
	s->table = calloc(1ULL << STATES_LOG2, sizeof(u64));
	if (!s->table)
		abort();
}

/* Beyond three quarters nothing is added: the count is then one of "at least". */
static inline bool states_add(struct states *s, u64 hash)
{
	u64 i = (hash * 0x9e3779b97f4a7c15ULL) >> (64 - STATES_LOG2);

	if (!hash || s->count > 3ULL << (STATES_LOG2 - 2))
		return false;
	while (s->table[i] && s->table[i] != hash)
		i = (i + 1) & ((1ULL << STATES_LOG2) - 1);
	if (s->table[i])
		return false;
	s->table[i] = hash;
	s->count++;
	return true;
}

#endif /* STATES_H */
