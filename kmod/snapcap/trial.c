// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trial of the snapshot that this system came out of: how it stands, and its end.
 * The system says that it is well, and that is noted in two places: in the hand-off
 * page, where the loader has counted this restore, and behind the commit mark on flash.
 *
 * The snapshot is known by its identity, and looked for where it may be each time: it
 * may be gone, and another one in its place.
 */
#include <linux/err.h>
#include <linux/mtd/mtd.h>
#include <linux/mutex.h>
#include "snapcap.h"

static DEFINE_MUTEX(trial_lock);

/* Where this system came from; nothing of it is written before it is thawed. */
static struct {
	bool restored;
	u32 tries;
	int mtd;
	u64 place[SNAPCAP_IMAGE_PLACES];
	u64 sequence;
	u8 uuid[SNAPCAP_UUID_SIZE];
} origin;

/**
 * snapcap_trial_restored() - note which snapshot this system came out of
 * @s: the take that it came out of
 *
 * Context: process context.
 */
void snapcap_trial_restored(const struct snapcap_session *s)
{
	mutex_lock(&trial_lock);
	origin.restored = !snapcap_stub_cause();
	origin.tries = s->arg.tries;
	origin.mtd = s->mtd->index;
	origin.sequence = s->status.sequence;
	memcpy(origin.uuid, s->img.uuid, sizeof(origin.uuid));
	snapcap_image_places(s, s->status.slot_offset, origin.place);
	mutex_unlock(&trial_lock);
}

/*
 * What is on a block device is read through a cache that memory brought back, and the
 * loader does not write there: its count in the page is all there is.
 */
static bool has_log(const struct mtd_info *mtd)
{
	return mtd->type != MTD_RAM;
}

static u32 trial_state(const struct snapimg_trial *trial)
{
	return trial->confirmed ? SNAPCAP_TRIAL_CONFIRMED : SNAPCAP_TRIAL_ON;
}

static int confirm_on(struct snapcap_flash *flash, struct snapcap_confirm *arg)
{
	const struct snapstore_flash *store = &flash->store;
	struct snapimg_trial trial;
	u64 at = 0;
	int ret;

	ret = snapcap_image_find(store, origin.place, origin.uuid, &at);
	if (ret)
		return ret;
	arg->slot_offset = snapcap_flash_physical(flash, at);
	if (snapimg_trial_read(&store->reader, at, &trial))
		return -EIO;
	arg->before = trial_state(&trial);
	arg->trial = arg->before;
	arg->tries = trial.confirmed ? 0 : max(trial.tries, snapcap_stub_attempt());
	if (arg->flags & SNAPCAP_CONFIRM_QUERY || trial.confirmed)
		return 0;

	switch (snapstore_trial_note(store, at, SNAPSTORE_TRIAL_CONFIRM)) {
	case 0:
		break;
	case -SNAPSTORE_E_NO_ROOM:
		return -ENOSPC;
	default:
		return -EIO;
	}
	store->sync(store->reader.ctx);
	arg->trial = SNAPCAP_TRIAL_CONFIRMED;
	arg->tries = 0;
	return 0;
}

static int confirm_on_mtd(struct mtd_info *mtd, struct snapcap_confirm *arg)
{
	struct snapcap_flash flash;
	int ret = snapcap_flash_open(&flash, mtd);

	if (!ret)
		ret = confirm_on(&flash, arg);
	snapcap_flash_close(&flash);
	/* The device of that number is another one by now. */
	return ret == -EOPNOTSUPP ? -ENXIO : ret;
}

static int confirm(struct snapcap_confirm *arg)
{
	struct mtd_info *mtd;
	u32 pending;
	int ret;

	arg->trial = SNAPCAP_TRIAL_COLD;
	arg->before = SNAPCAP_TRIAL_COLD;
	arg->tries = 0;
	arg->limit = 0;
	arg->sequence = 0;
	arg->slot_offset = 0;
	if (!origin.restored)
		return 0;
	pending = snapcap_stub_pending();
	/* The system is well, whatever becomes of the flash. */
	if (!(arg->flags & SNAPCAP_CONFIRM_QUERY)) {
		snapcap_stub_confirm();
		(void)!snapcap_watchdog_handed_over();
	}
	arg->sequence = origin.sequence;
	arg->limit = origin.tries;
	arg->trial = SNAPCAP_TRIAL_NONE;
	arg->before = SNAPCAP_TRIAL_NONE;
	if (!origin.tries)
		return 0;

	mtd = get_mtd_device(NULL, origin.mtd);
	if (IS_ERR(mtd))
		return -ENXIO;
	if (has_log(mtd)) {
		ret = confirm_on_mtd(mtd, arg);
	} else {
		ret = 0;
		arg->slot_offset = origin.place[0];
		arg->before = pending ? SNAPCAP_TRIAL_ON : SNAPCAP_TRIAL_CONFIRMED;
		arg->tries = snapcap_stub_pending();
		arg->trial = arg->tries ? SNAPCAP_TRIAL_ON : SNAPCAP_TRIAL_CONFIRMED;
	}
	put_mtd_device(mtd);
	return ret;
}

/**
 * snapcap_trial_confirm() - say that this system is well, or ask how the trial stands
 * @arg: checked argument; the result is put into it
 *
 * Not while a take runs: it may be writing to that very place.
 *
 * Context: process context, sleeps.
 * Return: 0 or an error of SNAPCAP_IOC_CONFIRM
 */
int snapcap_trial_confirm(struct snapcap_confirm *arg)
{
	int ret;

	if (!snapcap_session_begin())
		return -EBUSY;
	mutex_lock(&trial_lock);
	ret = confirm(arg);
	mutex_unlock(&trial_lock);
	snapcap_session_end();
	return ret;
}
