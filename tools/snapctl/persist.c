// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of things. A filesystem that is mounted while it is captured is written by each
 * restore as if nothing had happened since: it would be destroyed. So nothing here is lazy or
 * forced: it is unmounted and gone, or there is no snapshot.
 */
#include <errno.h>
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
#include "persist_private.h"
#include "report.h"

#define RETRY_MS	300

const struct cause persist_busy = {
	"fs-busy", "a listed filesystem is in use", "", SNAPCTL_BUSY,
};

static const struct cause layout = {
	"fs-layout", "a listed filesystem cannot be unmounted as it is mounted", "",
	SNAPCTL_UNSUPPORTED,
};

static const struct cause system_failed = {
	"fs-unmount", "a listed filesystem could not be unmounted", "", SNAPCTL_FAILURE,
};

const struct cause *persist_fail(struct persist *p, const struct cause *cause, int err)
{
	p->err = err;
	return cause;
}

const struct cause *persist_fail_system(struct persist *p, const char *what, int err)
{
	msg_error("%s: %s", what, strerror(err));
	msg_advice("see the kernel log, and try by hand what failed");
	return persist_fail(p, &system_failed, err);
}

const struct cause *persist_fail_cancelled(struct persist *p)
{
	msg_error("the take was cancelled");
	msg_advice("start it again when it suits");
	return persist_fail(p, cause_get(SNAPCAP_CAUSE_CANCELLED), ECANCELED);
}

bool persist_is_signalled(const struct persist *p)
{
	return p->watch && watch_signalled(p->watch);
}

/* Also what it is a cause for: the one place that knows whether there is another try. */
bool persist_try_again(const struct persist *p, u32 *tries)
{
	if (*tries >= p->conf->retries || persist_is_signalled(p))
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

const struct cause *persist_fail_layout(struct persist *p, const char *advice, const char *fmt,
					const char *a, const char *b)
{
	char text[400];

	snprintf(text, sizeof(text), "%s %s %s", clean(a).s, fmt, clean(b).s);
	msg_error("%s", text);
	msg_advice("%s", advice);
	return persist_fail(p, &layout, EBUSY);
}

/* What would keep it alive although it is unmounted, or cannot be mounted again as it was. */
static const struct cause *check_layout(struct persist *p, const struct mounts *mounts,
					const struct mount_entry *mount)
{
	/* A subvolume of btrfs is mounted by an option of its own. */
	if (strcmp(mount->root, "/") && strcmp(mount->type, "btrfs"))
		return persist_fail_layout(p, "list the mount point of the whole filesystem, and "
					   "mount its parts by units that need it",
					   "is only the part", mount->where, mount->root);
	for (size_t i = 0; i < mounts->count; i++) {
		const struct mount_entry *other = &mounts->mount[i];

		if (other->ns != mounts->own || conf_is_persistent(p->conf, other->where))
			continue;
		if (other->dev == mount->dev)
			return persist_fail_layout(p, "unmount it there, or list that mount point, "
						   "too", "is also mounted on", mount->where,
						   other->where);
		if (mounts_below(other->where, mount->where))
			return persist_fail_layout(p, "unmount that, or list it, too",
						   "has another filesystem mounted below it, on",
						   mount->where, other->where);
	}
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
		cause = persist_fail_system(p, "the mounts cannot be read", -ret);
	for (size_t i = 0; !cause && !ret && i < mounts.count; i++) {
		const struct mount_entry *m = &mounts.mount[i];

		if (m->ns != mounts.own || !conf_is_persistent(p->conf, m->where))
			continue;
		cause = check_layout(p, &mounts, m);
		if (!cause)
			ret = add_entry(p, m);
		if (!cause && !ret)
			cause = persist_add_ubi(p, &p->entry[p->count - 1]);
	}
	mounts_free(&mounts);
	return cause || !ret ? cause :
		persist_fail_system(p, "the mounts cannot be remembered", -ret);
}

static const struct cause *fail_busy(struct persist *p, const struct persist_entry *e)
{
	struct holders found;

	if (!holders_find(&found, e->file_dev) && found.count) {
		const struct cause *cause;

		persist_show_holders(&found);
		cause = persist_fail_holder(p, e, &found.holder[0], "");
		holders_free(&found);
		return cause;
	}
	msg_error("%s is in use, and by no process", clean(e->target).s);
	msg_advice("look for a loop device, a swap file, an NFS export or another mount on it");
	return persist_fail(p, &persist_busy, EBUSY);
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
	} while (err == EBUSY && persist_try_again(p, &tries));
	if (persist_is_signalled(p))
		return persist_fail_cancelled(p);
	if (err == EBUSY)
		return fail_busy(p, e);
	return persist_fail_system(p, clean(e->target).s, err);
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
			return persist_fail_system(p, "the mount namespaces cannot be looked at",
						   -ret);
		if (!found.count) {
			holders_free(&found);
			return NULL;
		}
		if (!persist_try_again(p, &tries))
			break;
		holders_free(&found);
	} while (true);
	if (persist_is_signalled(p)) {
		cause = persist_fail_cancelled(p);
	} else {
		persist_show_holders(&found);
		cause = persist_fail_holder(p, e, &found.holder[0], " in another mount namespace");
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
	} while (ret == -EBUSY && persist_try_again(p, &tries));
	if (!ret || ret == -ENOTBLK)
		return NULL;
	if (persist_is_signalled(p))
		return persist_fail_cancelled(p);
	if (ret != -EBUSY)
		return persist_fail_system(p, clean(e->source).s, -ret);
	msg_error("%s is unmounted, but the kernel still uses %s", clean(e->target).s,
		  clean(e->source).s);
	msg_advice("look for a process that has a mount namespace open, and for other users of "
		   "the device");
	return persist_fail(p, &persist_busy, EBUSY);
}

static const struct cause *unmount_all(struct persist *p)
{
	const struct cause *cause = persist_stop_units(p);
	int ret;

	sync();
	for (size_t i = p->count; !cause && i-- > 0;)
		cause = unmount(p, &p->entry[i]);
	for (size_t i = p->count; !cause && i-- > 0;) {
		cause = check_namespaces(p, &p->entry[i]);
		if (!cause)
			cause = check_device(p, &p->entry[i]);
		if (!cause)
			persist_wait_systemd(&p->entry[i]);
	}
	for (size_t i = p->ubi_count; !cause && i-- > 0;)
		cause = persist_detach(p, &p->ubi[i]);
	ret = cause ? 0 : persist_flush_flash(p);
	return ret ? persist_fail_system(p, "what is cached below flash cannot be written", -ret) :
		cause;
}

static const struct cause *begin(struct persist *p)
{
	const struct cause *cause = p->conf->persistent_count ? find_entries(p) : NULL;

	if (cause || !p->count)
		return cause;
	/* From where it was started. */
	if (chdir("/"))
		return persist_fail_system(p, "/", errno);
	p->systemd = systemd_runs();
	systemd_unit_of(0, p->own_unit);
	for (size_t i = 0; !cause && i < p->count; i++)
		cause = persist_add_units(p, &p->entry[i]);
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
	if (!cause && persist_is_signalled(p))
		cause = persist_fail_cancelled(p);
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

static void mount_again(struct persist *p, struct persist_entry *e)
{
	int ret = blockdev_flush(e->source);

	if (ret && ret != -ENOTBLK)
		msg_info("what is cached of %s cannot be dropped: %s", clean(e->source).s,
			 strerror(-ret));
	/* Stale blocks of its metadata would be written back. */
	e->lost = ret && ret != -ENOTBLK && ret != -EBUSY;
	if (!e->lost && *e->unit)
		ret = persist_mount_by_unit(p, e);
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

int persist_mount(struct persist *p)
{
	u64 start = clock_ns();
	int ret = 0;

	if (persist_drop_flash(p))
		for (size_t i = 0; i < p->ubi_count; i++)
			persist_attach(p, &p->ubi[i]);
	for (size_t i = 0; i < p->count; i++) {
		if (p->entry[i].unmounted && !p->entry[i].lost)
			mount_again(p, &p->entry[i]);
		if (p->entry[i].lost)
			ret = -1;
	}
	if (persist_start_units(p))
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
