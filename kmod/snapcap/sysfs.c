// SPDX-License-Identifier: GPL-2.0-only
/* /sys/class/misc/snapcap: the state, one value a file, for scripts and poll(). */
#include <linux/device.h>
#include <linux/sysfs.h>
#include "snapcap.h"

static const char * const state_names[] = {
	[SNAPCAP_STATE_NONE]	 = "none",
	[SNAPCAP_STATE_PASS1]	 = "pass1",
	[SNAPCAP_STATE_PASS2]	 = "pass2",
	[SNAPCAP_STATE_PREPARED] = "prepared",
	[SNAPCAP_STATE_TAKEN]	 = "taken",
	[SNAPCAP_STATE_BOOT]	 = "boot",
};

static const char * const stage_names[] = {
	[SNAPCAP_STAGE_IDLE]	 = "idle",
	[SNAPCAP_STAGE_CHECK]	 = "check",
	[SNAPCAP_STAGE_FREEZE]	 = "freeze",
	[SNAPCAP_STAGE_REGIONS]	 = "regions",
	[SNAPCAP_STAGE_CPU]	 = "cpu",
	[SNAPCAP_STAGE_COMPRESS] = "compress",
	[SNAPCAP_STAGE_THAW]	 = "thaw",
	[SNAPCAP_STAGE_PREPARE]	 = "prepare",
	[SNAPCAP_STAGE_WRITE]	 = "write",
	[SNAPCAP_STAGE_VERIFY]	 = "verify",
	[SNAPCAP_STAGE_COMMIT]	 = "commit",
	[SNAPCAP_STAGE_DONE]	 = "done",
};

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", state_names[snapcap_get_state()]);
}
static DEVICE_ATTR_RO(state);

static ssize_t stage_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct snapcap_status status;

	snapcap_session_status(&status);
	return sysfs_emit(buf, "%s\n", stage_names[status.stage]);
}
static DEVICE_ATTR_RO(stage);

static ssize_t sequence_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct snapcap_status status;

	snapcap_session_status(&status);
	return sysfs_emit(buf, "%llu\n", status.sequence);
}
static DEVICE_ATTR_RO(sequence);

static struct attribute *snapcap_attrs[] = {
	&dev_attr_state.attr,
	&dev_attr_stage.attr,
	&dev_attr_sequence.attr,
	NULL,
};

static const struct attribute_group snapcap_group = {
	.attrs = snapcap_attrs,
};

const struct attribute_group *snapcap_groups[] = {
	&snapcap_group,
	NULL,
};
