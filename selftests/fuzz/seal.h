/* SPDX-License-Identifier: GPL-2.0-only */
/* Snapshots on a medium whose checksums are made right, so that they stop no fuzzer. */
#ifndef SEAL_H
#define SEAL_H

#include "fuzz.h"
#include "snapimg.h"

/* Where slots are looked for. */
#define SEAL_STEP	4096

/**
 * seal() - make the checksums of all snapshots on a medium right
 * @bytes: of the medium
 * @size: its bytes
 *
 * Those of chunks, tables, headers and marks. A mark that was never written stays so.
 * The harnesses that call it have LLVMFuzzerCustomMutator() from here, too.
 *
 * Return: true when something was wrong before
 */
bool seal(u8 *bytes, size_t size);

#endif /* SEAL_H */
