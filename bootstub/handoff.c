// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Fills the hand-off page. Every field has its value for a cold boot from the
 * start, so that a failure at any point leaves a page that is true.
 */
#include "handoff.h"

static struct snapcap_handoff *handoff;

/* What the page said before this start, as far as it matters. */
static struct {
	u64 slot_offset;
	u64 sequence;
	u64 rank;
	u32 attempt;
	u64 given_up;
	u8 medium[SNAPCAP_HANDOFF_MEDIUM_SIZE];
	u32 request;
	u8 about[SNAPCAP_HANDOFF_ABOUT_SIZE];
	u32 timestamp_count;
	u64 counter_hz;
	struct snapcap_timestamp timestamp[SNAPCAP_HANDOFF_TIMESTAMPS];
} before;

static void read_attempts(const struct snapcap_handoff *page)
{
	before.slot_offset = le64_to_cpu(page->slot_offset);
	before.sequence = le64_to_cpu(page->sequence);
	before.rank = le64_to_cpu(page->rank);
	if (before.rank < before.sequence)
		before.rank = before.sequence;
	before.attempt = le32_to_cpu(page->attempt);
	before.given_up = le64_to_cpu(page->given_up);
	memcpy(before.medium, page->medium, sizeof(before.medium));
}

/* A text that ends, of what can be printed: it goes to the console. */
static void read_about(const struct snapcap_handoff *page)
{
	size_t i;

	for (i = 0; i < sizeof(before.about) - 1 && page->about[i]; i++)
		before.about[i] = page->about[i] >= ' ' && page->about[i] < 0x7f ?
				  page->about[i] : '?';
}

static void read_timeline(const struct snapcap_handoff *page)
{
	u32 count = le32_to_cpu(page->timestamp_count);

	before.counter_hz = le64_to_cpu(page->counter_hz);
	if (count > SNAPCAP_HANDOFF_TIMESTAMPS || before.counter_hz < 1000)
		return;
	before.timestamp_count = count;
	memcpy(before.timestamp, page->timestamp, sizeof(before.timestamp));
}

static void read_before(const struct snapcap_handoff *page)
{
	memset(&before, 0, sizeof(before));
	/* At power-on memory holds anything; a magic and two fields have to be right. */
	if (memcmp(page->magic, SNAPCAP_HANDOFF_MAGIC, SNAPCAP_MAGIC_SIZE) ||
	    le32_to_cpu(page->abi) != SNAPCAP_HANDOFF_ABI ||
	    le32_to_cpu(page->size) != sizeof(*page))
		return;
	if (le32_to_cpu(page->boot) == SNAPCAP_BOOT_RESTORE)
		read_attempts(page);
	if (page->request == (__le32)~page->request_inverse)
		before.request = le32_to_cpu(page->request);
	if (before.request == SNAPCAP_REQUEST_CHANGED)
		read_about(page);
	read_timeline(page);
}

u32 handoff_request(void)
{
	return before.request;
}

const char *handoff_changed(u64 *sequence)
{
	*sequence = before.sequence;
	handoff_refused(SNAPCAP_REASON_CHANGED, 0, (const char *)before.medium,
			before.slot_offset, before.sequence);
	memcpy(handoff->about, before.about, sizeof(handoff->about));
	return (const char *)before.about;
}

bool handoff_last(u32 i, u32 *event, u64 *ns)
{
	u64 ticks;

	if (i >= before.timestamp_count)
		return false;
	*event = le32_to_cpu(before.timestamp[i].event);
	ticks = le64_to_cpu(before.timestamp[i].counter) -
		le64_to_cpu(before.timestamp[0].counter);
	/* In two steps: the product of both would wrap after some minutes. */
	*ns = ticks / before.counter_hz * 1000000000 +
	      ticks % before.counter_hz * 1000000 / (before.counter_hz / 1000);
	return true;
}

/* Names that are longer are cut; two media of a board differ before that. */
static void pad_name(u8 *dst, const char *name)
{
	memset(dst, 0, SNAPCAP_HANDOFF_MEDIUM_SIZE);
	memcpy(dst, name, strnlen(name, SNAPCAP_HANDOFF_MEDIUM_SIZE - 1));
}

void handoff_begin(struct snapcap_handoff *page, const struct plat *p, const struct machine *m)
{
	u32 i;

	_Static_assert(sizeof(*page) == SNAPCAP_HANDOFF_SIZE, "the hand-off page is one page");
	_Static_assert(sizeof(STUB_VERSION) <= sizeof(page->stub_version), "version too long");
	read_before(page);
	handoff = page;
	memset(page, 0, sizeof(*page));
	memcpy(page->magic, SNAPCAP_HANDOFF_MAGIC, SNAPCAP_MAGIC_SIZE);
	page->abi = cpu_to_le32(SNAPCAP_HANDOFF_ABI);
	page->size = cpu_to_le32(sizeof(*page));
	page->boot = cpu_to_le32(SNAPCAP_BOOT_COLD);
	page->counter_hz = cpu_to_le64(arch_counter_hz());
	page->stub_base = cpu_to_le64(p->stub_base);
	page->stub_size = cpu_to_le64(p->stub_size);
	memcpy(page->stub_version, STUB_VERSION, sizeof(STUB_VERSION));
	memcpy(page->machine, m->name, sizeof(page->machine));
	page->range_count = cpu_to_le32(m->range_count);
	for (i = 0; i < m->range_count; i++) {
		page->range[i].base = cpu_to_le64(m->range[i].base);
		page->range[i].size = cpu_to_le64(m->range[i].size);
	}
	page->request_inverse = cpu_to_le32(~SNAPCAP_REQUEST_NONE);
	page->seed_size = cpu_to_le32(m->seed_size);
	memcpy(page->seed, m->seed, m->seed_size);
}

u32 handoff_attempts(const char *medium, u64 slot_offset, u64 sequence, u64 rank, u32 limit)
{
	u8 name[SNAPCAP_HANDOFF_MEDIUM_SIZE];

	pad_name(name, medium);
	if (memcmp(before.medium, name, sizeof(name)) || !before.attempt)
		return 0;
	/* One that is above both was taken, or chosen, since. */
	if (rank > before.rank && rank <= before.given_up)
		return limit;
	return before.sequence == sequence && before.slot_offset == slot_offset ?
	       before.attempt : 0;
}

void handoff_given_up(u64 rank)
{
	if (rank > le64_to_cpu(handoff->given_up))
		handoff->given_up = cpu_to_le64(rank);
}

void handoff_stamp_at(u32 event, u64 counter)
{
	u32 i = le32_to_cpu(handoff->timestamp_count);

	if (i >= SNAPCAP_HANDOFF_TIMESTAMPS)
		return;
	handoff->timestamp[i].event = cpu_to_le32(event);
	handoff->timestamp[i].counter = cpu_to_le64(counter);
	handoff->timestamp_count = cpu_to_le32(i + 1);
}

void handoff_stamp(u32 event)
{
	handoff_stamp_at(event, arch_counter());
}

void handoff_refused(u32 reason, u64 detail, const char *medium, u64 slot_offset, u64 sequence)
{
	if (handoff->reason)
		return;
	handoff->reason = cpu_to_le32(reason);
	handoff->detail = cpu_to_le64(detail);
	pad_name(handoff->medium, medium);
	handoff->slot_offset = cpu_to_le64(slot_offset);
	handoff->sequence = cpu_to_le64(sequence);
}

void handoff_restored(const char *medium, u64 slot_offset, u64 sequence, u64 rank, u32 attempt,
		      u64 stored, u64 restored)
{
	pad_name(handoff->medium, medium);
	handoff->slot_offset = cpu_to_le64(slot_offset);
	handoff->sequence = cpu_to_le64(sequence);
	handoff->rank = cpu_to_le64(rank);
	handoff->attempt = cpu_to_le32(attempt);
	handoff->bytes_stored = cpu_to_le64(stored);
	handoff->bytes_restored = cpu_to_le64(restored);
	handoff_download(0, 0, 0);
	handoff->boot = cpu_to_le32(SNAPCAP_BOOT_RESTORE);
}

void handoff_os(u64 identity)
{
	if (handoff->download_size &&
	    !(le32_to_cpu(handoff->download_flags) & SNAPCAP_DOWNLOAD_INSTALL))
		identity = 0;
	handoff->os_identity = cpu_to_le64(identity);
}

void handoff_cold(void)
{
	handoff->boot = cpu_to_le32(SNAPCAP_BOOT_COLD);
	handoff->rank = 0;
	handoff->attempt = 0;
	handoff->bytes_stored = 0;
	handoff->bytes_restored = 0;
	handoff->os_identity = 0;
	handoff_download(0, 0, 0);
	handoff_watchdog(SNAPCAP_WATCHDOG_NONE, 0, 0);
}

void handoff_watchdog(u32 kind, u32 ms, u32 at)
{
	handoff->watchdog = cpu_to_le32(kind);
	handoff->watchdog_ms = cpu_to_le32(ms);
	handoff->watchdog_at = cpu_to_le32(at);
}

void handoff_forget(void)
{
	handoff->reason = 0;
	handoff->detail = 0;
	handoff->slot_offset = 0;
	handoff->sequence = 0;
	memset(handoff->medium, 0, sizeof(handoff->medium));
	memset(handoff->about, 0, sizeof(handoff->about));
}

void handoff_download(u64 base, u64 size, u32 flags)
{
	handoff->download_base = cpu_to_le64(base);
	handoff->download_size = cpu_to_le64(size);
	handoff->download_flags = cpu_to_le32(flags);
}
