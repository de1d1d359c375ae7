// SPDX-License-Identifier: GPL-2.0-only
/* The flash of lib/snapstore. In what order it is written, the library decides. */
#include "nand.h"
#include "store.h"

static int program(void *ctx, u64 off, const void *data, size_t len, size_t *done)
{
	int ret = flash_program(ctx, off, data, len);

	if (!ret)
		*done = len;
	return ret;
}

struct snapstore_flash store_flash(struct flash *flash)
{
	const struct flash_facts *facts = flash_facts(flash);
	struct snapstore_flash store = {
		.reader = flash_reader(flash),
		.erase_size = facts->step,
		.write_size = facts->write_size,
		.program = program,
	};

	return flash_nand(flash) ? flash_nand(flash)->store : store;
}
