// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * What an exception interrupted, from the registers that the vectors saved.
 */
#include "../arch.h"
#include "arm64.h"

struct exception_frame exception_frame;

_Static_assert(offsetof(struct exception_frame, esr) == 0x100 &&
	       offsetof(struct exception_frame, vector) == 0x120, "as the assembler fills it");

void exception_report(const struct exception_frame *f)
{
	static const char kind[4][16] = { "synchronous", "irq", "fiq", "serror" };

	stub_tell(kind[f->vector & 3], (u32)(f->spsr >> 2 & 3), f->spsr, f->x, 32);
	stub_exception(f->esr, f->elr, f->far);
}
