// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../test.h"
#include "kdev.h"
#include "module.h"

#define OPENS	256

struct module module;
static int event_end[OPENS];
static size_t opens;

int __real_ioctl(int fd, unsigned long request, void *arg);
int __wrap_ioctl(int fd, unsigned long request, void *arg);
int __wrap_kdev_open(int *fd);

int __wrap_kdev_open(int *fd)
{
	int ends[2];

	*fd = -1;
	if (module.open_error)
		return -module.open_error;
	/* No assertions here: output is redirected while a command runs. */
	if (opens == OPENS || pipe2(ends, O_NONBLOCK | O_CLOEXEC))
		abort();
	event_end[opens++] = ends[1];
	*fd = ends[0];
	return 0;
}

static int fail_with(int err)
{
	errno = err;
	return err ? -1 : 0;
}

/* The size in the argument is checked as the module does. */
static int answer(void *arg, const void *facts, __u32 size, int err)
{
	if (*(__u32 *)arg != size)
		return fail_with(EINVAL);
	if (err)
		return fail_with(err);
	memcpy(arg, facts, size);
	return 0;
}

static int makesnap(struct snapcap_makesnap *arg)
{
	int ret;

	module.takes++;
	if (arg->size != sizeof(*arg))
		return fail_with(EINVAL);
	module.seen = *arg;
	ret = module.take(arg);
	return fail_with(-ret);
}

static int ask(const struct snapcap_request *arg)
{
	static const __u64 zero[3];

	if (arg->size != sizeof(*arg) || memcmp(arg->reserved0, zero, sizeof(zero)))
		return fail_with(EINVAL);
	if (module.request_error)
		return fail_with(module.request_error);
	module.request = arg->request;
	module.requests++;
	return 0;
}

static int pager(const struct snapcap_pager *arg)
{
	static const __u64 zero[4];
	size_t len = strlen(module.pager_ops);

	if (arg->size != sizeof(*arg) || memcmp(arg->reserved0, zero, sizeof(zero)) || !arg->op ||
	    arg->op > SNAPCAP_PAGER_FILL_STOP ||
	    (arg->op == SNAPCAP_PAGER_SETUP) != (arg->bytes != 0))
		return fail_with(EINVAL);
	if (module.pager_error[arg->op])
		return fail_with(module.pager_error[arg->op]);
	if (len < sizeof(module.pager_ops) - 1)
		module.pager_ops[len] = (char)('0' + arg->op);
	switch (arg->op) {
	case SNAPCAP_PAGER_SETUP:
		module.pager.flags |= SNAPCAP_PAGER_SET_UP;
		module.pager_bytes = arg->bytes;
		break;
	case SNAPCAP_PAGER_REMOVE:
		module.pager.flags &= ~(__u32)SNAPCAP_PAGER_SET_UP;
		break;
	case SNAPCAP_PAGER_RECORD:
		module.pager.flags |= SNAPCAP_PAGER_RECORDING;
		break;
	case SNAPCAP_PAGER_FILL:
		module.pager.flags |= SNAPCAP_PAGER_FILLING;
		break;
	case SNAPCAP_PAGER_FILL_STOP:
		module.pager.flags &= ~(__u32)SNAPCAP_PAGER_FILLING;
		break;
	}
	return 0;
}

static int ready(void)
{
	if (module.ready_error)
		return fail_with(module.ready_error);
	module.pager.flags &= ~(__u32)SNAPCAP_PAGER_RECORDING;
	module.readies++;
	module_post_ready();
	return 0;
}

static int hot_set(struct snapcap_hot_set *arg)
{
	if (arg->size != sizeof(*arg))
		return fail_with(EINVAL);
	if (arg->count > module.hot_count)
		arg->count = module.hot_count;
	if (arg->count)
		memcpy((void *)(uintptr_t)arg->entries, module.hot,
		       arg->count * sizeof(module.hot[0]));
	arg->total = module.hot_count;
	return 0;
}

static int rehearse(struct snapcap_rehearse *arg)
{
	static const __u64 zero[3];

	module.rehearsals++;
	if (arg->size != sizeof(*arg) || memcmp(arg->reserved0, zero, sizeof(zero)) ||
	    (arg->state != SNAPCAP_STATE_PASS1 && arg->state != SNAPCAP_STATE_PASS2))
		return fail_with(EINVAL);
	module.rehearsed_state = arg->state;
	return fail_with(module.rehearse ? -module.rehearse(arg) : 0);
}

static int devices(struct snapcap_devices *arg)
{
	__u32 count = module.device_count;

	module.device_calls++;
	if (arg->size != sizeof(*arg))
		return fail_with(EINVAL);
	if (module.devices_error)
		return fail_with(module.devices_error);
	arg->total = count;
	if (arg->count > count)
		arg->count = count;
	if (arg->count)
		memcpy((void *)(uintptr_t)arg->entries, module.device,
		       arg->count * sizeof(module.device[0]));
	module.device_count += module.devices_more;
	module.devices_more = 0;
	arg->count += module.devices_lie;
	return 0;
}

static int fingerprint(struct snapcap_fingerprints *arg)
{
	void *entries = (void *)(uintptr_t)arg->entries;
	static const __u64 zero[2];

	if (arg->size != sizeof(*arg) || memcmp(arg->reserved0, zero, sizeof(zero)) ||
	    arg->count > SNAPCAP_FINGERPRINTS_MAX)
		return fail_with(EINVAL);
	arg->total = module.watched_total;
	if (module.watch_error)
		return fail_with(module.watch_error);
	if (arg->op == SNAPCAP_FINGERPRINT_SET) {
		module.watches++;
		module.watched_count = arg->count;
		memcpy(module.watched, entries, arg->count * sizeof(module.watched[0]));
		return 0;
	}
	if (arg->count > module.watched_count)
		arg->count = module.watched_count;
	memcpy(entries, module.watched, arg->count * sizeof(module.watched[0]));
	arg->count += module.watched_total;
	arg->ns = 1500000;
	return 0;
}

static int confirm(struct snapcap_confirm *arg)
{
	struct snapcap_confirm *c = &module.confirm;
	static const __u64 zero[2];

	if (arg->size != sizeof(*arg) || arg->flags & ~(__u32)SNAPCAP_CONFIRM_QUERY ||
	    memcmp(arg->reserved0, zero, sizeof(zero)))
		return fail_with(EINVAL);
	if (module.confirm_error)
		return fail_with(module.confirm_error);
	if (module.confirm_busy) {
		module.confirm_busy--;
		return fail_with(EBUSY);
	}
	c->size = sizeof(*c);
	c->flags = arg->flags;
	c->before = c->trial;
	if (!(arg->flags & SNAPCAP_CONFIRM_QUERY)) {
		module.confirms++;
		if (c->trial == SNAPCAP_TRIAL_ON) {
			c->trial = SNAPCAP_TRIAL_CONFIRMED;
			c->tries = 0;
		}
	}
	*arg = *c;
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	switch (request) {
	case SNAPCAP_IOC_INFO:
		return answer(arg, &module.info, sizeof(module.info), module.info_error);
	case SNAPCAP_IOC_STATUS:
		return answer(arg, &module.status, sizeof(module.status), module.status_error);
	case SNAPCAP_IOC_BOOT_INFO:
		return answer(arg, &module.boot, sizeof(module.boot), module.boot_error);
	case SNAPCAP_IOC_MAKESNAP:
		return makesnap(arg);
	case SNAPCAP_IOC_CANCEL:
		if (module.cancel_misses) {
			module.cancel_misses--;
			return fail_with(ENOENT);
		}
		module.cancels++;
		return 0;
	case SNAPCAP_IOC_REQUEST:
		return ask(arg);
	case SNAPCAP_IOC_PAGER:
		return pager(arg);
	case SNAPCAP_IOC_PAGER_STATUS:
		return answer(arg, &module.pager, sizeof(module.pager),
			      module.pager_status_error);
	case SNAPCAP_IOC_READY:
		return ready();
	case SNAPCAP_IOC_HOT_SET:
		return hot_set(arg);
	case SNAPCAP_IOC_REHEARSE:
		return rehearse(arg);
	case SNAPCAP_IOC_DEVICES:
		return devices(arg);
	case SNAPCAP_IOC_FINGERPRINT:
		return fingerprint(arg);
	case SNAPCAP_IOC_CONFIRM:
		return confirm(arg);
	default:
		return __real_ioctl(fd, request, arg);
	}
}

static int take_well(struct snapcap_makesnap *arg)
{
	arg->status = module.status;
	return 0;
}

static void fill_boot(struct snapcap_boot_info *b)
{
	static const __u32 event[] = {
		SNAPCAP_EVENT_STUB_ENTRY, SNAPCAP_EVENT_SCANNED, SNAPCAP_EVENT_TABLES,
		SNAPCAP_EVENT_RESTORED, SNAPCAP_EVENT_JUMP, SNAPCAP_EVENT_CPU,
		SNAPCAP_EVENT_DEVICES, SNAPCAP_EVENT_CPUS, SNAPCAP_EVENT_THAW,
	};

	b->size = sizeof(*b);
	b->boot = SNAPCAP_BOOT_RESTORE;
	b->attempt = 0;
	b->slot_offset = 0x2800000;
	b->sequence = 7;
	b->bytes_stored = 12 << 20;
	b->bytes_restored = 64 << 20;
	strcpy((char *)b->stub_version, "bootstub 1.0");
	strcpy((char *)b->machine, "linux,dummy-virt");
	strcpy((char *)b->medium, "nor");
	b->time_count = ARRAY_SIZE(event);
	for (size_t i = 0; i < ARRAY_SIZE(event); i++) {
		b->time[i].event = event[i];
		b->time[i].ns = (i + 1) * (i + 1) * 1000000;
	}
}

/* No swap device yet, all figures zero but the one that a kernel with swap has. */
static void fill_pager(struct snapcap_pager_status *p)
{
	p->size = sizeof(*p);
	p->flags = SNAPCAP_PAGER_SUPPORTED;
}

void module_reset(void)
{
	struct snapcap_info *i = &module.info;
	struct snapcap_status *s = &module.status;

	while (opens)
		close(event_end[--opens]);
	memset(&module, 0, sizeof(module));
	module.take = take_well;
	i->size = sizeof(*i);
	i->abi = SNAPCAP_ABI_VERSION;
	i->arch = SNAPCAP_ARCH_ARM64;
	i->page_size = 4096;
	i->stub_present = 1;
	i->stub_abi = SNAPCAP_HANDOFF_ABI;
	i->stub_base = 0x40200000;
	i->stub_size = 0x1ff000;
	i->handoff_base = 0x403ff000;
	strcpy((char *)i->module_version, "1.0");
	strcpy((char *)i->kernel_release, "6.1.0-test");
	memset(i->build_id, 0xab, sizeof(i->build_id));
	i->build_id_size = sizeof(i->build_id);
	s->size = sizeof(*s);
	s->state = SNAPCAP_STATE_TAKEN;
	s->stage = SNAPCAP_STAGE_DONE;
	s->slot = SNAPCAP_SLOT_1;
	s->sequence = 8;
	s->slot_offset = 0x2800000;
	s->image_bytes = 12 << 20;
	s->stream_pages = 10240;
	s->zero_pages = 300;
	s->free_pages = 4000;
	s->own_pages = 5000;
	s->buffer_bytes = 20 << 20;
	s->frozen_ns = 150000000;
	s->atomic_ns = 90000000;
	s->compress_ns = 80000000;
	s->write_ns = 1500000000;
	s->previous = SNAPCAP_PREVIOUS_KEPT;
	s->takes = 1;
	fill_boot(&module.boot);
	fill_pager(&module.pager);
}

static void post(struct snapcap_event *event)
{
	static __u64 serial;

	event->serial = serial++;
	for (size_t i = 0; i < opens; i++)
		if (write(event_end[i], event, sizeof(*event)) != sizeof(*event) && errno != EPIPE)
			abort();
}

void module_post(__u32 stage, __u32 percent)
{
	struct snapcap_event event = {
		.type = SNAPCAP_NOTE_STAGE,
		.state = SNAPCAP_STATE_PASS2,
		.stage = stage,
		.percent = percent,
	};

	post(&event);
}

void module_post_ready(void)
{
	/* The stage of the last take comes with it, and is not to be shown. */
	struct snapcap_event event = {
		.type = SNAPCAP_NOTE_READY,
		.stage = SNAPCAP_STAGE_WRITE,
	};

	post(&event);
}
