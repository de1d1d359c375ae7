/* SPDX-License-Identifier: GPL-2.0-only */
/* What a harness offers to libFuzzer. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/** LLVMFuzzerTestOneInput() - hand bytes to the parser; always returns 0 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a parser that said "good" has promised. Not assert(): it holds in every build. */
#define FUZZ_HOLDS(condition)	do { if (!(condition)) abort(); } while (0)

#endif /* FUZZ_H */
