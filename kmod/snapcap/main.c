// SPDX-License-Identifier: GPL-2.0-only
/* Module init and exit, in mirrored order, and nothing else. */
#include <linux/module.h>
#include "paging.h"
#include "snapcap.h"

struct miscdevice snapcap_miscdev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = SNAPCAP_DEVICE_NAME,
	.fops = &snapcap_fops,
	.groups = snapcap_groups,
	.mode = 0600,
};

static int __init snapcap_init(void)
{
	int ret;

	ret = snapcap_arch_init();
	if (ret)
		return ret;

	ret = snapcap_stub_init();
	if (ret)
		goto err_arch;

	ret = snapcap_watchdog_init();
	if (ret)
		goto err_stub;

	snapcap_generation_init();
	snapcap_sysfs_init();
	ret = misc_register(&snapcap_miscdev);
	if (ret)
		goto err_watchdog;

	snapcap_hold_init();
	return 0;

err_watchdog:
	snapcap_watchdog_exit();
err_stub:
	snapcap_stub_exit();
err_arch:
	snapcap_arch_exit();
	return ret;
}

static void __exit snapcap_exit(void)
{
	snapcap_hold_exit();
	misc_deregister(&snapcap_miscdev);
	snapcap_pager_exit();
	snapcap_fingerprint_exit();
	snapcap_watchdog_exit();
	snapcap_stub_exit();
	snapcap_arch_exit();
}

module_init(snapcap_init);
module_exit(snapcap_exit);

MODULE_DESCRIPTION("Snapshot boot: capture of the running system");
MODULE_VERSION(SNAPCAP_MODULE_VERSION);
MODULE_LICENSE("GPL");
