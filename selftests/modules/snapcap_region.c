// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: a driver as snapcap's users write them. It has a region of memory
 * saved and restored, and notes what snapcap_get_state() said in each of its
 * power-management callbacks: PASS2 in .freeze and .thaw of the system that the
 * snapshot is taken of, BOOT in .restore of the one that comes out of it, NONE
 * in .suspend and .resume.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/suspend.h>
#include <snapcap_driver.h>

static unsigned long long base;
module_param(base, ullong, 0444);
MODULE_PARM_DESC(base, "physical address of the region, page aligned");

static unsigned long size;
module_param(size, ulong, 0444);
MODULE_PARM_DESC(size, "its bytes, multiple of the page size; 0: no region, states only");

/* What the callbacks saw, -1 before the first call, and how often they were called. */
static int freeze_state = -1, thaw_state = -1, restore_state = -1;
static int suspend_state = -1, resume_state = -1;
module_param(freeze_state, int, 0444);
module_param(thaw_state, int, 0444);
module_param(restore_state, int, 0444);
module_param(suspend_state, int, 0444);
module_param(resume_state, int, 0444);
MODULE_PARM_DESC(freeze_state, "SNAPCAP_STATE_* seen by the last .freeze");
MODULE_PARM_DESC(thaw_state, "SNAPCAP_STATE_* seen by the last .thaw");
MODULE_PARM_DESC(restore_state, "SNAPCAP_STATE_* seen by the last .restore");
MODULE_PARM_DESC(suspend_state, "SNAPCAP_STATE_* seen by the last .suspend");
MODULE_PARM_DESC(resume_state, "SNAPCAP_STATE_* seen by the last .resume");

static unsigned int freezes, thaws, restores, suspends;
module_param(freezes, uint, 0444);
module_param(thaws, uint, 0444);
module_param(restores, uint, 0444);
module_param(suspends, uint, 0444);
MODULE_PARM_DESC(freezes, "calls of .freeze");
MODULE_PARM_DESC(thaws, "calls of .thaw");
MODULE_PARM_DESC(restores, "calls of .restore");
MODULE_PARM_DESC(suspends, "calls of .suspend");

/* An ordinary suspend waits so long before it freezes anybody, with the sleep lock held. */
static unsigned int suspend_delay_ms;
module_param(suspend_delay_ms, uint, 0644);
MODULE_PARM_DESC(suspend_delay_ms, "time that an ordinary suspend waits at its beginning");

static struct snapcap_region region = { .owner = "snapcap-region" };

/* What the region should hold: a different word at each place, from one seed. */
static u64 seed;

static u64 word(unsigned long i)
{
	return (seed + i) * 0x9e3779b97f4a7c15ULL;
}

static int set_seed(const char *val, const struct kernel_param *kp)
{
	unsigned long i;
	u64 *words;
	int ret;

	if (!size)
		return -ENODEV;
	ret = kstrtou64(val, 0, &seed);
	if (ret)
		return ret;
	words = memremap(base, size, MEMREMAP_WB);
	if (!words)
		return -ENOMEM;
	for (i = 0; i < size / sizeof(*words); i++)
		words[i] = word(i);
	memunmap(words);
	return 0;
}

static int get_mismatches(char *buf, const struct kernel_param *kp)
{
	unsigned long i, bad = 0;
	u64 *words;

	if (!size)
		return -ENODEV;
	words = memremap(base, size, MEMREMAP_WB);
	if (!words)
		return -ENOMEM;
	for (i = 0; i < size / sizeof(*words); i++)
		bad += words[i] != word(i);
	memunmap(words);
	return sysfs_emit(buf, "%lu\n", bad);
}

static const struct kernel_param_ops seed_ops = { .set = set_seed };
module_param_cb(fill, &seed_ops, NULL, 0200);
MODULE_PARM_DESC(fill, "number from which the region is filled");

static const struct kernel_param_ops mismatches_ops = { .get = get_mismatches };
module_param_cb(mismatches, &mismatches_ops, NULL, 0400);
MODULE_PARM_DESC(mismatches, "words of the region that are not as they were filled");

static int region_freeze(struct device *dev)
{
	freeze_state = snapcap_get_state();
	freezes++;
	return 0;
}

static int region_thaw(struct device *dev)
{
	thaw_state = snapcap_get_state();
	thaws++;
	return 0;
}

static int region_restore(struct device *dev)
{
	restore_state = snapcap_get_state();
	restores++;
	return 0;
}

static int region_suspend(struct device *dev)
{
	suspend_state = snapcap_get_state();
	suspends++;
	return 0;
}

static int region_resume(struct device *dev)
{
	resume_state = snapcap_get_state();
	return 0;
}

static const struct dev_pm_ops region_pm_ops = {
	.suspend = region_suspend,
	.resume = region_resume,
	.freeze = region_freeze,
	.thaw = region_thaw,
	.restore = region_restore,
};

static int region_probe(struct platform_device *pdev)
{
	return 0;
}

static struct platform_driver region_driver = {
	.probe = region_probe,
	.driver = {
		.name = "snapcap-region",
		.pm = &region_pm_ops,
	},
};

static struct platform_device *region_device;

static int region_notify(struct notifier_block *nb, unsigned long event, void *data)
{
	if (event == PM_SUSPEND_PREPARE)
		msleep(suspend_delay_ms);
	return NOTIFY_OK;
}

static struct notifier_block region_notifier = { .notifier_call = region_notify };

static int __init region_init(void)
{
	int ret;

	if (size) {
		region.base = base;
		region.size = size;
		ret = snapcap_region_register(&region);
		if (ret)
			return ret;
	}
	ret = platform_driver_register(&region_driver);
	if (ret)
		goto err_region;
	region_device = platform_device_register_simple("snapcap-region", PLATFORM_DEVID_NONE,
							NULL, 0);
	if (IS_ERR(region_device)) {
		ret = PTR_ERR(region_device);
		goto err_driver;
	}
	ret = register_pm_notifier(&region_notifier);
	if (ret)
		goto err_device;
	return 0;

err_device:
	platform_device_unregister(region_device);
err_driver:
	platform_driver_unregister(&region_driver);
err_region:
	if (size)
		snapcap_region_unregister(&region);
	return ret;
}

static void __exit region_exit(void)
{
	unregister_pm_notifier(&region_notifier);
	platform_device_unregister(region_device);
	platform_driver_unregister(&region_driver);
	if (size)
		snapcap_region_unregister(&region);
}

module_init(region_init);
module_exit(region_exit);

MODULE_DESCRIPTION("Test of snapcap: driver with a region of its own");
MODULE_LICENSE("GPL");
