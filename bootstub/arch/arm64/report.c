// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Tells what an exception interrupted.
 */
#include "../../console.h"
#include "../arch.h"
#include "arm64.h"

struct exception_frame exception_frame;

_Static_assert(offsetof(struct exception_frame, esr) == 0x100 &&
	       offsetof(struct exception_frame, vector) == 0x120, "as the assembler fills it");

static void tell(const struct exception_frame *f)
{
	static const char *const kind[] = { "synchronous", "irq", "fiq", "serror" };
	u32 i;

	say("exception: %s at EL%u, spsr %llx, sp %llx", kind[f->vector & 3],
	    (u32)(f->spsr >> 2 & 3), f->spsr, f->sp);
	for (i = 0; i < 28; i += 4)
		say("x%u %llx %llx %llx %llx", i, f->x[i], f->x[i + 1], f->x[i + 2], f->x[i + 3]);
	say("x28 %llx %llx %llx", f->x[28], f->x[29], f->x[30]);
}

void exception_report(const struct exception_frame *f)
{
	static bool telling;

	/* Should telling be what fails, it is left out from then on. */
	if (!telling) {
		telling = true;
		tell(f);
		telling = false;
	}
	stub_exception(f->esr, f->elr, f->far);
}
