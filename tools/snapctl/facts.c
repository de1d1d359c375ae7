// SPDX-License-Identifier: GPL-2.0-only
/* One place for names, so that text, JSON and manual agree. Prints nothing. */
#include "advice.h"
#include "cmd.h"
#include "facts.h"
#include "slots.h"
#include "units.h"

#define NAME(table, i)	\
	((i) < sizeof(table) / sizeof((table)[0]) && (table)[i] ? (table)[i] : "unknown")

const char *facts_state(u32 state)
{
	static const char *const names[] = {
		[SNAPCAP_STATE_NONE] = "none",
		[SNAPCAP_STATE_PASS1] = "pass1",
		[SNAPCAP_STATE_PASS2] = "pass2",
		[SNAPCAP_STATE_PREPARED] = "prepared",
		[SNAPCAP_STATE_TAKEN] = "taken",
		[SNAPCAP_STATE_BOOT] = "boot",
	};

	return NAME(names, state);
}

const char *facts_stage(u32 stage)
{
	static const char *const names[] = {
		[SNAPCAP_STAGE_IDLE] = "idle",
		[SNAPCAP_STAGE_CHECK] = "check",
		[SNAPCAP_STAGE_FREEZE] = "freeze",
		[SNAPCAP_STAGE_REGIONS] = "regions",
		[SNAPCAP_STAGE_CPU] = "cpu",
		[SNAPCAP_STAGE_COMPRESS] = "compress",
		[SNAPCAP_STAGE_THAW] = "thaw",
		[SNAPCAP_STAGE_PREPARE] = "prepare",
		[SNAPCAP_STAGE_WRITE] = "write",
		[SNAPCAP_STAGE_VERIFY] = "verify",
		[SNAPCAP_STAGE_COMMIT] = "commit",
		[SNAPCAP_STAGE_DONE] = "done",
	};

	return NAME(names, stage);
}

const char *facts_slot(u32 slot)
{
	switch (slot) {
	case SNAPCAP_SLOT_0:
		return "0";
	case SNAPCAP_SLOT_1:
		return "1";
	case SNAPCAP_SLOT_FREE:
		return "free";
	case SNAPCAP_SLOT_WHOLE:
		return "whole";
	case SNAPCAP_SLOT_AUTO:
		return "auto";
	default:
		return "unknown";
	}
}

const char *facts_previous(u32 previous)
{
	static const char *const names[] = {
		[SNAPCAP_PREVIOUS_NONE] = "none",
		[SNAPCAP_PREVIOUS_KEPT] = "kept",
		[SNAPCAP_PREVIOUS_LOST] = "lost",
	};

	return NAME(names, previous);
}

const char *facts_event(u32 event)
{
	static const char *const names[] = {
		[SNAPCAP_EVENT_STUB_ENTRY] = "stub-entry",
		[SNAPCAP_EVENT_SCANNED] = "scanned",
		[SNAPCAP_EVENT_TABLES] = "tables",
		[SNAPCAP_EVENT_RESTORED] = "restored",
		[SNAPCAP_EVENT_JUMP] = "jump",
		[SNAPCAP_EVENT_CPU] = "cpu",
		[SNAPCAP_EVENT_DEVICES] = "devices",
		[SNAPCAP_EVENT_CPUS] = "cpus",
		[SNAPCAP_EVENT_THAW] = "thaw",
		[SNAPCAP_EVENT_CHECKED] = "checked",
		[SNAPCAP_EVENT_SEEDED] = "seeded",
	};

	return NAME(names, event);
}

const char *facts_arch(u32 arch)
{
	static const char *const names[] = {
		[SNAPCAP_ARCH_ARM64] = "arm64",
		[SNAPCAP_ARCH_ARM] = "arm",
		[SNAPCAP_ARCH_RISCV64] = "riscv64",
		[SNAPCAP_ARCH_X86_64] = "x86_64",
	};

	return NAME(names, arch);
}

const char *facts_codec(u32 codec)
{
	static const char *const names[] = {
		[SNAPCAP_CODEC_RAW] = "raw",
		[SNAPCAP_CODEC_LZ4] = "lz4",
		[SNAPCAP_CODEC_FILL] = "fill",
	};

	return NAME(names, codec);
}

const char *facts_boot(u32 boot)
{
	static const char *const names[] = {
		[SNAPCAP_BOOT_COLD] = "cold",
		[SNAPCAP_BOOT_RESTORE] = "restore",
	};

	return NAME(names, boot);
}

const char *facts_request(u32 request)
{
	static const char *const names[] = {
		[SNAPCAP_REQUEST_NONE] = "none",
		[SNAPCAP_REQUEST_COLD] = "cold",
		[SNAPCAP_REQUEST_DOWNLOAD] = "download",
		[SNAPCAP_REQUEST_PREVIOUS] = "previous",
		[SNAPCAP_REQUEST_MENU] = "menu",
		[SNAPCAP_REQUEST_CHANGED] = "changed",
	};

	return NAME(names, request);
}

const char *facts_cause(u32 cause)
{
	const struct cause *c = cause_get(cause);

	return c ? c->name : "unknown";
}

struct json_object *facts_command(const char *command)
{
	struct json_object *o = json_new();

	json_text(o, "command", command);
	json_text(o, "version", SNAPCTL_VERSION);
	return o;
}

void facts_reason_json(struct json_object *o, int reason)
{
	json_u64(o, "reason", (u64)(reason < 0 ? -(int64_t)reason : reason));
	json_text(o, "reason_name", snapimg_reason_name(reason));
	json_text(o, "reason_text", snapimg_reason_text(reason));
}

struct json_object *facts_status_json(const struct snapcap_status *s)
{
	struct json_object *o = json_new();

	json_text(o, "state", facts_state(s->state));
	json_text(o, "stage", facts_stage(s->stage));
	json_u64(o, "percent", s->percent);
	json_u64(o, "error", s->error);
	json_u64(o, "cause", s->cause);
	json_text(o, "cause_name", facts_cause(s->cause));
	json_u64(o, "detail", s->detail);
	json_bytes(o, "name", s->name, sizeof(s->name));
	json_text(o, "previous", facts_previous(s->previous));
	json_text(o, "slot", facts_slot(s->slot));
	json_u64(o, "sequence", s->sequence);
	json_u64(o, "slot_offset", s->slot_offset);
	json_u64(o, "image_bytes", s->image_bytes);
	json_u64(o, "stream_pages", s->stream_pages);
	json_u64(o, "zero_pages", s->zero_pages);
	json_u64(o, "free_pages", s->free_pages);
	json_u64(o, "own_pages", s->own_pages);
	json_u64(o, "buffer_bytes", s->buffer_bytes);
	json_u64(o, "frozen_ns", s->frozen_ns);
	json_u64(o, "atomic_ns", s->atomic_ns);
	json_u64(o, "compress_ns", s->compress_ns);
	json_u64(o, "write_ns", s->write_ns);
	json_u64(o, "takes", s->takes);
	json_u64(o, "restores", s->restores);
	json_u64(o, "pageable_pages", s->pageable_pages);
	json_u64(o, "pageable_bytes", s->pageable_bytes);
	json_flag(o, "forced", s->flags & SNAPCAP_STATUS_FORCED);
	json_u64(o, "bad_blocks", s->bad_blocks);
	json_u64(o, "grown_blocks", s->grown_blocks);
	json_u64(o, "corrected_bits", s->corrected_bits);
	return o;
}

struct json_object *facts_pager_json(const struct snapcap_pager_status *p)
{
	struct json_object *o = json_new(), *latency = json_new_list();

	json_flag(o, "supported", p->flags & SNAPCAP_PAGER_SUPPORTED);
	json_flag(o, "set_up", p->flags & SNAPCAP_PAGER_SET_UP);
	json_flag(o, "recording", p->flags & SNAPCAP_PAGER_RECORDING);
	json_flag(o, "filling", p->flags & SNAPCAP_PAGER_FILLING);
	json_flag(o, "bad", p->flags & SNAPCAP_PAGER_BAD);
	json_u64(o, "bytes", p->bytes);
	json_u64(o, "used_pages", p->used_pages);
	json_u64(o, "ram_pages", p->ram_pages);
	json_u64(o, "ram_bytes", p->ram_bytes);
	json_u64(o, "flash_pages", p->flash_pages);
	json_u64(o, "flash_bytes", p->flash_bytes);
	json_u64(o, "fill_pages", p->fill_pages);
	json_u64(o, "resident_pages", p->resident_pages);
	json_u64(o, "pageable_pages", p->pageable_pages);
	json_u64(o, "demand_reads", p->demand_reads);
	json_u64(o, "fill_reads", p->fill_reads);
	json_u64(o, "retries", p->retries);
	json_u64(o, "bad_pages", p->bad_pages);
	json_u64(o, "rejected_pages", p->rejected_pages);
	json_u64(o, "read_ns", p->read_ns);
	json_u64(o, "read_max_ns", p->read_max_ns);
	for (unsigned int i = 0; i < SNAPCAP_LATENCY_BUCKETS; i++) {
		struct json_object *bucket = json_new();

		/* The last has no limit. */
		if (i < SNAPCAP_LATENCY_BUCKETS - 1)
			json_u64(bucket, "below_ns", 1024ULL << i);
		else
			json_put(bucket, "below_ns", NULL);
		json_u64(bucket, "reads", p->latency[i]);
		json_append(latency, bucket);
	}
	json_put(o, "latency", latency);
	json_u64(o, "recorded_pages", p->recorded_pages);
	json_u64(o, "ready_ns", p->ready_ns);
	return o;
}

struct json_object *facts_info_json(const struct snapcap_info *i)
{
	struct json_object *o = json_new();
	size_t id_size = i->build_id_size < sizeof(i->build_id) ? i->build_id_size :
			 sizeof(i->build_id);

	json_u64(o, "abi", i->abi);
	json_bytes(o, "module_version", i->module_version, sizeof(i->module_version));
	json_text(o, "arch", facts_arch(i->arch));
	json_u64(o, "page_size", i->page_size);
	json_bytes(o, "kernel_release", i->kernel_release, sizeof(i->kernel_release));
	json_text(o, "build_id", units_hex(i->build_id, id_size).s);
	json_text(o, "os_identity", i->os_identity ? units_identity(i->os_identity).s : NULL);
	json_flag(o, "stub_present", i->stub_present);
	json_u64(o, "stub_abi", i->stub_abi);
	json_u64(o, "stub_base", i->stub_base);
	json_u64(o, "stub_size", i->stub_size);
	json_u64(o, "handoff_base", i->handoff_base);
	json_u64(o, "download_size", i->download_size);
	json_flag(o, "download_install", i->download_flags & SNAPCAP_DOWNLOAD_INSTALL);
	return o;
}

bool facts_take_runs(const struct snapcap_status *s)
{
	switch (s->state) {
	case SNAPCAP_STATE_PASS1:
	case SNAPCAP_STATE_PASS2:
	case SNAPCAP_STATE_PREPARED:
		return true;
	default:
		/* A take that failed leaves its stage behind, and its error. */
		return !s->error && s->stage != SNAPCAP_STAGE_IDLE &&
		       s->stage != SNAPCAP_STAGE_DONE;
	}
}

u32 facts_time_count(const struct snapcap_boot_info *boot)
{
	return boot->time_count < SNAPCAP_TIMELINE_MAX ? boot->time_count : SNAPCAP_TIMELINE_MAX;
}

struct json_object *facts_boot_json(const struct snapcap_boot_info *b)
{
	struct json_object *o = json_new(), *timeline = json_new_list();
	u64 before = 0;

	json_text(o, "boot", facts_boot(b->boot));
	facts_reason_json(o, (int)b->reason);
	json_u64(o, "detail", b->detail);
	json_bytes(o, "about", b->about, sizeof(b->about));
	json_u64(o, "attempt", b->attempt);
	json_text(o, "request", facts_request(b->request));
	json_u64(o, "slot_offset", b->slot_offset);
	json_bytes(o, "medium", b->medium, sizeof(b->medium));
	json_u64(o, "sequence", b->sequence);
	json_u64(o, "bytes_stored", b->bytes_stored);
	json_u64(o, "bytes_restored", b->bytes_restored);
	json_bytes(o, "stub_version", b->stub_version, sizeof(b->stub_version));
	json_bytes(o, "machine", b->machine, sizeof(b->machine));
	for (u32 i = 0; i < facts_time_count(b); i++) {
		const struct snapcap_time *t = &b->time[i];
		struct json_object *entry = json_new();

		json_text(entry, "event", facts_event(t->event));
		json_u64(entry, "event_number", t->event);
		json_u64(entry, "ns", t->ns);
		json_u64(entry, "delta_ns", t->ns >= before ? t->ns - before : 0);
		json_append(timeline, entry);
		before = t->ns;
	}
	json_put(o, "timeline", timeline);
	return o;
}

/* Pages of one part of a snapshot, and what they take on flash. */
static struct json_object *part_json(u64 pages, u32 page_shift, u64 stored_bytes)
{
	struct json_object *o = json_new();

	json_u64(o, "pages", pages);
	json_u64(o, "bytes", pages << page_shift);
	json_u64(o, "stored_bytes", stored_bytes);
	return o;
}

struct json_object *facts_image_json(const struct snapimg *img)
{
	struct json_object *o = json_new(), *sections = json_new();

	json_u64(o, "version_major", img->version_major);
	json_u64(o, "version_minor", img->version_minor);
	json_u64(o, "feature_compat", img->feature_compat);
	json_u64(o, "feature_incompat", img->feature_incompat);
	json_flag(o, "forced", img->feature_compat & SNAPCAP_FEATURE_COMPAT_FORCED);
	json_u64(o, "sequence", img->sequence);
	json_u64(o, "image_size", img->image_size);
	json_u64(o, "page_shift", img->page_shift);
	json_text(o, "arch", facts_arch(img->arch));
	json_u64(o, "stub_abi", img->stub_abi);
	json_u64(o, "stream_pages", img->stream_pages);
	json_u64(o, "zero_pages", img->zero_pages);
	json_u64(o, "created_s", img->created_s);
	json_text(o, "created", units_time(img->created_s).s);
	json_u64(o, "stub_base", img->stub_base);
	json_u64(o, "stub_size", img->stub_size);
	json_u64(o, "handoff_base", img->handoff_base);
	json_bytes(o, "kernel_release", img->kernel_release, sizeof(img->kernel_release));
	json_bytes(o, "machine", img->machine, sizeof(img->machine));
	json_text(o, "build_id", units_hex(img->build_id, img->build_id_size).s);
	json_text(o, "os_identity", img->os_identity ? units_identity(img->os_identity).s : NULL);
	json_text(o, "uuid", units_uuid(img->uuid).s);
	json_bytes(o, "label", img->label, sizeof(img->label));
	json_u64(o, "chunk_pages_max", img->chunk_pages_max);
	json_u64(o, "pageable_pages", img->pageable_pages);
	json_u64(o, "tries", img->tries);
	json_u64(o, "wear", img->wear);
	json_u64(o, "header_crc", img->header_crc);
	json_put(o, "resident", part_json(img->stream_pages, img->page_shift,
					  img->section[SNAPCAP_SECTION_DATA].size));
	json_put(o, "pageable", part_json(img->pageable_pages, img->page_shift,
					  img->section[SNAPCAP_SECTION_PAGEABLE_DATA].size));
	for (u32 type = SNAPCAP_SECTION_CPU; type <= SNAPCAP_SECTION_COPY; type++) {
		struct json_object *section;

		/* What an image without a pageable part does not have. */
		if (!img->section[type].offset)
			continue;
		section = json_new();
		json_u64(section, "offset", img->section[type].offset);
		json_u64(section, "size", img->section[type].size);
		json_u64(section, "crc", img->section[type].crc);
		json_put(sections, section_name(type), section);
	}
	json_put(o, "sections", sections);
	return o;
}
