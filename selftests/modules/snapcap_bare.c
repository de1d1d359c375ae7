// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: a device "snapcap-bare" whose driver has no callbacks of power
 * management, as drivers of boards often are. What its registers hold would not
 * come back at a restore.
 */
#include <linux/module.h>
#include <linux/platform_device.h>

static int bare_probe(struct platform_device *pdev)
{
	return 0;
}

static struct platform_driver bare_driver = {
	.probe = bare_probe,
	.driver = {
		.name = "snapcap-bare",
	},
};

static struct platform_device *bare_device;

static int __init bare_init(void)
{
	int ret = platform_driver_register(&bare_driver);

	if (ret)
		return ret;
	bare_device = platform_device_register_simple("snapcap-bare", PLATFORM_DEVID_NONE,
						      NULL, 0);
	if (IS_ERR(bare_device)) {
		platform_driver_unregister(&bare_driver);
		return PTR_ERR(bare_device);
	}
	return 0;
}

static void __exit bare_exit(void)
{
	platform_device_unregister(bare_device);
	platform_driver_unregister(&bare_driver);
}

module_init(bare_init);
module_exit(bare_exit);

MODULE_DESCRIPTION("Test of snapcap: driver without power management");
MODULE_LICENSE("GPL");
