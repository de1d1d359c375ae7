// SPDX-License-Identifier: GPL-2.0-only
/*
 * A filesystem that is mounted while it is captured is written by each restore as if
 * nothing had happened since: it would be destroyed. So nothing here is lazy or forced: it
 * is unmounted and gone, or there is no snapshot.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "blockdev.h"
#include "clock.h"
#include "cmd.h"
#include "holders.h"
#include "jffs2.h"
#include "mounts.h"
#include "msg.h"
#include "persist.h"
#include "report.h"
#include "units.h"

#define RETRY_MS	300
/* systemd looks at mounts when it is its turn. */
#define SYSTEMD_WAIT_MS	10000
#define SYSTEMD_POLL_MS	50

static const struct cause busy = {
	"fs-busy", "a listed filesystem is in use", "", SNAPCTL_BUSY,
};

static const struct cause layout = {
	"fs-layout", "a listed filesystem cannot be unmounted as it is mounted", "",
	SNAPCTL_UNSUPPORTED,
};

static const struct cause units_failed = {
	"fs-units", "units that use a listed filesystem could not be stopped", "", SNAPCTL_FAILURE,
};

static const struct cause system_failed = {
	"fs-unmount", "a listed filesystem could not be unmounted", "", SNAPCTL_FAILURE,
};

static struct units_text clean(const char *text)
{
	return units_clean(text, strlen(text));
}

static const struct cause *fail(struct persist *p, const struct cause *cause, int err)
{
	p->err = err;
	return cause;
}

static const struct cause *fail_system(struct persist *p, const char *what, int err)
{
	msg_error("%s: %s", what, strerror(err));
	msg_advice("see the kernel log, and try by hand what failed");
	return fail(p, &system_failed, err);
}

static const struct cause *fail_cancelled(struct persist *p)
{
	msg_error("the take was cancelled");
	msg_advice("start it again when it suits");
	return fail(p, cause_get(SNAPCAP_CAUSE_CANCELLED), ECANCELED);
}

static bool is_signalled(const struct persist *p)
{
	return p->watch && watch_signalled(p->watch);
}

/* Also what it is a cause for: the one place that knows whether there is another try. */
static bool try_again(const struct persist *p, u32 *tries)
{
	if (*tries >= p->conf->retries || is_signalled(p))
		return false;
	(*tries)++;
	usleep(RETRY_MS * 1000);
	return true;
}

static int add_entry(struct persist *p, const struct mount_entry *mount)
{
	struct persist_entry *e = reallocarray(p->entry, p->count + 1, sizeof(*e));
	struct stat st;
	int ret;

	if (!e)
		return -ENOMEM;
	p->entry = e;
	e = &e[p->count++];
	memset(e, 0, sizeof(*e));
	e->ubi = -1;
	e->dev = mount->dev;
	e->file_dev = stat(mount->where, &st) ? mount->dev : st.st_dev;
	e->target = strdup(mount->where);
	e->source = strdup(mount->source);
	e->type = strdup(mount->type);
	ret = mounts_flags(mount, &e->data, &e->flags);
	return e->target && e->source && e->type ? ret : -ENOMEM;
}

static const struct cause *fail_layout(struct persist *p, const char *advice, const char *fmt,
				       const char *a, const char *b)
{
	char text[400];

	snprintf(text, sizeof(text), "%s %s %s", clean(a).s, fmt, clean(b).s);
	msg_error("%s", text);
	msg_advice("%s", advice);
	return fail(p, &layout, EBUSY);
}

/* What would keep it alive although it is unmounted, or cannot be mounted again as it was. */
static const struct cause *check_layout(struct persist *p, const struct mounts *mounts,
					const struct mount_entry *mount)
{
	/* A subvolume of btrfs is mounted by an option of its own. */
	if (strcmp(mount->root, "/") && strcmp(mount->type, "btrfs"))
		return fail_layout(p, "list the mount point of the whole filesystem, and mount its "
				   "parts by units that need it", "is only the part", mount->where,
				   mount->root);
	for (size_t i = 0; i < mounts->count; i++) {
		const struct mount_entry *other = &mounts->mount[i];

		if (other->ns != mounts->own || conf_is_persistent(p->conf, other->where))
			continue;
		if (other->dev == mount->dev)
			return fail_layout(p, "unmount it there, or list that mount point, too",
					   "is also mounted on", mount->where, other->where);
		if (mounts_below(other->where, mount->where))
			return fail_layout(p, "unmount that, or list it, too",
					   "has another filesystem mounted below it, on",
					   mount->where, other->where);
	}
	return NULL;
}

static struct ubi_device *find_ubi(struct persist *p, int number)
{
	for (size_t i = 0; i < p->ubi_count; i++)
		if ((int)p->ubi[i].number == number)
			return &p->ubi[i];
	return NULL;
}

/* Of one that cannot be written, what a restored system knows stays true. */
static const struct cause *add_ubi(struct persist *p, struct persist_entry *e)
{
	char made[64];
	int ret;

	if (strcmp(e->type, "ubifs"))
		return NULL;
	e->ubi = ubi_of_source(e->source);
	if (e->ubi < 0)
		return fail_layout(p, "mount it by a name such as ubi0:data, with the number of "
				   "the UBI device", "is of a UBI device that is not known,",
				   e->target, e->source);
	if (find_ubi(p, e->ubi))
		return NULL;
	if (ubi_made_into((unsigned int)e->ubi, made, sizeof(made)))
		return fail_layout(p, "have that on a UBI device of its own, or remove it",
				   "is on a UBI device that has to be detached, but is beneath",
				   e->target, made);
	ret = ubi_find((unsigned int)e->ubi, &p->ubi[p->ubi_count]);
	if (ret)
		return fail_system(p, "it cannot be found out how UBI is attached", -ret);
	if (blockdev_mtd_writable(p->ubi[p->ubi_count].mtd))
		p->ubi_count++;
	else
		e->ubi = -1;
	return NULL;
}

static const struct cause *find_entries(struct persist *p)
{
	const struct cause *cause = NULL;
	struct mounts mounts;
	int ret = mounts_read(&mounts);

	if (!ret && mounts.own == mounts.ns_count)
		ret = -ENOENT;
	if (ret)
		cause = fail_system(p, "the mounts cannot be read", -ret);
	for (size_t i = 0; !cause && !ret && i < mounts.count; i++) {
		const struct mount_entry *m = &mounts.mount[i];

		if (m->ns != mounts.own || !conf_is_persistent(p->conf, m->where))
			continue;
		cause = check_layout(p, &mounts, m);
		if (!cause)
			ret = add_entry(p, m);
		if (!cause && !ret)
			cause = add_ubi(p, &p->entry[p->count - 1]);
	}
	mounts_free(&mounts);
	return cause || !ret ? cause : fail_system(p, "the mounts cannot be remembered", -ret);
}

/* All but the first, which the error names. */
static void show_holders(const struct holders *found)
{
	for (size_t i = 1; i < found->count && i < HOLDERS_SHOWN; i++) {
		const struct holder *h = &found->holder[i];

		msg_info("process %d (%s%s%s): %s", h->pid, clean(h->command).s,
			 *h->unit ? ", " : "", clean(h->unit).s, h->how);
	}
	if (found->count > HOLDERS_SHOWN)
		msg_info("and %zu more", found->count - HOLDERS_SHOWN);
}

static const struct cause *fail_holder(struct persist *p, const struct persist_entry *e,
				       const struct holder *h, const char *where)
{
	msg_error("%s is in use%s: process %d (%s), %s%s%s", clean(e->target).s, where, h->pid,
		  clean(h->command).s, h->how, *h->unit ? ", of " : "", clean(h->unit).s);
	msg_advice("end it, or have it run as a service of systemd, which can be stopped and "
		   "started again");
	return fail(p, &busy, EBUSY);
}

static bool is_stoppable(const struct persist *p, const struct holder *h)
{
	return p->systemd && h->service && strcmp(h->unit, p->own_unit);
}

/*
 * Without the journal's daemon the output of all services would end. It lets go of /var/log
 * when systemd-journal-flush.service, which needs that, is stopped.
 */
static bool lets_go_itself(const struct persist *p, const struct holder *h)
{
	return p->systemd && !strcmp(h->unit, "systemd-journald.service");
}

/* Those that no unit stands for are found before anything is changed. */
static const struct cause *add_holders(struct persist *p, struct persist_entry *e)
{
	const struct holder *stranger;
	const struct cause *cause;
	struct holders found;
	u32 tries = 0;
	int ret;

	do {
		ret = holders_find(&found, e->file_dev);
		if (ret)
			return fail_system(p, "the processes cannot be looked at", -ret);
		stranger = NULL;
		for (size_t i = 0; !ret && i < found.count; i++) {
			if (lets_go_itself(p, &found.holder[i]))
				continue;
			if (is_stoppable(p, &found.holder[i]))
				ret = systemd_add(&e->units, found.holder[i].unit);
			else if (!stranger)
				stranger = &found.holder[i];
		}
		if (ret || !stranger) {
			holders_free(&found);
			return ret ? fail_system(p, "the units cannot be listed", -ret) : NULL;
		}
		if (!try_again(p, &tries))
			break;
		holders_free(&found);
	} while (true);
	if (is_signalled(p)) {
		cause = fail_cancelled(p);
	} else {
		show_holders(&found);
		cause = fail_holder(p, e, stranger, "");
	}
	holders_free(&found);
	return cause;
}

static const struct cause *fail_units(struct persist *p, const char *what, int err)
{
	const char *why = err == ECHILD ? "systemctl failed" : strerror(err);

	msg_error("%s: %s", what, why);
	msg_advice("see systemctl status of the units that use the filesystems, or give them more "
		   "time ([filesystems] timeout in " CONF_PATH ")");
	return fail(p, &units_failed, err);
}

static const struct cause *add_units(struct persist *p, struct persist_entry *e)
{
	const struct cause *cause;
	int ret = 0;

	if (p->systemd)
		ret = systemd_mount_unit(e->target, e->unit, &e->units);
	if (ret)
		return fail_units(p, "the units that use a filesystem cannot be found", -ret);
	cause = add_holders(p, e);
	if (cause || !p->systemd)
		return cause;
	ret = systemd_complete(&e->units);
	for (size_t i = 0; !ret && i < e->units.count; i++)
		ret = systemd_add(&p->units, e->units.name[i]);
	if (ret)
		return fail_units(p, "the units that use a filesystem cannot be found", -ret);
	if (!*p->own_unit || !systemd_has(&e->units, p->own_unit))
		return NULL;
	msg_error("%s needs %s, and is where this take runs", p->own_unit, clean(e->target).s);
	msg_advice("run snapctl from a unit that does not need it");
	return fail(p, &units_failed, EBUSY);
}

static const struct cause *stop_units(struct persist *p)
{
	int ret;

	for (size_t i = 0; i < p->units.count; i++)
		msg_verbose("stopped: %s", p->units.name[i]);
	if (!p->units.count)
		return NULL;
	p->stopped = true;
	ret = systemd_stop(&p->units, p->conf->timeout_s, p->watch);
	if (ret == -ECANCELED)
		return fail_cancelled(p);
	return ret ? fail_units(p, "the units that use the filesystems were not stopped", -ret) :
		NULL;
}

static const struct cause *fail_busy(struct persist *p, const struct persist_entry *e)
{
	struct holders found;

	if (!holders_find(&found, e->file_dev) && found.count) {
		const struct cause *cause;

		show_holders(&found);
		cause = fail_holder(p, e, &found.holder[0], "");
		holders_free(&found);
		return cause;
	}
	msg_error("%s is in use, and by no process", clean(e->target).s);
	msg_advice("look for a loop device, a swap file, an NFS export or another mount on it");
	return fail(p, &busy, EBUSY);
}

static const struct cause *unmount(struct persist *p, struct persist_entry *e)
{
	u32 tries = 0;
	int err = 0;

	do {
		if (!umount2(e->target, UMOUNT_NOFOLLOW)) {
			e->unmounted = true;
			return NULL;
		}
		err = errno;
	} while (err == EBUSY && try_again(p, &tries));
	if (is_signalled(p))
		return fail_cancelled(p);
	if (err == EBUSY)
		return fail_busy(p, e);
	return fail_system(p, clean(e->target).s, err);
}

/* Another namespace's mount goes with ours if it is its slave and not in use. */
static const struct cause *check_namespaces(struct persist *p, struct persist_entry *e)
{
	const struct cause *cause = NULL;
	struct holders found;
	u32 tries = 0;
	int ret;

	do {
		ret = holders_namespaces(&found, e->dev);
		if (ret)
			return fail_system(p, "the mount namespaces cannot be looked at", -ret);
		if (!found.count) {
			holders_free(&found);
			return NULL;
		}
		if (!try_again(p, &tries))
			break;
		holders_free(&found);
	} while (true);
	if (is_signalled(p)) {
		cause = fail_cancelled(p);
	} else {
		show_holders(&found);
		cause = fail_holder(p, e, &found.holder[0], " in another mount namespace");
	}
	holders_free(&found);
	return cause;
}

/* The superblock is gone when nobody has what it had: its device, or a thread. */
static int make_sure(const struct persist_entry *e)
{
	int alive = 0;

	if (!strcmp(e->type, "jffs2"))
		alive = jffs2_alive(minor(e->dev));
	if (alive)
		return alive < 0 ? alive : -EBUSY;
	return blockdev_flush(e->source);
}

static const struct cause *check_device(struct persist *p, struct persist_entry *e)
{
	u32 tries = 0;
	int ret;

	do {
		ret = make_sure(e);
	} while (ret == -EBUSY && try_again(p, &tries));
	if (!ret || ret == -ENOTBLK)
		return NULL;
	if (is_signalled(p))
		return fail_cancelled(p);
	if (ret != -EBUSY)
		return fail_system(p, clean(e->source).s, -ret);
	msg_error("%s is unmounted, but the kernel still uses %s", clean(e->target).s,
		  clean(e->source).s);
	msg_advice("look for a process that has a mount namespace open, and for other users of "
		   "the device");
	return fail(p, &busy, EBUSY);
}

static const struct cause *fail_ubi(struct persist *p, const struct ubi_device *ubi)
{
	const struct cause *cause = NULL;
	struct holders found;
	char what[32];

	snprintf(what, sizeof(what), "ubi%u", ubi->number);
	if (!ubi_holders(ubi->number, &found) && found.count) {
		struct persist_entry e = { .target = what };

		show_holders(&found);
		cause = fail_holder(p, &e, &found.holder[0], "");
	}
	holders_free(&found);
	if (cause)
		return cause;
	msg_error("what is listed of %s is unmounted, but the kernel still uses a volume of it",
		  what);
	msg_advice("look for an UBIFS that was detached lazily (ls /sys/fs/ubifs), and for other "
		   "users of its volumes");
	return fail(p, &busy, EBUSY);
}

static bool is_on_flash(const struct persist_entry *e)
{
	return !strcmp(e->type, "ubifs") || !strcmp(e->type, "jffs2");
}

/* There may be a disk below the flash. */
static int flush_flash(const struct persist *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (is_on_flash(&p->entry[i]) && p->entry[i].unmounted)
			return blockdev_flush_mtd();
	return 0;
}

/* Which erase block is where is in its memory: to be read again in each life. */
static const struct cause *detach(struct persist *p, struct ubi_device *ubi)
{
	u32 tries = 0;
	char what[32];
	int ret;

	do {
		ret = ubi_detach(ubi);
	} while (ret == -EBUSY && try_again(p, &tries));
	if (!ret)
		return NULL;
	if (is_signalled(p))
		return fail_cancelled(p);
	if (ret == -EBUSY)
		return fail_ubi(p, ubi);
	snprintf(what, sizeof(what), "ubi%u cannot be detached", ubi->number);
	return fail_system(p, what, -ret);
}

/* A restored system must not take a mount for one that is still there. */
static void wait_systemd(const struct persist_entry *e)
{
	for (int i = 0; *e->unit && i < SYSTEMD_WAIT_MS / SYSTEMD_POLL_MS; i++) {
		if (!systemd_is_active(e->unit))
			return;
		usleep(SYSTEMD_POLL_MS * 1000);
	}
}

static const struct cause *unmount_all(struct persist *p)
{
	const struct cause *cause = stop_units(p);
	int ret;

	sync();
	for (size_t i = p->count; !cause && i-- > 0;)
		cause = unmount(p, &p->entry[i]);
	for (size_t i = p->count; !cause && i-- > 0;) {
		cause = check_namespaces(p, &p->entry[i]);
		if (!cause)
			cause = check_device(p, &p->entry[i]);
		if (!cause)
			wait_systemd(&p->entry[i]);
	}
	for (size_t i = p->ubi_count; !cause && i-- > 0;)
		cause = detach(p, &p->ubi[i]);
	ret = cause ? 0 : flush_flash(p);
	return ret ? fail_system(p, "what is cached below flash cannot be written", -ret) : cause;
}

static const struct cause *begin(struct persist *p)
{
	const struct cause *cause = p->conf->persistent_count ? find_entries(p) : NULL;

	if (cause || !p->count)
		return cause;
	/* From where it was started. */
	if (chdir("/"))
		return fail_system(p, "/", errno);
	p->systemd = systemd_runs();
	systemd_unit_of(0, p->own_unit);
	for (size_t i = 0; !cause && i < p->count; i++)
		cause = add_units(p, &p->entry[i]);
	return cause ? cause : unmount_all(p);
}

const struct cause *persist_unmount(struct persist *p, const struct conf *conf,
				    const struct watch *watch)
{
	u64 start = clock_ns();
	const struct cause *cause;

	p->conf = conf;
	p->watch = watch;
	cause = begin(p);
	if (!cause && is_signalled(p))
		cause = fail_cancelled(p);
	p->out_ns = clock_ns() - start;
	if (cause) {
		int err = p->err;

		persist_mount(p);
		p->err = err;
	}
	return cause;
}

static bool is_mounted(const struct persist_entry *e)
{
	struct mounts mounts;
	bool found = false;

	if (!mounts_read(&mounts)) {
		for (size_t i = 0; !found && i < mounts.count; i++) {
			const struct mount_entry *m = &mounts.mount[i];

			found = m->ns == mounts.own && !strcmp(m->where, e->target) &&
				!strcmp(m->source, e->source) && !strcmp(m->type, e->type);
		}
	}
	mounts_free(&mounts);
	return found;
}

/* By systemd where it has a unit, so that all that is ordered after it may start. */
static int mount_by_unit(const struct persist *p, const struct persist_entry *e)
{
	struct systemd_units one = { NULL, 0 };
	int ret = systemd_add(&one, e->unit);

	if (!ret)
		ret = systemd_start(&one, p->conf->timeout_s, NULL);
	systemd_free(&one);
	return ret;
}

/* Those of one that cannot be attached are lost. */
static void attach(struct persist *p, struct ubi_device *ubi)
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

static void mount_again(struct persist *p, struct persist_entry *e)
{
	int ret = blockdev_flush(e->source);

	if (ret && ret != -ENOTBLK)
		msg_info("what is cached of %s cannot be dropped: %s", clean(e->source).s,
			 strerror(-ret));
	/* Stale blocks of its metadata would be written back. */
	e->lost = ret && ret != -ENOTBLK && ret != -EBUSY;
	if (!e->lost && *e->unit)
		ret = mount_by_unit(p, e);
	/* systemd may not have seen the unmount, and say that there is nothing to do. */
	if (!e->lost && !is_mounted(e)) {
		ret = mount(e->source, e->target, e->type, e->flags, e->data) ? -errno : 0;
		e->lost = ret;
	}
	if (!e->lost) {
		e->unmounted = false;
		return;
	}
	msg_error("%s cannot be mounted again on %s: %s", clean(e->source).s, clean(e->target).s,
		  strerror(-ret));
	msg_advice("see the kernel log, check the filesystem, mount it, and start what needs it");
}

static bool needs_lost(const struct persist *p, const char *unit)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->entry[i].lost && systemd_has(&p->entry[i].units, unit))
			return true;
	return false;
}

static int start_units(struct persist *p)
{
	struct systemd_units able = { NULL, 0 };
	int ret = 0;

	if (!p->stopped)
		return 0;
	for (size_t i = 0; !ret && i < p->units.count; i++) {
		if (needs_lost(p, p->units.name[i]))
			msg_info("%s is not started", p->units.name[i]);
		else
			ret = systemd_add(&able, p->units.name[i]);
	}
	if (!ret)
		ret = systemd_start(&able, p->conf->timeout_s, NULL);
	systemd_free(&able);
	p->stopped = false;
	if (!ret)
		return 0;
	msg_error("not all units that were stopped run again: %s",
		  ret == -ECHILD ? "systemctl failed" : strerror(-ret));
	for (size_t i = 0; i < p->units.count; i++)
		if (!systemd_is_active(p->units.name[i]))
			msg_info("%s does not run", p->units.name[i]);
	msg_advice("see systemctl status of them");
	return -1;
}

/* Before anything of it is read: attaching UBI writes. */
static bool drop_flash(struct persist *p)
{
	int ret = flush_flash(p);

	if (!ret)
		return true;
	msg_error("what is cached below flash cannot be dropped: %s", strerror(-ret));
	msg_advice("see the kernel log, restart the machine, or mount what is on flash by hand");
	for (size_t i = 0; i < p->count; i++)
		p->entry[i].lost |= is_on_flash(&p->entry[i]) && p->entry[i].unmounted;
	return false;
}

int persist_mount(struct persist *p)
{
	u64 start = clock_ns();
	int ret = 0;

	if (drop_flash(p))
		for (size_t i = 0; i < p->ubi_count; i++)
			attach(p, &p->ubi[i]);
	for (size_t i = 0; i < p->count; i++) {
		if (p->entry[i].unmounted && !p->entry[i].lost)
			mount_again(p, &p->entry[i]);
		if (p->entry[i].lost)
			ret = -1;
	}
	if (start_units(p))
		ret = -1;
	p->back_ns = clock_ns() - start;
	return ret;
}

struct json_object *persist_json(const struct persist *p)
{
	struct json_object *o, *mounts, *ubi, *units;

	if (!p->count)
		return NULL;
	o = json_new();
	mounts = json_new_list();
	ubi = json_new_list();
	units = json_new_list();
	for (size_t i = 0; i < p->count; i++) {
		const struct persist_entry *e = &p->entry[i];
		struct json_object *mount = json_new();

		json_text(mount, "mount_point", clean(e->target).s);
		json_text(mount, "source", clean(e->source).s);
		json_text(mount, "type", clean(e->type).s);
		json_flag(mount, "mounted", !e->unmounted);
		json_append(mounts, mount);
	}
	for (size_t i = 0; i < p->ubi_count; i++) {
		struct json_object *device = json_new();

		json_u64(device, "number", p->ubi[i].number);
		json_u64(device, "mtd", p->ubi[i].mtd);
		json_flag(device, "attached", !p->ubi[i].detached);
		json_append(ubi, device);
	}
	for (size_t i = 0; i < p->units.count; i++) {
		struct json_object *unit = json_new();

		json_text(unit, "name", clean(p->units.name[i]).s);
		json_append(units, unit);
	}
	json_put(o, "mounts", mounts);
	json_put(o, "ubi", ubi);
	json_put(o, "units", units);
	json_u64(o, "unmount_ns", p->out_ns);
	json_u64(o, "mount_ns", p->back_ns);
	return o;
}

void persist_report(const struct persist *p)
{
	for (size_t i = 0; i < p->count; i++)
		report_line(i ? "" : "Filesystems", "%s %s", clean(p->entry[i].target).s,
			    p->entry[i].unmounted ? "is not mounted" : "is mounted again");
	for (size_t i = 0; i < p->units.count; i++)
		report_line(i ? "" : "Units", "%s", clean(p->units.name[i]).s);
}

void persist_free(struct persist *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->entry[i].target);
		free(p->entry[i].source);
		free(p->entry[i].type);
		free(p->entry[i].data);
		systemd_free(&p->entry[i].units);
	}
	free(p->entry);
	systemd_free(&p->units);
	memset(p, 0, sizeof(*p));
}
