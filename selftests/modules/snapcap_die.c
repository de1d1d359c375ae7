// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: a driver that ends a restored system before it has come up. How, is
 * told before the take, one word for each try; which try it is, the hand-off page
 * tells: the memory of all of them is the same.
 */
#include <linux/err.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/processor.h>
#include <linux/snapcap_handoff.h>
#include <linux/string.h>
#include <snapcap_driver.h>

#define TRIES	8

static char *how[TRIES];
static unsigned int how_count;
module_param_array(how, charp, &how_count, 0444);
MODULE_PARM_DESC(how, "panic, oops, hang or live, for each try; the last one for all that follow");

/* A parameter only so that no compiler knows better than to write there. */
static ulong nowhere = PAGE_SIZE / 2;
module_param(nowhere, ulong, 0444);
MODULE_PARM_DESC(nowhere, "address with nothing behind it");

static const struct snapcap_handoff *page;

static void die_restore(struct snapcap_ops *ops)
{
	u32 attempt = le32_to_cpu(page->attempt);
	const char *word = how[clamp(attempt, 1U, how_count) - 1];

	pr_warn("snapcap-die: try %u: %s\n", attempt, word);
	if (!strcmp(word, "panic")) {
		panic("snapcap-die");
	} else if (!strcmp(word, "oops")) {
		WRITE_ONCE(*(u32 *)nowhere, 0);
	} else if (!strcmp(word, "hang")) {
		local_irq_disable();
		for (;;)
			cpu_relax();
	}
}

static struct snapcap_ops die_ops = {
	.owner = "snapcap-die",
	.restore = die_restore,
};

static int __init die_init(void)
{
	struct device_node *np;
	struct resource res;
	int ret;

	if (!how_count)
		return -EINVAL;
	np = of_find_compatible_node(NULL, NULL, SNAPCAP_DT_COMPAT_HANDOFF);
	if (!np)
		return -ENODEV;
	ret = of_address_to_resource(np, 0, &res);
	of_node_put(np);
	if (ret)
		return ret;
	/* As the module under test has it. */
	page = memremap(res.start, SNAPCAP_HANDOFF_SIZE, MEMREMAP_WC);
	if (!page)
		return -ENOMEM;
	ret = snapcap_ops_register(&die_ops);
	if (ret)
		memunmap((void *)page);
	return ret;
}

static void __exit die_exit(void)
{
	snapcap_ops_unregister(&die_ops);
	memunmap((void *)page);
}

module_init(die_init);
module_exit(die_exit);

MODULE_DESCRIPTION("Test of snapcap: restored systems that do not come up");
MODULE_LICENSE("GPL");
