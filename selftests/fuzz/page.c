// SPDX-License-Identifier: GPL-2.0-only
/* Changes hand-off pages field by field; most of them are still taken for one. */
#include <string.h>
#include <snapimg_glue.h>
#include <linux/snapcap_handoff.h>
#include "fuzz.h"

#ifndef PAGE_AT
#error "PAGE_AT: where in the input the page begins"
#endif

#define PAGE(member)	FUZZ_FIELD(struct snapcap_handoff, member)
#define STAMP(i)	PAGE(timestamp[i].event), PAGE(timestamp[i].counter)
#define RANGE(i)	PAGE(range[i].base), PAGE(range[i].size)

static const struct fuzz_field fields[] = {
	PAGE(magic), PAGE(abi), PAGE(size), PAGE(boot), PAGE(reason), PAGE(detail),
	PAGE(slot_offset), PAGE(sequence), PAGE(attempt), PAGE(timestamp_count), PAGE(counter_hz),
	PAGE(stub_base), PAGE(stub_size), PAGE(stub_version), PAGE(machine), PAGE(range_count),
	PAGE(seed_size), PAGE(seed), PAGE(bytes_stored), PAGE(bytes_restored), PAGE(request),
	PAGE(request_inverse), PAGE(download_base), PAGE(download_size), PAGE(download_flags),
	PAGE(about), PAGE(reserved0), PAGE(os_identity), PAGE(medium),
	RANGE(0), RANGE(1), RANGE(15), STAMP(0), STAMP(1), STAMP(31),
};

/* What the checks of the readers are about, but for one time in sixteen each. */
static void repair(struct snapcap_handoff *page, uint32_t *state)
{
	if (fuzz_random(state) % 16)
		memcpy(page->magic, SNAPCAP_HANDOFF_MAGIC, SNAPCAP_MAGIC_SIZE);
	if (fuzz_random(state) % 16)
		page->abi = cpu_to_le32(SNAPCAP_HANDOFF_ABI);
	if (fuzz_random(state) % 16)
		page->size = cpu_to_le32(sizeof(*page));
	if (fuzz_random(state) % 16)
		page->request_inverse = ~page->request;
	if (fuzz_random(state) % 16)
		page->stub_base = cpu_to_le64(0x40200000);
	if (fuzz_random(state) % 16)
		page->stub_size = cpu_to_le64(0x1ff000);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	uint32_t state = seed, changes;
	struct snapcap_handoff page;

	if (size < PAGE_AT + sizeof(page) || !(fuzz_random(&state) % 4)) {
		/* What is done with the page, too, is in the input. */
		if (size > PAGE_AT && fuzz_random(&state) % 2)
			LLVMFuzzerMutate(data, PAGE_AT, PAGE_AT);
		else
			size = LLVMFuzzerMutate(data, size, max_size);
	} else {
		for (changes = 1 + fuzz_random(&state) % 4; changes; changes--)
			fuzz_change(data + PAGE_AT, fields, FUZZ_COUNT(fields), &state);
	}
	if (size >= PAGE_AT + sizeof(page)) {
		memcpy(&page, data + PAGE_AT, sizeof(page));
		repair(&page, &state);
		memcpy(data + PAGE_AT, &page, sizeof(page));
	}
	return size;
}
