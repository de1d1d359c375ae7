// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "kdev.h"
#include "trialinfo.h"

struct trialinfo trialinfo_read(struct flash *flash, const struct snapimg_slot *slot)
{
	const struct snapimg_reader r = flash_reader(flash);
	struct trialinfo info = { .state = SNAPCAP_TRIAL_NONE, .limit = slot->img.tries };
	struct snapimg_verdict verdict;
	struct snapimg_trial trial;

	if (!info.limit)
		return info;
	info.unread = snapimg_trial_read(&r, slot->offset, &trial) != 0;
	info.state = trial.confirmed ? SNAPCAP_TRIAL_CONFIRMED : SNAPCAP_TRIAL_ON;
	info.given_up = snapimg_trial_judge(&trial, info.limit, 0, &verdict) != 0;
	info.tries = verdict.count;
	return info;
}

bool trialinfo_system(int fd, struct trialinfo *info)
{
	struct snapcap_confirm confirm = { .flags = SNAPCAP_CONFIRM_QUERY };

	if (kdev_confirm(fd, &confirm) || confirm.trial == SNAPCAP_TRIAL_COLD)
		return false;
	*info = (struct trialinfo){
		.state = confirm.trial, .tries = confirm.tries, .limit = confirm.limit,
	};
	return true;
}

const char *trialinfo_name(const struct trialinfo *info)
{
	if (info->unread)
		return "unreadable";
	if (info->given_up)
		return "given-up";
	switch (info->state) {
	case SNAPCAP_TRIAL_ON:
		return "on-trial";
	case SNAPCAP_TRIAL_CONFIRMED:
		return "confirmed";
	default:
		return "none";
	}
}

struct units_text trialinfo_text(const struct trialinfo *info)
{
	struct units_text t;

	if (info->unread)
		snprintf(t.s, sizeof(t.s), "trial log unreadable");
	else if (info->given_up)
		snprintf(t.s, sizeof(t.s), "given up, %u of %u tries", info->tries, info->limit);
	else if (info->state == SNAPCAP_TRIAL_ON)
		snprintf(t.s, sizeof(t.s), "on trial, %u of %u tries", info->tries, info->limit);
	else
		snprintf(t.s, sizeof(t.s), "%s", info->state == SNAPCAP_TRIAL_CONFIRMED ?
			 "confirmed" : "none");
	return t;
}

struct json_object *trialinfo_json(const struct trialinfo *info)
{
	struct json_object *o = json_new();

	json_text(o, "state", trialinfo_name(info));
	json_u64(o, "tries", info->tries);
	json_u64(o, "limit", info->limit);
	return o;
}
