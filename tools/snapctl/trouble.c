// SPDX-License-Identifier: GPL-2.0-only
/* A table only. The names are in Documentation/errors.rst. */
#include "cmd.h"
#include "trouble.h"

static const struct cause troubles[] = {
	[TROUBLE_NO_SWAP] = {
		"no-swap", "this kernel, or its snapcap module, has no support for swap",
		"build the kernel with CONFIG_SWAP and CONFIG_ZSMALLOC, or take the snapshot "
		"without --two-pass",
		SNAPCTL_UNSUPPORTED,
	},
	[TROUBLE_SWAP_ON_DISK] = {
		"swap-on-disk",
		"%n is swapped to: what lies there is not in the snapshot, and would be lost",
		"turn it off (swapoff) and keep it off in the restored system, or let "
		"--migrate-swap move it",
		SNAPCTL_UNSUPPORTED,
	},
	[TROUBLE_SWAP_DEVICE] = {
		"swap-device", "the module could not make its swap device: %n",
		"see the kernel log",
		SNAPCTL_FAILURE,
	},
	[TROUBLE_MKSWAP] = {
		"mkswap", "mkswap(8) could not prepare the swap device: %n",
		"install mkswap (package util-linux) in the PATH; it says more when run by hand",
		SNAPCTL_FAILURE,
	},
	[TROUBLE_SWAP_ON] = {
		"swap-on", "the swap device could not be turned on: %n",
		"see the kernel log; the kernel takes a limited number of swap areas",
		SNAPCTL_FAILURE,
	},
	[TROUBLE_SWAP_OFF] = {
		"swap-off", "the other swap area could not be moved: %n",
		"free memory: what lies in it must fit into memory and the compressed swap device",
		SNAPCTL_NO_SPACE,
	},
	[TROUBLE_NO_ROOM_FOR_SWAP] = {
		"no-memory", "not enough memory for the table of the swap device",
		"stop what is not needed, or take the snapshot without --two-pass",
		SNAPCTL_NO_SPACE,
	},
	[TROUBLE_PAGE_OUT] = {
		"page-out", "nothing could be paged out: %n",
		"see whether /proc is mounted",
		SNAPCTL_FAILURE,
	},
	[TROUBLE_NO_HOT_SET] = {
		"no-hot-set", "no hot set was measured yet in this system",
		"restore a trial snapshot, use the applications, run snapctl ready, and take again",
		SNAPCTL_FAILURE,
	},
	[TROUBLE_HOT_SET] = {
		"hot-set", "the hot set cannot be read: %n",
		"measure it again with snapctl ready, or take the snapshot without --hot",
		SNAPCTL_FAILURE,
	},
	[TROUBLE_WARM_START] = {
		"warm-failed", "the warm command could not be started: %n",
		"see that there is a shell (sh) in the PATH",
		SNAPCTL_WARM,
	},
	[TROUBLE_WARM_FAILED] = {
		"warm-failed", "the warm command failed: %n",
		"run it by hand; what it prints is above",
		SNAPCTL_WARM,
	},
	[TROUBLE_WARM_TIMEOUT] = {
		"warm-timeout", "the warm command did not end within %n",
		"see what it waits for, or give it more time with --warm-timeout",
		SNAPCTL_WARM,
	},
	[TROUBLE_SETTLE] = {
		"settle", "the settle time could not be waited: %n",
		"try again when more memory is free",
		SNAPCTL_FAILURE,
	},
	[TROUBLE_OTHER_TAKE] = {
		"busy", "another two-pass take is running[: process %n]",
		"wait for it to end, or end it with snapctl cancel",
		SNAPCTL_BUSY,
	},
	[TROUBLE_RUN_FOLDER] = {
		"run-folder", "the lock of two-pass takes in /run/snapcap cannot be had: %n",
		"see that /run is there and can be written",
		SNAPCTL_FAILURE,
	},
	[TROUBLE_FINGERPRINT] = {
		"fingerprint", "a device that the restored system counts on cannot be watched: %n",
		"see that it can be read, and the kernel log; the module and snapctl are to be of "
		"the same release",
		SNAPCTL_FAILURE,
	},
	[TROUBLE_HOOK] = {
		"hook", "a pre-take hook failed: %n",
		"run it by hand; what it prints is above. It is in /etc/snapcap/pre-take.d or "
		"/usr/lib/snapcap/pre-take.d",
		SNAPCTL_FAILURE,
	},
};

const struct cause *trouble_get(enum trouble trouble)
{
	return &troubles[trouble];
}
