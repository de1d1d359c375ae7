// SPDX-License-Identifier: GPL-2.0-only
/* For tests: a device "snapcap-refuse" whose driver refuses to be suspended. */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/string.h>

static bool refuse;
module_param(refuse, bool, 0644);
MODULE_PARM_DESC(refuse, "refuse to be suspended from now on");

static const char * const phases[] = { "prepare", "freeze", "late", "noirq" };

enum { PHASE_PREPARE, PHASE_FREEZE, PHASE_LATE, PHASE_NOIRQ };

static int refused_phase = PHASE_FREEZE;

static int set_phase(const char *val, const struct kernel_param *kp)
{
	int i = __sysfs_match_string(phases, ARRAY_SIZE(phases), val);

	if (i < 0)
		return i;
	WRITE_ONCE(refused_phase, i);
	return 0;
}

static int get_phase(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", phases[READ_ONCE(refused_phase)]);
}

static const struct kernel_param_ops phase_ops = {
	.set = set_phase,
	.get = get_phase,
};
module_param_cb(phase, &phase_ops, NULL, 0644);
MODULE_PARM_DESC(phase, "where: prepare, freeze (default), late, noirq");

/* Refusals so far: tells a test that it was this device. */
static unsigned int refusals;
module_param(refusals, uint, 0444);
MODULE_PARM_DESC(refusals, "times that it refused");

static int answer(int phase)
{
	if (!READ_ONCE(refuse) || READ_ONCE(refused_phase) != phase)
		return 0;
	refusals++;
	return -EBUSY;
}

static int refuse_prepare(struct device *dev)
{
	return answer(PHASE_PREPARE);
}

static int refuse_freeze(struct device *dev)
{
	return answer(PHASE_FREEZE);
}

static int refuse_freeze_late(struct device *dev)
{
	return answer(PHASE_LATE);
}

static int refuse_freeze_noirq(struct device *dev)
{
	return answer(PHASE_NOIRQ);
}

static const struct dev_pm_ops refuse_pm_ops = {
	.prepare = refuse_prepare,
	.freeze = refuse_freeze,
	.freeze_late = refuse_freeze_late,
	.freeze_noirq = refuse_freeze_noirq,
};

static int refuse_probe(struct platform_device *pdev)
{
	return 0;
}

static struct platform_driver refuse_driver = {
	.probe = refuse_probe,
	.driver = {
		.name = "snapcap-refuse",
		.pm = &refuse_pm_ops,
	},
};

static struct platform_device *refuse_device;

static int __init refuse_init(void)
{
	int ret = platform_driver_register(&refuse_driver);

	if (ret)
		return ret;
	refuse_device = platform_device_register_simple("snapcap-refuse", PLATFORM_DEVID_NONE,
							NULL, 0);
	if (IS_ERR(refuse_device)) {
		platform_driver_unregister(&refuse_driver);
		return PTR_ERR(refuse_device);
	}
	return 0;
}

static void __exit refuse_exit(void)
{
	platform_device_unregister(refuse_device);
	platform_driver_unregister(&refuse_driver);
}

module_init(refuse_init);
module_exit(refuse_exit);

MODULE_DESCRIPTION("Test of snapcap: device that refuses to be suspended");
MODULE_LICENSE("GPL");
