// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table and the whole decision: all mounts, what swap is on, and what is in use without a
 * mount. What the class of one of them is, others say.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <linux/snapcap.h>

#include "blockdev.h"
#include "fsclass_look.h"
#include "msg.h"
#include "swap.h"
#include "units.h"

struct fsclass_entry *fsclass_new_entry(struct look *look)
{
	struct fsclass_table *table = look->table;
	struct fsclass_entry *more;

	more = reallocarray(table->entry, table->count + 1, sizeof(*more));
	if (!more)
		return NULL;
	table->entry = more;
	memset(&more[table->count], 0, sizeof(*more));
	more[table->count].mtd = -1;
	return &more[table->count++];
}

void fsclass_why(struct fsclass_entry *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(e->why, sizeof(e->why), fmt, args);
	va_end(args);
}

void fsclass_advise(struct fsclass_entry *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(e->advice, sizeof(e->advice), fmt, args);
	va_end(args);
}

/* Of a mount in another namespace: is there nothing new about it? */
static bool is_known(const struct look *look, const struct mount_entry *m,
		     const struct fsclass_entry *e)
{
	if (!m->ns)
		return false;
	if (e->class == FSCLASS_PERSISTENT)
		return true;
	for (size_t i = 0; i < look->table->count - 1; i++) {
		const struct fsclass_entry *other = &look->table->entry[i];

		if (other->kind == FSCLASS_MOUNT && other->dev == e->dev &&
		    other->class == e->class &&
		    (e->class < FSCLASS_PERSISTENT || !strcmp(other->where, e->where)))
			return true;
	}
	return false;
}

static int judge_mounts(struct look *look)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < look->mounts.count; i++) {
		const struct mount_entry *m = &look->mounts.mount[i];
		struct fsclass_entry *e = fsclass_new_entry(look);

		if (!e)
			return -ENOMEM;
		e->class = fsclass_of_mount(look, m, e, 0);
		if (is_known(look, m, e))
			look->table->count--;
		else if (e->class == FSCLASS_REFUSED)
			ret = holders_find(&e->holders, m->dev);
	}
	return ret;
}

static int judge_namespaces(struct look *look)
{
	struct fsclass_entry *e;

	if (!*look->mounts.hidden)
		return 0;
	e = fsclass_new_entry(look);
	if (!e)
		return -ENOMEM;
	e->kind = FSCLASS_NAMESPACE;
	e->class = FSCLASS_REFUSED;
	snprintf(e->where, sizeof(e->where), "%s", look->mounts.hidden);
	strcpy(e->type, "namespace");
	fsclass_why(e, "a mount namespace that no process lives in, whose mounts cannot be seen");
	fsclass_advise(e, "unmount the file that keeps it (findmnt -t nsfs)");
	return 0;
}

static int judge_swap(struct look *look, bool moves)
{
	struct swap_list list;
	int ret = swap_read(&list);

	if (ret)
		return ret == -EOPNOTSUPP ? 0 : ret;
	for (size_t i = 0; !ret && i < list.count; i++) {
		const struct swap_area *area = &list.area[i];
		struct fsclass_entry *e = fsclass_new_entry(look);

		if (!e) {
			ret = -ENOMEM;
			break;
		}
		e->kind = FSCLASS_SWAP;
		snprintf(e->where, sizeof(e->where), "%s", area->path);
		strcpy(e->type, "swap");
		snprintf(e->device, sizeof(e->device), "%.200s", area->path);
		e->dev = blockdev_number(area->path);
		if (swap_is_ours(area) || swap_in_memory(area)) {
			e->class = FSCLASS_VOLATILE;
			fsclass_why(e, swap_is_ours(area) ? "part of the snapshot" : "in memory");
			continue;
		}
		if (moves) {
			e->class = FSCLASS_VOLATILE;
			fsclass_why(e, "the take moves it, or is refused for it");
			continue;
		}
		e->class = FSCLASS_REFUSED;
		fsclass_why(e, "what lies there is not in the snapshot, and would be lost");
		fsclass_advise(e, "turn it off (swapoff) and keep it off in the restored system%s",
			       look->once ? "" : ", or take with --two-pass --migrate-swap");
	}
	swap_free(&list);
	return ret;
}

int fsclass_decide(const struct conf *conf, unsigned int flags, struct fsclass_table *table)
{
	struct look look = { .conf = conf, .once = flags & FSCLASS_ONCE, .table = table };
	int ret;

	memset(table, 0, sizeof(*table));
	ret = mounts_read(&look.mounts);
	if (!ret)
		ret = judge_mounts(&look);
	if (!ret)
		ret = judge_namespaces(&look);
	if (!ret)
		ret = judge_swap(&look, flags & FSCLASS_SWAP_MOVES);
	if (!ret)
		ret = fsclass_judge_writers(&look);
	if (!ret)
		ret = fsclass_judge_devices(&look);
	if (!ret)
		ret = fsclass_judge_ubi(&look);
	if (!ret)
		ret = fsclass_judge_jffs2(&look);
	mounts_free(&look.mounts);
	for (size_t i = 0; i < table->count; i++)
		table->refused += table->entry[i].class == FSCLASS_REFUSED;
	return ret;
}

int fsclass_watch(const struct fsclass_table *table, enum fsclass class,
		  struct fingerprint_list *list)
{
	u32 policy = class == FSCLASS_IMMUTABLE ? SNAPCAP_FINGERPRINT_IMMUTABLE :
		     SNAPCAP_FINGERPRINT_IDENTITY;

	for (size_t i = 0; i < table->count; i++) {
		const struct fsclass_entry *e = &table->entry[i];
		int ret = 0;

		if (e->class != class)
			continue;
		/* Raw flash of which nothing stays, and that looks like anything. */
		if (class == FSCLASS_PERSISTENT && !strcmp(e->type, "jffs2"))
			continue;
		if (e->mtd >= 0)
			ret = fingerprint_add_mtd(list, (unsigned int)e->mtd, policy);
		else if (major(e->dev))
			ret = fingerprint_add(list, e->dev, policy);
		if (ret == -ENODATA || ret == -EOPNOTSUPP)
			msg_verbose("%s is not watched", units_clean(e->device,
				    sizeof(e->device)).s);
		else if (ret)
			return ret;
	}
	return 0;
}

void fsclass_free(struct fsclass_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		holders_free(&table->entry[i].holders);
	free(table->entry);
	memset(table, 0, sizeof(*table));
}
