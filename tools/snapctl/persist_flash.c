// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flash beneath listed filesystems: UBI devices are detached and attached again, and what
 * is cached below flash is written back and dropped.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "blockdev.h"
#include "holders.h"
#include "msg.h"
#include "persist_private.h"

static struct ubi_device *find_ubi(struct persist *p, int number)
{
	for (size_t i = 0; i < p->ubi_count; i++)
		if ((int)p->ubi[i].number == number)
			return &p->ubi[i];
	return NULL;
}

/* Of one that cannot be written, what a restored system knows stays true. */
const struct cause *persist_add_ubi(struct persist *p, struct persist_entry *e)
{
	char made[64];
	int ret;

	if (strcmp(e->type, "ubifs"))
		return NULL;
	e->ubi = ubi_of_source(e->source);
	if (e->ubi < 0)
		return persist_fail_layout(p, "mount it by a name such as ubi0:data, with the "
					   "number of the UBI device",
					   "is of a UBI device that is not known,",
					   e->target, e->source);
	if (find_ubi(p, e->ubi))
		return NULL;
	if (ubi_made_into((unsigned int)e->ubi, made, sizeof(made)))
		return persist_fail_layout(p, "have that on a UBI device of its own, or remove it",
					   "is on a UBI device that has to be detached, but is "
					   "beneath",
					   e->target, made);
	ret = ubi_find((unsigned int)e->ubi, &p->ubi[p->ubi_count]);
	if (ret)
		return persist_fail_system(p, "it cannot be found out how UBI is attached", -ret);
	if (blockdev_mtd_writable(p->ubi[p->ubi_count].mtd))
		p->ubi_count++;
	else
		e->ubi = -1;
	return NULL;
}

static const struct cause *fail_ubi(struct persist *p, const struct ubi_device *ubi)
{
	const struct cause *cause = NULL;
	struct holders found;
	char what[32];

	snprintf(what, sizeof(what), "ubi%u", ubi->number);
	if (!ubi_holders(ubi->number, &found) && found.count) {
		struct persist_entry e = { .target = what };

		persist_show_holders(&found);
		cause = persist_fail_holder(p, &e, &found.holder[0], "");
	}
	holders_free(&found);
	if (cause)
		return cause;
	msg_error("what is listed of %s is unmounted, but the kernel still uses a volume of it",
		  what);
	msg_advice("look for an UBIFS that was detached lazily (ls /sys/fs/ubifs), and for other "
		   "users of its volumes");
	return persist_fail(p, &persist_busy, EBUSY);
}

static bool is_on_flash(const struct persist_entry *e)
{
	return !strcmp(e->type, "ubifs") || !strcmp(e->type, "jffs2");
}

/* There may be a disk below the flash. */
int persist_flush_flash(const struct persist *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (is_on_flash(&p->entry[i]) && p->entry[i].unmounted)
			return blockdev_flush_mtd();
	return 0;
}

/* Which erase block is where is in its memory: to be read again in each life. */
const struct cause *persist_detach(struct persist *p, struct ubi_device *ubi)
{
	u32 tries = 0;
	char what[32];
	int ret;

	do {
		ret = ubi_detach(ubi);
	} while (ret == -EBUSY && persist_try_again(p, &tries));
	if (!ret)
		return NULL;
	if (persist_is_signalled(p))
		return persist_fail_cancelled(p);
	if (ret == -EBUSY)
		return fail_ubi(p, ubi);
	snprintf(what, sizeof(what), "ubi%u cannot be detached", ubi->number);
	return persist_fail_system(p, what, -ret);
}

/* Those of one that cannot be attached are lost. */
void persist_attach(struct persist *p, struct ubi_device *ubi)
{
	int ret = ubi->detached ? ubi_attach(ubi) : 0;

	if (!ret)
		return;
	msg_error("mtd%u cannot be attached again as ubi%u: %s", ubi->mtd, ubi->number,
		  strerror(-ret));
	msg_advice("see the kernel log, attach it (ubiattach -m %u -d %u), mount what is on it, "
		   "and start what needs that", ubi->mtd, ubi->number);
	for (size_t i = 0; i < p->count; i++)
		p->entry[i].lost |= p->entry[i].ubi == (int)ubi->number && p->entry[i].unmounted;
}

/* Before anything of it is read: attaching UBI writes. */
bool persist_drop_flash(struct persist *p)
{
	int ret = persist_flush_flash(p);

	if (!ret)
		return true;
	msg_error("what is cached below flash cannot be dropped: %s", strerror(-ret));
	msg_advice("see the kernel log, restart the machine, or mount what is on flash by hand");
	for (size_t i = 0; i < p->count; i++)
		p->entry[i].lost |= is_on_flash(&p->entry[i]) && p->entry[i].unmounted;
	return false;
}
