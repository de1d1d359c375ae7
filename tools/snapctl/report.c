// SPDX-License-Identifier: GPL-2.0-only
/* Text for a person. What several commands show is here, so that it looks the same. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "facts.h"
#include "report.h"
#include "units.h"

#define NAME_WIDTH	16

void report_line(const char *name, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("%-*s", NAME_WIDTH, name);
	vprintf(fmt, args);
	putchar('\n');
	va_end(args);
}

static const char *explain_event(u32 event)
{
	switch (event) {
	case SNAPCAP_EVENT_STUB_ENTRY:
		return "boot loader started";
	case SNAPCAP_EVENT_SCANNED:
		return "looked for a snapshot";
	case SNAPCAP_EVENT_TABLES:
		return "header and tables verified";
	case SNAPCAP_EVENT_RESTORED:
		return "memory verified and put back";
	case SNAPCAP_EVENT_JUMP:
		return "left the boot loader";
	case SNAPCAP_EVENT_CPU:
		return "restored kernel runs";
	case SNAPCAP_EVENT_DEVICES:
		return "devices resumed";
	case SNAPCAP_EVENT_CPUS:
		return "all CPUs are back";
	case SNAPCAP_EVENT_THAW:
		return "tasks thawed";
	case SNAPCAP_EVENT_CHECKED:
		return "devices are what they were";
	case SNAPCAP_EVENT_SEEDED:
		return "random numbers made fresh";
	default:
		return "";
	}
}

void report_timeline(const struct snapcap_boot_info *boot)
{
	u64 before = 0;

	printf("Timeline, since power-on:\n");
	for (u32 i = 0; i < facts_time_count(boot); i++) {
		const struct snapcap_time *t = &boot->time[i];

		printf("  %-12s %14s  +%14s  %s\n", facts_event(t->event), units_ms(t->ns).s,
		       units_ms(t->ns >= before ? t->ns - before : 0).s, explain_event(t->event));
		before = t->ns;
	}
}

void report_restored(const struct snapcap_boot_info *boot)
{
	printf("restored from snapshot %" PRIu64 " at offset 0x%" PRIx64 ": %s read, %s put back\n",
	       (u64)boot->sequence, (u64)boot->slot_offset, units_bytes(boot->bytes_stored).s,
	       units_bytes(boot->bytes_restored).s);
}

const char *report_previous(unsigned int previous)
{
	switch (previous) {
	case SNAPCAP_PREVIOUS_KEPT:
		return "the previous snapshot is still valid";
	case SNAPCAP_PREVIOUS_LOST:
		return "the previous snapshot is lost: it was erased to make room";
	default:
		return "";
	}
}

void report_take(const struct snapcap_status *s, unsigned int page_size)
{
	u64 bytes = s->stream_pages * page_size;

	report_line("Snapshot", "%" PRIu64 ", slot %s at offset 0x%" PRIx64, (u64)s->sequence,
		    facts_slot(s->slot), (u64)s->slot_offset);
	report_line("Saved", "%s in %" PRIu64 " pages, and %" PRIu64 " pages of zeros",
		    units_bytes(bytes).s, (u64)s->stream_pages, (u64)s->zero_pages);
	report_line("Not saved", "%" PRIu64 " free pages, %" PRIu64 " pages of the copy itself",
		    (u64)s->free_pages, (u64)s->own_pages);
	report_line("On flash", "%s (%s of what was saved)", units_bytes(s->image_bytes).s,
		    units_percent(s->image_bytes, bytes).s);
	if (s->pageable_pages)
		report_line("Pageable", "%s of memory stay on flash until they are needed: %s there",
			    units_bytes(s->pageable_pages * page_size).s,
			    units_bytes(s->pageable_bytes).s);
	report_line("Buffers", "%s", units_bytes(s->buffer_bytes).s);
	report_line("Frozen", "%s, of it %s with interrupts off, of it %s compressing",
		    units_ms(s->frozen_ns).s, units_ms(s->atomic_ns).s,
		    units_ms(s->compress_ns).s);
	report_line("Writing", "%s", units_ms(s->write_ns).s);
	if (s->bad_blocks)
		report_line("Bad blocks", "%u, %u of them found by this take", s->bad_blocks,
			    s->grown_blocks);
	if (s->corrected_bits)
		report_line("Bit errors", "%u, all corrected", s->corrected_bits);
	if (*report_previous(s->previous))
		report_line("Previous", "%s", report_previous(s->previous));
}
