// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sample: a driver that owns memory which the kernel does not manage, such as the
 * framebuffer of a display controller. The device tree says where:
 *
 *	reserved-memory {
 *		#address-cells = <2>;
 *		#size-cells = <2>;
 *		ranges;
 *		display_memory: framebuffer@5c000000 {
 *			reg = <0 0x5c000000 0 0x200000>;
 *			no-map;
 *		};
 *	};
 *	display {
 *		compatible = "snapcap,sample-display";
 *		memory-region = <&display_memory>;
 *	};
 *
 * Without a word from the driver this memory is in no snapshot: a restored system
 * finds there what RAM holds after power-on. Here it is a region of snapcap, and the
 * file "contents" of the device is what is in it.
 */
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_reserved_mem.h>
#include <linux/platform_device.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <snapcap_driver.h>

/**
 * struct display - one device
 * @region: its memory, for snapcap
 * @va: the same, mapped
 */
struct display {
	struct snapcap_region region;
	void *va;
};

static ssize_t contents_read(struct file *file, struct kobject *kobj, struct bin_attribute *attr,
			     char *buf, loff_t off, size_t count)
{
	struct display *d = dev_get_drvdata(kobj_to_dev(kobj));

	return memory_read_from_buffer(buf, count, &off, d->va, d->region.size);
}

static ssize_t contents_write(struct file *file, struct kobject *kobj, struct bin_attribute *attr,
			      char *buf, loff_t off, size_t count)
{
	struct display *d = dev_get_drvdata(kobj_to_dev(kobj));

	if (off >= d->region.size)
		return -ENOSPC;
	count = min_t(size_t, count, d->region.size - off);
	memcpy(d->va + off, buf, count);
	return count;
}
static BIN_ATTR_RW(contents, 0);

static struct bin_attribute *display_attrs[] = {
	&bin_attr_contents,
	NULL,
};

static const struct attribute_group display_group = {
	.bin_attrs = display_attrs,
};

static const struct attribute_group *display_groups[] = {
	&display_group,
	NULL,
};

static int find_memory(struct device *dev, struct snapcap_region *region)
{
	struct device_node *np = of_parse_phandle(dev->of_node, "memory-region", 0);
	struct reserved_mem *mem = np ? of_reserved_mem_lookup(np) : NULL;

	of_node_put(np);
	if (!mem)
		return -ENODEV;
	region->base = mem->base;
	region->size = mem->size;
	return 0;
}

static int display_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct display *d;
	int ret;

	d = devm_kzalloc(dev, sizeof(*d), GFP_KERNEL);
	if (!d)
		return -ENOMEM;
	platform_set_drvdata(pdev, d);
	ret = find_memory(dev, &d->region);
	if (ret)
		return dev_err_probe(dev, ret, "no memory-region\n");
	/* As snapcap maps it: with other attributes it could read what a cache still has. */
	d->va = devm_memremap(dev, d->region.base, d->region.size, MEMREMAP_WB);
	if (IS_ERR(d->va))
		return PTR_ERR(d->va);
	d->region.owner = dev_name(dev);
	ret = snapcap_region_register(&d->region);
	if (ret)
		return dev_err_probe(dev, ret, "its memory cannot be in a snapshot\n");
	return 0;
}

static int display_remove(struct platform_device *pdev)
{
	struct display *d = platform_get_drvdata(pdev);

	snapcap_region_unregister(&d->region);
	return 0;
}

static const struct of_device_id display_ids[] = {
	{ .compatible = "snapcap,sample-display" },
	{ }
};
MODULE_DEVICE_TABLE(of, display_ids);

static struct platform_driver display_driver = {
	.probe = display_probe,
	.remove = display_remove,
	.driver = {
		.name = KBUILD_MODNAME,
		.of_match_table = display_ids,
		.dev_groups = display_groups,
	},
};
module_platform_driver(display_driver);

MODULE_DESCRIPTION("Sample of snapcap: a driver with memory of its own");
MODULE_LICENSE("GPL");
