// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: what a loader does that has received an OS image over the serial
 * line, at least in the hand-off page. Unloading it takes that back, as a restore
 * does. To be loaded before snapcap, which looks at the page once.
 */
#include <linux/io.h>
#include <linux/kernel_read_file.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/snapcap_handoff.h>
#include <linux/vmalloc.h>

static unsigned long long base;
module_param(base, ullong, 0444);
MODULE_PARM_DESC(base, "physical address of the image, as the page tells it");

static unsigned long long size;
module_param(size, ullong, 0444);
MODULE_PARM_DESC(size, "its bytes, as the page tells them");

static unsigned int flags;
module_param(flags, uint, 0444);
MODULE_PARM_DESC(flags, "SNAPCAP_DOWNLOAD_*");

static unsigned int boot = SNAPCAP_BOOT_COLD;
module_param(boot, uint, 0444);
MODULE_PARM_DESC(boot, "SNAPCAP_BOOT_*");

static bool fill;
module_param(fill, bool, 0444);
MODULE_PARM_DESC(fill, "write to the memory that is told, byte i is i * 7 + (i >> 8)");

static char *file = "";
module_param(file, charp, 0444);
MODULE_PARM_DESC(file, "absolute path of what to write there, which gives the size too");

static struct snapcap_handoff *page;
static __le32 boot_before;

static int map_page(void)
{
	struct device_node *np = of_find_compatible_node(NULL, NULL, SNAPCAP_DT_COMPAT_HANDOFF);
	struct resource res;
	int ret = -ENODEV;

	if (np)
		ret = of_address_to_resource(np, 0, &res);
	of_node_put(np);
	if (ret)
		return ret;
	page = memremap(res.start, SNAPCAP_HANDOFF_SIZE, MEMREMAP_WB);
	return page ? 0 : -ENOMEM;
}

static int fill_image(void)
{
	unsigned long long i;
	u8 *image = memremap(base, size, MEMREMAP_WB);

	if (!image)
		return -ENOMEM;
	for (i = 0; i < size; i++)
		image[i] = i * 7 + (i >> 8);
	memunmap(image);
	return 0;
}

static int copy_file(void)
{
	void *data = NULL, *image = NULL;
	ssize_t read;

	read = kernel_read_file_from_path(file, 0, &data, INT_MAX, NULL, READING_UNKNOWN);
	if (read < 0)
		return read;
	size = read;
	image = memremap(base, size, MEMREMAP_WB);
	if (image)
		memcpy(image, data, size);
	if (image)
		memunmap(image);
	vfree(data);
	return image ? 0 : -ENOMEM;
}

static int __init download_init(void)
{
	int ret = map_page();

	if (ret)
		return ret;
	if (*file)
		ret = copy_file();
	else if (fill)
		ret = fill_image();
	if (ret) {
		memunmap(page);
		return ret;
	}
	boot_before = page->boot;
	page->boot = cpu_to_le32(boot);
	page->download_base = cpu_to_le64(base);
	page->download_size = cpu_to_le64(size);
	page->download_flags = cpu_to_le32(flags);
	return 0;
}

static void __exit download_exit(void)
{
	page->boot = boot_before;
	page->download_base = 0;
	page->download_size = 0;
	page->download_flags = 0;
	memunmap(page);
}

module_init(download_init);
module_exit(download_exit);

MODULE_DESCRIPTION("Test of snapcap: a hand-off page that tells of a downloaded image");
MODULE_LICENSE("GPL");
