// SPDX-License-Identifier: GPL-2.0-only
/* Text only; the same facts as JSON are with the others. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pagerinfo.h"
#include "report.h"
#include "units.h"

#define BAR_WIDTH	30

static void print_swap(const struct snapcap_pager_status *p, u64 page_size)
{
	report_line("Swap device", "%s, %s in it", units_bytes(p->bytes).s,
		    units_bytes(p->used_pages * page_size).s);
	report_line("", "%s compressed to %s of memory, %s on flash (%s there), %s of one word",
		    units_bytes(p->ram_pages * page_size).s, units_bytes(p->ram_bytes).s,
		    units_bytes(p->flash_pages * page_size).s, units_bytes(p->flash_bytes).s,
		    units_bytes(p->fill_pages * page_size).s);
	if (p->rejected_pages)
		report_line("", "%" PRIu64 " pages were not taken for want of memory",
			    (u64)p->rejected_pages);
	if (p->flags & SNAPCAP_PAGER_RECORDING || p->recorded_pages)
		report_line("Hot set", "%s %s", units_bytes(p->recorded_pages * page_size).s,
			    p->flags & SNAPCAP_PAGER_RECORDING ?
			    "until now; snapctl ready ends the record" : "recorded");
}

/* 1024 ns << i as a person would write it. */
static struct units_text bucket_limit(unsigned int i)
{
	struct units_text t;
	u64 us = (1024ULL << i) / 1000;

	if (us < 1000)
		snprintf(t.s, sizeof(t.s), "%" PRIu64 " us", us);
	else
		snprintf(t.s, sizeof(t.s), "%" PRIu64 " ms", us / 1000);
	return t;
}

static void print_histogram(const struct snapcap_pager_status *p)
{
	unsigned int first = SNAPCAP_LATENCY_BUCKETS, last = 0;
	u64 most = 0;

	for (unsigned int i = 0; i < SNAPCAP_LATENCY_BUCKETS; i++) {
		if (!p->latency[i])
			continue;
		first = i < first ? i : first;
		last = i;
		most = p->latency[i] > most ? p->latency[i] : most;
	}
	for (unsigned int i = first; i <= last && most; i++) {
		bool above = i == SNAPCAP_LATENCY_BUCKETS - 1;
		char bar[BAR_WIDTH + 1];
		size_t len = (size_t)((double)p->latency[i] / (double)most * BAR_WIDTH);

		memset(bar, '#', len);
		bar[len] = '\0';
		printf("  %s %8s %10" PRIu64 "%s%s\n", above ? ">=" : " <",
		       bucket_limit(above ? i - 1 : i).s, (u64)p->latency[i], len ? "  " : "", bar);
	}
}

static void print_paging(const struct snapcap_pager_status *p, u64 page_size)
{
	report_line("Snapshot paging", "%s restored by the boot loader, %s left on flash",
		    units_bytes(p->resident_pages * page_size).s,
		    units_bytes(p->pageable_pages * page_size).s);
	report_line("Paged in", "%" PRIu64 " pages as they were needed, %" PRIu64
		    " by the background fill, which %s",
		    (u64)p->demand_reads, (u64)p->fill_reads,
		    p->flags & SNAPCAP_PAGER_FILLING ? "runs" :
		    p->flash_pages ? "is off" : "has nothing to do");
	if (p->ready_ns)
		report_line("Ready", "%s after the thaw", units_ms(p->ready_ns).s);
	if (p->retries || p->bad_pages)
		report_line("Flash errors", "%" PRIu64 " reads repeated, %" PRIu64 " failed for good",
			    (u64)p->retries, (u64)p->bad_pages);
	if (p->flags & SNAPCAP_PAGER_BAD)
		report_line("", "the snapshot is damaged and was revoked: the next start is cold; "
			    "take a new one");
	if (!p->demand_reads)
		return;
	report_line("Read latency", "mean %s, longest %s", units_ms(p->read_ns / p->demand_reads).s,
		    units_ms(p->read_max_ns).s);
	print_histogram(p);
}

void pagerinfo_print(const struct snapcap_pager_status *p, u64 page_size)
{
	if (!(p->flags & SNAPCAP_PAGER_SUPPORTED)) {
		report_line("Paging", "not with this kernel: it has no swap support");
		return;
	}
	if (p->flags & SNAPCAP_PAGER_SET_UP)
		print_swap(p, page_size);
	if (p->pageable_pages)
		print_paging(p, page_size);
}
