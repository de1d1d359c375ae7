// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who uses the listed filesystems: processes, and the units of systemd that are stopped and
 * started again in their stead. A process that no unit stands for is in the way: nothing is
 * killed.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "holders.h"
#include "msg.h"
#include "persist_private.h"

/* systemd looks at mounts when it is its turn. */
#define SYSTEMD_WAIT_MS	10000
#define SYSTEMD_POLL_MS	50

static const struct cause units_failed = {
	"fs-units", "units that use a listed filesystem could not be stopped", "", SNAPCTL_FAILURE,
};

/* All but the first, which the error names. */
void persist_show_holders(const struct holders *found)
{
	for (size_t i = 1; i < found->count && i < HOLDERS_SHOWN; i++) {
		const struct holder *h = &found->holder[i];

		msg_info("process %d (%s%s%s): %s", h->pid, clean(h->command).s,
			 *h->unit ? ", " : "", clean(h->unit).s, h->how);
	}
	if (found->count > HOLDERS_SHOWN)
		msg_info("and %zu more", found->count - HOLDERS_SHOWN);
}

const struct cause *persist_fail_holder(struct persist *p, const struct persist_entry *e,
					const struct holder *h, const char *where)
{
	msg_error("%s is in use%s: process %d (%s), %s%s%s", clean(e->target).s, where, h->pid,
		  clean(h->command).s, h->how, *h->unit ? ", of " : "", clean(h->unit).s);
	msg_advice("end it, or have it run as a service of systemd, which can be stopped and "
		   "started again");
	return persist_fail(p, &persist_busy, EBUSY);
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
			return persist_fail_system(p, "the processes cannot be looked at", -ret);
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
			return ret ? persist_fail_system(p, "the units cannot be listed", -ret) :
				NULL;
		}
		if (!persist_try_again(p, &tries))
			break;
		holders_free(&found);
	} while (true);
	if (persist_is_signalled(p)) {
		cause = persist_fail_cancelled(p);
	} else {
		persist_show_holders(&found);
		cause = persist_fail_holder(p, e, stranger, "");
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
	return persist_fail(p, &units_failed, err);
}

const struct cause *persist_add_units(struct persist *p, struct persist_entry *e)
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
	return persist_fail(p, &units_failed, EBUSY);
}

const struct cause *persist_stop_units(struct persist *p)
{
	int ret;

	for (size_t i = 0; i < p->units.count; i++)
		msg_verbose("stopped: %s", p->units.name[i]);
	if (!p->units.count)
		return NULL;
	p->stopped = true;
	ret = systemd_stop(&p->units, p->conf->timeout_s, p->watch);
	if (ret == -ECANCELED)
		return persist_fail_cancelled(p);
	return ret ? fail_units(p, "the units that use the filesystems were not stopped", -ret) :
		NULL;
}

/* A restored system must not take a mount for one that is still there. */
void persist_wait_systemd(const struct persist_entry *e)
{
	for (int i = 0; *e->unit && i < SYSTEMD_WAIT_MS / SYSTEMD_POLL_MS; i++) {
		if (!systemd_is_active(e->unit))
			return;
		usleep(SYSTEMD_POLL_MS * 1000);
	}
}

/* By systemd where it has a unit, so that all that is ordered after it may start. */
int persist_mount_by_unit(const struct persist *p, const struct persist_entry *e)
{
	struct systemd_units one = { NULL, 0 };
	int ret = systemd_add(&one, e->unit);

	if (!ret)
		ret = systemd_start(&one, p->conf->timeout_s, NULL);
	systemd_free(&one);
	return ret;
}

static bool needs_lost(const struct persist *p, const char *unit)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->entry[i].lost && systemd_has(&p->entry[i].units, unit))
			return true;
	return false;
}

int persist_start_units(struct persist *p)
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
