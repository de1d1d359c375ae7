// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: a driver with three struct snapcap_ops, which notes each call of
 * them in the order in which they come, with what it was told and the state that
 * it saw, and can be made to refuse.
 */
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <snapcap_driver.h>

/* Place of the one that refuses, 1 to 3; 0: nobody. */
static unsigned int refuse_prepare, refuse_capture;
module_param(refuse_prepare, uint, 0644);
module_param(refuse_capture, uint, 0644);
MODULE_PARM_DESC(refuse_prepare, "which one refuses to be prepared, from 1; 0: none");
MODULE_PARM_DESC(refuse_capture, "which one refuses to be captured, from 1; 0: none");

static int answer = -EAGAIN;
module_param(answer, int, 0644);
MODULE_PARM_DESC(answer, "what the one that refuses returns");

/* NAME.CALLBACK:ARGUMENT/STATE, then i when interrupts are off; a blank between two. */
static char calls[2048];
static size_t calls_used;

static int clear_calls(const char *val, const struct kernel_param *kp)
{
	calls_used = 0;
	calls[0] = '\0';
	return 0;
}

static int get_calls(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", calls);
}

static const struct kernel_param_ops calls_ops = {
	.set = clear_calls,
	.get = get_calls,
};
module_param_cb(calls, &calls_ops, NULL, 0644);
MODULE_PARM_DESC(calls, "callbacks so far; write anything to forget them");

static void note(const struct snapcap_ops *ops, const char *callback, int state)
{
	calls_used += scnprintf(calls + calls_used, sizeof(calls) - calls_used,
				"%s%s.%s:%d/%u%s", calls_used ? " " : "", ops->owner, callback,
				state, snapcap_get_state(), irqs_disabled() ? "i" : "");
}

/* The place is counted in the order in which they should be called. */
static bool is_place(const struct snapcap_ops *o, unsigned int place);

static int ops_prepare(struct snapcap_ops *o, u32 state)
{
	note(o, "prepare", state);
	return is_place(o, refuse_prepare) ? answer : 0;
}

static void ops_finish(struct snapcap_ops *o, u32 state)
{
	note(o, "finish", state);
}

static int ops_capture(struct snapcap_ops *o)
{
	note(o, "capture", -1);
	return is_place(o, refuse_capture) ? answer : 0;
}

static void ops_restore_early(struct snapcap_ops *o)
{
	note(o, "early", -1);
}

static void ops_restore(struct snapcap_ops *o)
{
	might_sleep();
	note(o, "restore", -1);
}

#define OPS(name, place) {				\
	.owner = name,					\
	.order = place,					\
	.prepare = ops_prepare,				\
	.finish = ops_finish,				\
	.capture = ops_capture,				\
	.restore_early = ops_restore_early,		\
	.restore = ops_restore,				\
}

/* The two in the middle are told apart by when they are registered. */
static struct snapcap_ops ops[3] = {
	OPS("one", -5), OPS("two", 0), OPS("three", 0),
};

static bool is_place(const struct snapcap_ops *o, unsigned int place)
{
	return place && o - ops + 1 == place;
}

static int __init ops_init(void)
{
	static const unsigned int registered[] = { 1, 2, 0 };
	struct snapcap_ops nobody = { .owner = "" };
	unsigned int i;
	int ret;

	/* What cannot be registered; the rest of the test is not worth much then. */
	if (snapcap_ops_register(&nobody) != -EINVAL)
		return -EPROTO;
	for (i = 0; i < ARRAY_SIZE(registered); i++) {
		ret = snapcap_ops_register(&ops[registered[i]]);
		if (ret)
			goto err_registered;
	}
	ret = -EPROTO;
	if (snapcap_ops_register(&ops[0]) != -EEXIST)
		goto err_registered;
	return 0;

err_registered:
	while (i--)
		snapcap_ops_unregister(&ops[registered[i]]);
	return ret;
}

static void __exit ops_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		snapcap_ops_unregister(&ops[i]);
}

module_init(ops_init);
module_exit(ops_exit);

MODULE_DESCRIPTION("Test of snapcap: driver with ordered callbacks");
MODULE_LICENSE("GPL");
