// SPDX-License-Identifier: GPL-2.0-only
/* Finds and selects slots. What a slot is worth, lib/snapimg decides. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "slots.h"

static int append(struct slots *slots, const struct snapimg_slot *slot)
{
	/* Grow by doubling: a dump may hold a place in every erase block. */
	if (!(slots->count & (slots->count - 1))) {
		size_t room = slots->count ? 2 * slots->count : 1;
		void *more = realloc(slots->slot, room * sizeof(*slot));

		if (!more)
			return -ENOMEM;
		slots->slot = more;
	}
	slots->slot[slots->count++] = *slot;
	return 0;
}

int slots_scan(struct flash *flash, struct slots *slots)
{
	struct snapimg_reader r = flash_reader(flash);
	u64 step = flash_facts(flash)->step, offset = 0;
	struct snapimg_slot slot;

	*slots = (struct slots){ .newest = -1 };
	while (snapimg_slot_next(&r, step, &offset, &slot)) {
		if (append(slots, &slot)) {
			slots_free(slots);
			return -ENOMEM;
		}
		if (slot.status)
			continue;
		if (slots->newest < 0 ||
		    slot.rank > slots->slot[slots->newest].rank)
			slots->newest = (int)slots->count - 1;
	}
	return 0;
}

const struct snapimg_slot *slots_find(const struct slots *slots, const char *label, u64 sequence)
{
	const struct snapimg_slot *found = NULL;

	for (size_t i = 0; i < slots->count; i++) {
		const struct snapimg_slot *slot = &slots->slot[i];

		if (!slots_has_header(slot) ||
		    (label ? strncmp(slot->img.label, label, SNAPCAP_LABEL_SIZE) :
		     slot->img.sequence != sequence))
			continue;
		if (!found || (!slot->status && found->status) ||
		    (!slot->status == !found->status && slot->img.sequence > found->img.sequence))
			found = slot;
	}
	return found;
}

size_t slots_order(const struct slots *slots, size_t i)
{
	size_t order = 1;

	if (slots->slot[i].status)
		return 0;
	for (size_t k = 0; k < slots->count; k++)
		order += !slots->slot[k].status && slots->slot[k].rank > slots->slot[i].rank;
	return order;
}

void slots_free(struct slots *slots)
{
	free(slots->slot);
	*slots = (struct slots){ .newest = -1 };
}

static int select_sequence(struct flash *flash, u64 sequence, struct snapimg_slot *slot)
{
	struct snapimg_reader r = flash_reader(flash);
	u64 step = flash_facts(flash)->step, offset = 0;
	struct snapimg_slot found;

	*slot = (struct snapimg_slot){ .status = -SNAPCAP_REASON_EMPTY };
	while (snapimg_slot_next(&r, step, &offset, &found)) {
		if (!slots_has_header(&found) || found.img.sequence != sequence)
			continue;
		/* A cut-off take may have left the number elsewhere: a valid one is preferred. */
		if (slot->status == -SNAPCAP_REASON_EMPTY || !found.status)
			*slot = found;
		if (!slot->status)
			break;
	}
	return slot->status;
}

int slots_select(struct flash *flash, const struct select_options *select,
		 struct snapimg_slot *slot)
{
	struct snapimg_reader r = flash_reader(flash);

	if (select->have_at)
		return snapimg_slot_probe(&r, flash_logical(flash, select->at), slot);
	if (select->have_sequence)
		return select_sequence(flash, select->sequence, slot);
	return snapimg_slot_newest(&r, flash_facts(flash)->step, ~0ULL, slot);
}

bool slots_has_header(const struct snapimg_slot *slot)
{
	switch (-slot->status) {
	case 0:
	case SNAPCAP_REASON_NOT_COMMITTED:
	case SNAPCAP_REASON_COMMIT:
	case SNAPCAP_REASON_REVOKED:
		return true;
	default:
		return false;
	}
}

const char *slots_reason_text(int reason)
{
	/* The library speaks of the loader's memory there. */
	return reason == -SNAPCAP_REASON_NO_SPACE ? "out of memory" : snapimg_reason_text(reason);
}

const char *slots_state(const struct snapimg_slot *slot)
{
	switch (-slot->status) {
	case 0:
		return "valid";
	case SNAPCAP_REASON_NOT_COMMITTED:
		return "uncommitted";
	case SNAPCAP_REASON_REVOKED:
		return "revoked";
	default:
		return "damaged";
	}
}
