// SPDX-License-Identifier: GPL-2.0-only
/* Arguments for ioctl()s: right ones, nearly right ones, and what each may answer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "device.h"
#include "ioctl_gen.h"

/* Of the freezer and the driver core: what a device that refuses returned is passed on. */
#define TAKE_ERRORS	EINVAL, EPERM, EBUSY, ENODEV, ENODATA, ENXIO, EROFS, EOPNOTSUPP, EFBIG, \
			EEXIST, ENOMEM, EINTR, ECANCELED, EIO

const struct ioctl_kind ioctl_kinds[] = {
	{ "MAKESNAP", SNAPCAP_IOC_MAKESNAP, sizeof(struct snapcap_makesnap), 20, true, true,
	  { TAKE_ERRORS } },
	{ "REHEARSE", SNAPCAP_IOC_REHEARSE, sizeof(struct snapcap_rehearse), 10, true, true,
	  { EINVAL, EPERM, EBUSY, ENOMEM, EINTR, ECANCELED } },
	{ "GET_STATE", SNAPCAP_IOC_GET_STATE, sizeof(__u32), 5, false, false, { 0 } },
	{ "INFO", SNAPCAP_IOC_INFO, sizeof(struct snapcap_info), 10, false, false, { EINVAL } },
	{ "STATUS", SNAPCAP_IOC_STATUS, sizeof(struct snapcap_status), 10, false, false,
	  { EINVAL } },
	{ "BOOT_INFO", SNAPCAP_IOC_BOOT_INFO, sizeof(struct snapcap_boot_info), 10, false, false,
	  { EINVAL, ENOMEM } },
	/* One in so many: each ends the take that runs. */
	{ "CANCEL", SNAPCAP_IOC_CANCEL, 0, 0, true, false, { ENOENT, EPERM } },
	{ "REQUEST", SNAPCAP_IOC_REQUEST, sizeof(struct snapcap_request), 10, true, false,
	  { EINVAL, EPERM, ENODEV } },
	{ "PAGER", SNAPCAP_IOC_PAGER, sizeof(struct snapcap_pager), 20, true, false,
	  { EINVAL, EPERM, EOPNOTSUPP, EBUSY, ENODEV, ENOMEM } },
	{ "PAGER_STATUS", SNAPCAP_IOC_PAGER_STATUS, sizeof(struct snapcap_pager_status), 10,
	  false, false, { EINVAL } },
	{ "READY", SNAPCAP_IOC_READY, 0, 5, true, false, { EPERM } },
	{ "HOT_SET", SNAPCAP_IOC_HOT_SET, sizeof(struct snapcap_hot_set), 15, true, false,
	  { EINVAL, EPERM, EOPNOTSUPP, ENOMEM } },
	{ "DEVICES", SNAPCAP_IOC_DEVICES, sizeof(struct snapcap_devices), 15, true, false,
	  { EINVAL, EPERM, ENOMEM } },
	{ "FINGERPRINT", SNAPCAP_IOC_FINGERPRINT, sizeof(struct snapcap_fingerprints), 30, true,
	  false, { EINVAL, EPERM, E2BIG, ENXIO, EIO, EOPNOTSUPP, EINTR, ENOMEM } },
	/* Of a system that was booted cold: there is nothing to confirm. */
	{ "CONFIRM", SNAPCAP_IOC_CONFIRM, sizeof(struct snapcap_confirm), 10, true, false,
	  { EINVAL, EPERM, EBUSY } },
};
const size_t ioctl_kind_count = sizeof(ioctl_kinds) / sizeof(ioctl_kinds[0]);

/* How many calls there are to a CANCEL. */
#define CANCEL_EVERY	20000

uint64_t ioctl_random(uint64_t *state)
{
	/* splitmix64: any state will do */
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint64_t below(uint64_t *state, uint64_t limit)
{
	return ioctl_random(state) % limit;
}

const struct ioctl_kind *ioctl_pick(uint64_t *state)
{
	unsigned int all = 0, pick;
	size_t i;

	if (!below(state, CANCEL_EVERY))
		for (i = 0; i < ioctl_kind_count; i++)
			if (ioctl_kinds[i].cmd == SNAPCAP_IOC_CANCEL)
				return &ioctl_kinds[i];
	for (i = 0; i < ioctl_kind_count; i++)
		all += ioctl_kinds[i].share;
	pick = below(state, all);
	for (i = 0; pick >= ioctl_kinds[i].share; i++)
		pick -= ioctl_kinds[i].share;
	return &ioctl_kinds[i];
}

/* ---- right arguments ---- */

static void make_take(const struct ioctl_target *t, struct snapcap_makesnap *arg, uint64_t *state)
{
	static const __u32 slots[] = {
		SNAPCAP_SLOT_0, SNAPCAP_SLOT_1, SNAPCAP_SLOT_FREE, SNAPCAP_SLOT_WHOLE,
		SNAPCAP_SLOT_AUTO,
	};

	makesnap_init(arg, t->mtd);
	arg->slot = slots[below(state, 5)];
	arg->codec = below(state, 4) ? SNAPCAP_CODEC_LZ4 : SNAPCAP_CODEC_RAW;
	arg->level = below(state, 65);
	arg->chunk_pages = below(state, SNAPCAP_CHUNK_PAGES_LIMIT + 1);
	/* Two of three write nothing. */
	arg->flags = below(state, 3) ? SNAPCAP_TAKE_DRY_RUN : 0;
	if (!below(state, 4))
		arg->flags |= SNAPCAP_TAKE_KEEP_PREVIOUS;
	if (!below(state, 4))
		arg->flags |= below(state, 2) ? SNAPCAP_TAKE_PAGING : SNAPCAP_TAKE_ONCE;
	if (!below(state, 4))
		arg->flags |= SNAPCAP_TAKE_FORCED;
}

static void make_pager(struct snapcap_pager *arg, uint64_t *state)
{
	arg->size = sizeof(*arg);
	arg->op = SNAPCAP_PAGER_SETUP + below(state, SNAPCAP_PAGER_FILL_STOP);
	if (arg->op == SNAPCAP_PAGER_SETUP)
		arg->bytes = 65536ULL << below(state, 11);
}

static void make_fingerprints(const struct ioctl_target *t, struct snapcap_fingerprints *arg,
			      uint64_t *state)
{
	struct snapcap_fingerprint *f = t->entries;
	size_t room = IOCTL_ENTRIES / sizeof(*f), i;

	arg->size = sizeof(*arg);
	arg->op = SNAPCAP_FINGERPRINT_SET + below(state, SNAPCAP_FINGERPRINT_CHECK);
	arg->entries = (uintptr_t)f;
	arg->count = below(state, 4);
	if (arg->op != SNAPCAP_FINGERPRINT_SET)
		return;
	/* Other threads write there, too. */
	memset(f, 0, room * sizeof(*f));
	for (i = 0; i < arg->count; i++) {
		f[i].kind = SNAPCAP_FINGERPRINT_MTD;
		f[i].policy = SNAPCAP_FINGERPRINT_IMMUTABLE + below(state, 2);
		f[i].minor = t->mtd;
		f[i].range_count = 1 + below(state, SNAPCAP_FINGERPRINT_RANGES);
		for (uint32_t k = 0; k < f[i].range_count; k++) {
			f[i].range[k].offset = below(state, t->size - 8192);
			f[i].range[k].length = 1 + below(state, 8192);
		}
		strcpy((char *)f[i].name, "mtdram");
		if (!below(state, 8))
			((uint8_t *)&f[i])[below(state, sizeof(f[i]))] ^= 1 << below(state, 8);
	}
}

void ioctl_make(const struct ioctl_kind *kind, const struct ioctl_target *target, void *arg,
		uint64_t *state)
{
	__u32 size = kind->size;
	struct snapcap_devices *devices = arg;
	struct snapcap_rehearse *rehearse = arg;
	struct snapcap_request *request = arg;
	struct snapcap_hot_set *hot = arg;
	struct snapcap_confirm *confirm = arg;

	memset(arg, 0, IOCTL_ARG_MAX);
	memcpy(arg, &size, sizeof(size));
	switch (kind->cmd) {
	case SNAPCAP_IOC_MAKESNAP:
		make_take(target, arg, state);
		break;
	case SNAPCAP_IOC_REHEARSE:
		rehearse->state = SNAPCAP_STATE_PASS1 + below(state, 2);
		break;
	case SNAPCAP_IOC_REQUEST:
		request->request = below(state, SNAPCAP_REQUEST_MENU + 1);
		break;
	case SNAPCAP_IOC_PAGER:
		make_pager(arg, state);
		break;
	case SNAPCAP_IOC_HOT_SET:
		hot->entries = (uintptr_t)target->entries;
		hot->count = below(state, IOCTL_ENTRIES / sizeof(struct snapcap_hot_page));
		break;
	case SNAPCAP_IOC_DEVICES:
		devices->entries = (uintptr_t)target->entries;
		devices->count = below(state, IOCTL_ENTRIES / sizeof(struct snapcap_device));
		break;
	case SNAPCAP_IOC_FINGERPRINT:
		make_fingerprints(target, arg, state);
		break;
	case SNAPCAP_IOC_CONFIRM:
		confirm->flags = below(state, 2) ? SNAPCAP_CONFIRM_QUERY : 0;
		break;
	}
}

/* ---- wrong ones ---- */

static uint64_t some_number(uint64_t value, uint64_t *state)
{
	uint64_t near = below(state, 3) - 1;

	switch (below(state, 6)) {
	case 0:
		return near;
	case 1:
		return value + near;
	case 2:
		return value ^ 1ULL << below(state, 64);
	case 3:
		return (1ULL << below(state, 64)) + near;
	case 4:
		return below(state, 512);
	default:
		return ioctl_random(state);
	}
}

static void spoil_word(const struct ioctl_kind *kind, uint8_t *arg, uint64_t *state)
{
	size_t width = below(state, 2) && kind->size >= 8 ? 8 : 4;
	size_t at = below(state, kind->size / width) * width;
	uint64_t value = 0;

	memcpy(&value, arg + at, width);
	value = some_number(value, state);
	memcpy(arg + at, &value, width);
}

/* For a take there is one device, or none. */
static void confine(const struct ioctl_target *t, struct snapcap_makesnap *arg, uint64_t *state)
{
	arg->mtd = below(state, 4) ? t->mtd : below(state, 2) ? 0xffffffff : 1U << 31;
}

/* One thing that is checked before anything is done. */
static void forbid(const struct ioctl_kind *kind, const struct ioctl_target *t, void *data,
		   uint64_t *state)
{
	struct snapcap_makesnap *arg = data;
	struct snapcap_rehearse *rehearse = data;

	if (kind->cmd == SNAPCAP_IOC_REHEARSE) {
		rehearse->state = SNAPCAP_STATE_PREPARED + below(state, 9);
		return;
	}
	switch (below(state, 7)) {
	case 0:
		arg->flags |= SNAPCAP_TAKE_FLAGS + 1;
		break;
	case 1:
		arg->reserved1[below(state, 4)] = 1ULL << below(state, 64);
		break;
	case 2:
		arg->mtd = 0xffffffff;
		break;
	case 3:
		arg->offset = t->size + below(state, 2) * t->erasesize;
		break;
	case 4:
		arg->length = 1 + below(state, t->erasesize - 1);
		break;
	case 5:
		arg->codec = SNAPCAP_CODEC_FILL;
		break;
	default:
		memset(arg->label, 'x', sizeof(arg->label));
	}
}

void ioctl_spoil(const struct ioctl_kind *kind, const struct ioctl_target *target, void *arg,
		 uint64_t *state)
{
	unsigned int turns = below(state, 3) + !kind->freezes;

	while (turns-- && kind->size)
		spoil_word(kind, arg, state);
	if (kind->cmd == SNAPCAP_IOC_MAKESNAP)
		confine(target, arg, state);
	/* A table for a device of gigabytes takes more memory than the machine has to spare. */
	if (kind->cmd == SNAPCAP_IOC_PAGER && ((struct snapcap_pager *)arg)->bytes > 1ULL << 30 &&
	    ((struct snapcap_pager *)arg)->bytes <= SNAPCAP_PAGER_BYTES_MAX)
		((struct snapcap_pager *)arg)->bytes |= 1;
	if (kind->freezes)
		forbid(kind, target, arg, state);
}

/* ---- answers ---- */

bool ioctl_may_fail(const struct ioctl_kind *kind, int error)
{
	size_t i;

	if (error == EFAULT && kind->size)
		return true;
	for (i = 0; kind->errors[i]; i++)
		if (kind->errors[i] == error)
			return true;
	return false;
}

static bool is_text(const __u8 *text, size_t size)
{
	return memchr(text, 0, size);
}

static bool status_is_sound(const struct snapcap_status *s)
{
	return s->size == sizeof(*s) && s->state <= SNAPCAP_STATE_BOOT &&
	       s->stage <= SNAPCAP_STAGE_DONE && s->percent <= 100 &&
	       is_text(s->name, sizeof(s->name));
}

bool ioctl_result_is_sound(const struct ioctl_kind *kind, const void *arg)
{
	const struct snapcap_boot_info *boot = arg;
	const struct snapcap_info *info = arg;
	const struct snapcap_makesnap *take = arg;
	const struct snapcap_rehearse *rehearse = arg;
	const struct snapcap_pager_status *pager = arg;
	const struct snapcap_devices *devices = arg;
	const struct snapcap_confirm *confirm = arg;

	switch (kind->cmd) {
	case SNAPCAP_IOC_MAKESNAP:
		return status_is_sound(&take->status) && !take->status.error;
	case SNAPCAP_IOC_REHEARSE:
		return status_is_sound(&rehearse->status) && !rehearse->status.error;
	case SNAPCAP_IOC_GET_STATE:
		return *(const __u32 *)arg <= SNAPCAP_STATE_BOOT;
	case SNAPCAP_IOC_STATUS:
		return status_is_sound(arg);
	case SNAPCAP_IOC_INFO:
		return info->size == sizeof(*info) && info->abi == SNAPCAP_ABI_VERSION &&
		       is_text(info->module_version, sizeof(info->module_version)) &&
		       is_text(info->kernel_release, sizeof(info->kernel_release)) &&
		       info->build_id_size <= sizeof(info->build_id);
	case SNAPCAP_IOC_BOOT_INFO:
		return boot->size == sizeof(*boot) && boot->time_count <= SNAPCAP_TIMELINE_MAX &&
		       boot->request <= SNAPCAP_REQUEST_MENU &&
		       is_text(boot->stub_version, sizeof(boot->stub_version)) &&
		       is_text(boot->machine, sizeof(boot->machine)) &&
		       is_text(boot->about, sizeof(boot->about));
	case SNAPCAP_IOC_PAGER_STATUS:
		return pager->size == sizeof(*pager) && !(pager->bytes % 4096);
	case SNAPCAP_IOC_DEVICES:
		return devices->count <= devices->total;
	case SNAPCAP_IOC_CONFIRM:
		return confirm->trial == SNAPCAP_TRIAL_COLD && confirm->before == confirm->trial &&
		       !confirm->tries && !confirm->sequence;
	default:
		return true;
	}
}
