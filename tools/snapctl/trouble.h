/* SPDX-License-Identifier: GPL-2.0-only */
/* What may go wrong in a two-pass take before the module is asked for the snapshot. */
#ifndef SNAPCTL_TROUBLE_H
#define SNAPCTL_TROUBLE_H

#include "advice.h"

/** enum trouble - beside the SNAPCAP_CAUSE_* of the module */
enum trouble {
	TROUBLE_NO_SWAP,
	TROUBLE_SWAP_ON_DISK,
	TROUBLE_SWAP_DEVICE,
	TROUBLE_MKSWAP,
	TROUBLE_SWAP_ON,
	TROUBLE_SWAP_OFF,
	TROUBLE_NO_ROOM_FOR_SWAP,
	TROUBLE_PAGE_OUT,
	TROUBLE_NO_HOT_SET,
	TROUBLE_HOT_SET,
	TROUBLE_WARM_START,
	TROUBLE_WARM_FAILED,
	TROUBLE_WARM_TIMEOUT,
	TROUBLE_SETTLE,
	TROUBLE_OTHER_TAKE,
	TROUBLE_RUN_FOLDER,
	TROUBLE_FINGERPRINT,
	TROUBLE_HOOK,
};

/** trouble_get() - its entry; %n in a text is what it is about */
const struct cause *trouble_get(enum trouble trouble);

#endif /* SNAPCTL_TROUBLE_H */
