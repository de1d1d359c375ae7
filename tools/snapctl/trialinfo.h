/* SPDX-License-Identifier: GPL-2.0-only */
/* How the trial of a snapshot stands: none, on trial, confirmed, given up. */
#ifndef SNAPCTL_TRIALINFO_H
#define SNAPCTL_TRIALINFO_H

#include <linux/snapcap.h>

#include "flash.h"
#include "json.h"
#include "snapimg.h"
#include "units.h"

/**
 * struct trialinfo - how it stands
 * @state: SNAPCAP_TRIAL_NONE, _ON or _CONFIRMED
 * @given_up: it was tried as often as it may be
 * @unread: its log cannot be read
 * @tries: restores without a confirmation
 * @limit: so many are made
 */
struct trialinfo {
	u32 state;
	bool given_up;
	bool unread;
	u32 tries;
	u32 limit;
};

/** trialinfo_read() - of a snapshot with a good header, from its log on the medium */
struct trialinfo trialinfo_read(struct flash *flash, const struct snapimg_slot *slot);

/** trialinfo_system() - of what this system came out of; false when the module cannot tell */
bool trialinfo_system(int fd, struct trialinfo *info);

/** trialinfo_name() - "none", "on-trial", "confirmed", "given-up" or "unreadable" */
const char *trialinfo_name(const struct trialinfo *info);

/** trialinfo_text() - the same for a person, with the figures */
struct units_text trialinfo_text(const struct trialinfo *info);

/** trialinfo_json() - all of it */
struct json_object *trialinfo_json(const struct trialinfo *info);

#endif /* SNAPCTL_TRIALINFO_H */
