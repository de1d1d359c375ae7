// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hand-off page as the loader finds it after a warm reset: whatever memory holds.
 * A page that is begun on it holds nothing of it, and what is read of it has limits.
 *
 * The input: what is done afterwards, CONTROL bytes; then the page.
 */
#include "fuzz.h"
#include "handoff.h"

#define CONTROL		32
/* Tries of a snapshot that was given up. */
#define LIMIT		5
#define HZ		62500000

static const struct plat board = {
	.stub_base = 0x40200000,
	.stub_size = 0x1ff000,
	.handoff_base = 0x403ff000,
};

static struct machine machine = {
	.name = "linux,dummy-virt",
	.range = { { 0x40000000, 0x10000000 }, { 0x80000000, 0x00400000 } },
	.range_count = 2,
	.seed = { 1, 2, 3, [SNAPCAP_HANDOFF_SEED_SIZE - 1] = 32 },
	.seed_size = SNAPCAP_HANDOFF_SEED_SIZE,
};

static u64 counter;
/* Of the page that was there. */
static u64 old_offset, old_sequence;

u64 arch_counter(void)
{
	return counter++;
}

u64 arch_counter_hz(void)
{
	return HZ;
}

static void check_text(const void *text, size_t size)
{
	const u8 *p = text;
	size_t i;

	FUZZ_HOLDS(memchr(p, 0, size));
	for (i = 0; i < size && p[i]; i++)
		FUZZ_HOLDS(p[i] >= ' ' && p[i] < 0x7f);
}

/* What Linux relies on, whatever was done. */
static void check_page(const struct snapcap_handoff *page)
{
	static const u8 zero[sizeof(page->reserved0)];

	FUZZ_HOLDS(!memcmp(page->magic, SNAPCAP_HANDOFF_MAGIC, SNAPCAP_MAGIC_SIZE));
	FUZZ_HOLDS(page->abi == SNAPCAP_HANDOFF_ABI && page->size == sizeof(*page));
	FUZZ_HOLDS(page->boot == SNAPCAP_BOOT_COLD || page->boot == SNAPCAP_BOOT_RESTORE);
	FUZZ_HOLDS(page->timestamp_count <= SNAPCAP_HANDOFF_TIMESTAMPS);
	FUZZ_HOLDS(page->range_count == machine.range_count);
	FUZZ_HOLDS(page->seed_size == machine.seed_size);
	FUZZ_HOLDS(!page->request && page->request_inverse == ~0U);
	FUZZ_HOLDS(page->medium[sizeof(page->medium) - 1] == 0);
	check_text(page->machine, sizeof(page->machine));
	check_text(page->stub_version, sizeof(page->stub_version));
	check_text(page->about, sizeof(page->about));
	FUZZ_HOLDS(!memcmp(page->reserved0, zero, sizeof(zero)));
}

/* The timeline of before: some entries, in the order in which they stand there. */
static void check_last(void)
{
	u32 i, event;
	u64 ns;

	for (i = 0; handoff_last(i, &event, &ns); i++)
		FUZZ_HOLDS(i < SNAPCAP_HANDOFF_TIMESTAMPS && (i || !ns));
	FUZZ_HOLDS(!handoff_last(~0U, &event, &ns));
}

static void begin(struct snapcap_handoff *page)
{
	static struct snapcap_handoff erased, first;
	struct snapcap_handoff old = *page;

	handoff_begin(page, &board, &machine);
	check_page(page);
	first = *page;
	memset(&erased, 0xff, sizeof(erased));
	handoff_begin(&erased, &board, &machine);
	/* Of memory that nobody wrote to nothing is read ... */
	FUZZ_HOLDS(!handoff_request() && !handoff_attempts("nor", 0, 0, 0, LIMIT));
	/* ... and of what was there before nothing is left in the new one. */
	FUZZ_HOLDS(!memcmp(&erased, &first, sizeof(first)));
	*page = old;
	handoff_begin(page, &board, &machine);
	FUZZ_HOLDS(handoff_request() == 0 || (old.request == handoff_request() &&
					      old.request_inverse == ~old.request));
	check_last();
}

static void do_one(struct snapcap_handoff *page, u8 what, u8 value)
{
	u64 number = (u64)value * 0x0101010101010101ULL, sequence;
	const char *about;

	switch (what % 10) {
	case 0:
		for (sequence = 0; sequence < value % 64; sequence++)
			handoff_stamp((u32)sequence);
		break;
	case 1:
		handoff_stamp_at(value, number);
		break;
	case 2:
		handoff_refused(value, number, "nor", number, number);
		break;
	case 3:
		handoff_restored("a-medium-with-a-long-name", number, number, number, value, number,
				 number);
		FUZZ_HOLDS(page->boot == SNAPCAP_BOOT_RESTORE && !page->download_size);
		break;
	case 4:
		handoff_cold();
		FUZZ_HOLDS(page->boot == SNAPCAP_BOOT_COLD && !page->attempt && !page->os_identity);
		break;
	case 5:
		handoff_forget();
		FUZZ_HOLDS(!page->reason && !page->sequence && !page->medium[0]);
		break;
	case 6:
		handoff_os(number);
		FUZZ_HOLDS(page->os_identity == number || !page->os_identity);
		break;
	case 7:
		handoff_download(number, number, value);
		break;
	case 8:
		about = handoff_changed(&sequence);
		check_text(about, SNAPCAP_HANDOFF_ABOUT_SIZE);
		break;
	default:
		/* Of whatever the page of before spoke of. */
		handoff_attempts("nor", number, value, number, LIMIT);
		handoff_attempts("nor", number, number, number, LIMIT);
		handoff_attempts("nor", old_offset, old_sequence, old_sequence, LIMIT);
		break;
	}
	check_page(page);
}

/* A restore that is not confirmed is counted over a warm reset; once it is, it is not. */
static void check_count(struct snapcap_handoff *page, u32 attempt)
{
	handoff_given_up(8);
	handoff_restored("nor", 4096, 7, 7, attempt, 1, 2);
	begin(page);
	FUZZ_HOLDS(handoff_attempts("nor", 4096, 7, 7, LIMIT) == attempt);
	FUZZ_HOLDS(!handoff_attempts("disk", 4096, 7, 7, LIMIT));
	FUZZ_HOLDS(!handoff_attempts("nor", 8192, 7, 7, LIMIT));
	FUZZ_HOLDS(!handoff_attempts("nor", 4096, 6, 6, LIMIT));
	FUZZ_HOLDS(handoff_attempts("nor", 0, 8, 8, LIMIT) == (attempt ? LIMIT : 0));
	FUZZ_HOLDS(!handoff_attempts("nor", 0, 9, 9, LIMIT));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snapcap_handoff *page = malloc(sizeof(*page));
	u8 control[CONTROL] = { 0 };
	u32 i;

	if (!page)
		return 0;
	memset(page, 0xa5, sizeof(*page));
	memcpy(control, data, size < CONTROL ? size : CONTROL);
	if (size > CONTROL)
		memcpy(page, data + CONTROL, size - CONTROL < sizeof(*page) ?
		       size - CONTROL : sizeof(*page));
	counter = 0;
	old_offset = le64_to_cpu(page->slot_offset);
	old_sequence = le64_to_cpu(page->sequence);
	begin(page);
	for (i = 0; i + 1 < CONTROL && control[i]; i += 2)
		do_one(page, control[i], control[i + 1]);
	check_count(page, control[CONTROL - 1]);
	free(page);
	return 0;
}
