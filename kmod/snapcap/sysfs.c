// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/class/misc/snapcap: the state, one value a file, for scripts and poll(),
 * the OS image that the loader received over the serial line, and the watchdog.
 */
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

static const char * const clock_names[] = {
	[SNAPCAP_CLOCK_COLD]	 = "cold",
	[SNAPCAP_CLOCK_RTC]	 = "rtc",
	[SNAPCAP_CLOCK_RTC_SET]	 = "rtc-set",
	[SNAPCAP_CLOCK_HELD]	 = "held",
	[SNAPCAP_CLOCK_ADVANCED] = "advanced",
};

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", state_names[snapcap_state()]);
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

static ssize_t generation_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return snapcap_generation_show(buf);
}
static DEVICE_ATTR_RO(generation);

static ssize_t restores_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", snapcap_generation_restores());
}
static DEVICE_ATTR_RO(restores);

static ssize_t entropy_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	u32 sources = snapcap_entropy_sources();

	return sysfs_emit(buf, "%s%s%s\n",
			  sources & SNAPCAP_ENTROPY_LOADER ? "loader " : "",
			  sources & SNAPCAP_ENTROPY_HWRNG ? "hwrng " : "",
			  sources & SNAPCAP_ENTROPY_RESEED ? "counter reseeded" : "none");
}
static DEVICE_ATTR_RO(entropy);

static ssize_t clock_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", clock_names[snapcap_clock_source()]);
}
static DEVICE_ATTR_RO(clock);

static struct attribute *snapcap_attrs[] = {
	&dev_attr_state.attr,
	&dev_attr_stage.attr,
	&dev_attr_sequence.attr,
	&dev_attr_generation.attr,
	&dev_attr_restores.attr,
	&dev_attr_entropy.attr,
	&dev_attr_clock.attr,
	NULL,
};

static const struct attribute_group snapcap_group = {
	.attrs = snapcap_attrs,
};

static ssize_t downloaded_read(struct file *file, struct kobject *kobj,
			       struct bin_attribute *attr, char *buf, loff_t off, size_t count)
{
	return snapcap_stub_download_read(buf, off, count);
}
static struct bin_attribute bin_attr_downloaded =
	__BIN_ATTR(downloaded, 0400, downloaded_read, NULL, 0);

static struct bin_attribute *download_attrs[] = {
	&bin_attr_downloaded,
	NULL,
};

static umode_t download_visible(struct kobject *kobj, struct bin_attribute *attr, int i)
{
	return snapcap_stub_download_size() ? attr->attr.mode : 0;
}

static const struct attribute_group download_group = {
	.bin_attrs = download_attrs,
	.is_bin_visible = download_visible,
};

const struct attribute_group *snapcap_groups[] = {
	&snapcap_group,
	&download_group,
	&snapcap_watchdog_group,
	NULL,
};

/**
 * snapcap_sysfs_init() - prepare what misc_register() makes of snapcap_groups
 *
 * Context: after snapcap_stub_init().
 */
void snapcap_sysfs_init(void)
{
	bin_attr_downloaded.size = snapcap_stub_download_size();
}

/**
 * snapcap_sysfs_restored() - take away what the restored system does not have any more
 *
 * Context: process context, tasks thawed, sleeps until nobody reads it.
 */
void snapcap_sysfs_restored(void)
{
	if (!snapcap_stub_download_size())
		sysfs_remove_bin_file(&snapcap_miscdev.this_device->kobj, &bin_attr_downloaded);
}
