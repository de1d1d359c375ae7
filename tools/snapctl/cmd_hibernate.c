// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapctl hibernate: the system as it is, once. Filesystems stay mounted for writing,
 * so that from the moment of the capture nothing may be written to them but by the
 * restored system: they are frozen before it, and thawed there. This life ends by
 * power-off. When that fails the snapshot is dropped before anything is thawed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "command.h"
#include "flash.h"
#include "freeze.h"
#include "hibernate.h"
#include "kdev.h"
#include "msg.h"
#include "sysfile.h"
#include "take.h"

/*
 * A task that waits to write to a frozen filesystem cannot be frozen itself. It can
 * when the filesystem is thawed for a moment.
 */
#define ATTEMPTS	3
#define PAUSE_US	200000

static int drop_again(__u64 sequence)
{
	char number[32];
	char *argv[] = { (char *)"snapctl", (char *)"--quiet", (char *)"drop",
			 (char *)"--sequence", number, NULL };

	snprintf(number, sizeof(number), "%" PRIu64, (uint64_t)sequence);
	return command_run(argv);
}

/* Returns when it did not work: 0 when the snapshot is gone, so that life may go on. */
static int end_this_life(const struct snapcap_makesnap *take)
{
	int err;

	msg_verbose("snapshot %" PRIu64 " is written: power off", (uint64_t)take->status.sequence);
	reboot(RB_POWER_OFF);
	err = errno;
	msg_error("the machine cannot be powered off: %s", strerror(err));
	if (!drop_again(take->status.sequence))
		return -err;
	msg_error("and the snapshot cannot be dropped. Filesystems stay frozen, because a restore "
		  "would find them changed");
	msg_advice("cut the power");
	return -ENOTRECOVERABLE;
}

int hibernate_take(int fd, struct snapcap_makesnap *take)
{
	struct freeze freeze;
	int ret;

	for (int attempt = 1;; attempt++) {
		memset(&take->status, 0, sizeof(take->status));
		ret = freeze_all(&freeze, take->flags & SNAPCAP_TAKE_FORCED);
		if (ret)
			return ret;
		ret = kdev_take(fd, take);
		if (!ret || take->status.cause != SNAPCAP_CAUSE_FREEZE_TASKS || attempt == ATTEMPTS)
			break;
		freeze_end(&freeze);
		msg_verbose("a task did not freeze: trying again");
		usleep(PAUSE_US);
	}
	if (!ret && take->status.state != SNAPCAP_STATE_BOOT &&
	    !(take->flags & SNAPCAP_TAKE_DRY_RUN))
		ret = end_this_life(take);
	if (ret != -ENOTRECOVERABLE)
		freeze_end(&freeze);
	return ret;
}

/* The boot loader marks it as used before it enters it. */
static int check_target(const char *name)
{
	char why[FLASH_WHY_SIZE], path[64], *type;
	int number = flash_mtd_number(name, why), ret;

	if (number < 0)
		return SNAPCTL_OK;	/* the take tells */
	snprintf(path, sizeof(path), "/sys/class/mtd/mtd%d/type", number);
	if (sysfile_read(path, &type)) {
		msg_error("%s does not tell what kind of flash it is", path);
		return SNAPCTL_FAILURE;
	}
	ret = strcmp(type, "nor\n") ? SNAPCTL_UNSUPPORTED : SNAPCTL_OK;
	free(type);
	if (ret) {
		msg_error("mtd%d is no NOR flash: the boot loader could not mark the snapshot as used, "
			  "and would refuse it", number);
		msg_advice("name a partition of NOR flash with --mtd");
	}
	return ret;
}

int cmd_hibernate(int argc, char **argv)
{
	struct take_options take;
	int ret = take_parse_once(argc, argv, &take);

	if (!ret)
		ret = check_target(take.mtd);
	if (ret)
		return ret;
	take.flags |= SNAPCAP_TAKE_ONCE;
	return take_run(&take);
}
