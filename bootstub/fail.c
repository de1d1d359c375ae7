// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The end when nothing can be booted, and what the stack protector calls.
 */
#include <snapimg_glue.h>
#include "console.h"
#include "fail.h"
#include "plat/plat.h"

static const void *machine_fdt;

void fail_set_fdt(const void *fdt)
{
	machine_fdt = fdt;
}

void fail(const char *what)
{
	static bool failed;

	/* What has failed once is not tried again: this must come to an end. */
	if (failed)
		plat_end(NULL);
	failed = true;
	say("%s", what);
	plat_end(machine_fdt);
}

void stub_tell(const char *kind, u32 level, u64 state, const u64 *reg, u32 count)
{
	static bool telling;
	u32 i;

	if (telling)
		return;
	telling = true;
	say("exception: %s at EL%u, state %llx", kind, level, state);
	for (i = 0; i < count; i += 4)
		say("r%u %llx %llx %llx %llx", i, reg[i], reg[i + 1], reg[i + 2], reg[i + 3]);
	telling = false;
}

/* Set at the entry, before anything reads it. */
uintptr_t __stack_chk_guard;

void __attribute__((noreturn)) __stack_chk_fail(void);

/* Never returns: an overwritten stack is an exception like any other. */
void __stack_chk_fail(void)
{
	stub_exception(0, (u64)(uintptr_t)__builtin_return_address(0), 0);
}
