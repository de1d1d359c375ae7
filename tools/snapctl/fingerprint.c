// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which parts of a device tell that it was changed or swapped. Only places are decided
 * here; the module reads and compares them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "blockdev.h"
#include "cmd.h"
#include "fingerprint.h"
#include "fsprobe.h"
#include "json.h"
#include "kdev.h"
#include "report.h"
#include "sysfile.h"
#include "units.h"

/* Name and kind, of characters that the module takes. */
static void name_entry(struct snapcap_fingerprint *f, const char *name, const char *type)
{
	char text[sizeof(f->name)];

	snprintf(text, sizeof(text), "%.40s (%s)", name, type);
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	memcpy(f->name, text, strlen(text));
}

static int add_entry(struct fingerprint_list *list, const struct snapcap_fingerprint *f)
{
	for (u32 i = 0; i < list->count; i++) {
		const struct snapcap_fingerprint *other = &list->entry[i];

		if (other->kind == f->kind && other->major == f->major && other->minor == f->minor)
			return 0;
	}
	if (list->count == SNAPCAP_FINGERPRINTS_MAX)
		return -ENOSPC;
	list->entry[list->count++] = *f;
	return 0;
}

/* Look at what is on the device at @path, of @bytes, and add it. */
static int add_probed(struct fingerprint_list *list, struct snapcap_fingerprint *f,
		      const char *path, const char *name, u64 bytes)
{
	bool immutable = f->policy == SNAPCAP_FINGERPRINT_IMMUTABLE;
	const char *type;
	int ret, fd = open(sysfile_path("%s", path).s, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	ret = fsprobe(fd, bytes, &type);
	if (!ret)
		ret = fsprobe_ranges(fd, type, immutable, bytes, f->range, &f->range_count);
	close(fd);
	if (ret)
		return ret;
	name_entry(f, name, type);
	return add_entry(list, f);
}

int fingerprint_add_mtd(struct fingerprint_list *list, unsigned int mtd, u32 policy)
{
	struct snapcap_fingerprint f = {
		.kind = SNAPCAP_FINGERPRINT_MTD, .policy = policy, .minor = mtd,
	};
	u64 bytes = blockdev_mtd_bytes(mtd);
	char path[64], name[32];

	if (!bytes)
		return -ENODEV;
	snprintf(name, sizeof(name), "mtd%u", mtd);
	snprintf(path, sizeof(path), "/dev/mtd%uro", mtd);
	return add_probed(list, &f, path, name, bytes);
}

int fingerprint_add(struct fingerprint_list *list, dev_t dev, u32 policy)
{
	struct snapcap_fingerprint f = {
		.kind = SNAPCAP_FINGERPRINT_BLOCK, .policy = policy,
		.major = major(dev), .minor = minor(dev),
	};
	char path[BLOCKDEV_NAME_SIZE + 8];
	struct blockdev b;
	int ret;

	if (major(dev) == BLOCKDEV_MAJOR_MTD)
		return fingerprint_add_mtd(list, minor(dev), policy);
	ret = blockdev_get(dev, &b);
	if (ret)
		return ret;
	/* The module cannot read it while tasks are frozen. */
	if (b.loop)
		return -EOPNOTSUPP;
	if (!b.bytes)
		return -ENODATA;
	snprintf(path, sizeof(path), "/dev/%s", b.name);
	return add_probed(list, &f, path, b.name, b.bytes);
}

int fingerprint_watch(int fd, const struct fingerprint_list *list, const char **failed)
{
	struct snapcap_fingerprint copy[SNAPCAP_FINGERPRINTS_MAX];
	u32 count = list->count, at = 0;
	int ret;

	memcpy(copy, list->entry, sizeof(copy));
	ret = kdev_fingerprint(fd, SNAPCAP_FINGERPRINT_SET, copy, &count, &at, NULL);
	*failed = ret && at < list->count ? (const char *)list->entry[at].name : NULL;
	return ret;
}

int fingerprint_check(int fd, struct fingerprint_list *list, u64 *ns)
{
	u32 total, count = SNAPCAP_FINGERPRINTS_MAX;
	int ret;

	memset(list, 0, sizeof(*list));
	ret = kdev_fingerprint(fd, SNAPCAP_FINGERPRINT_CHECK, list->entry, &count, &total, ns);
	if (!ret)
		list->count = count;
	return ret;
}

static const char *state_name(u32 state)
{
	switch (state) {
	case SNAPCAP_FINGERPRINT_NOTED:
		return "noted";
	case SNAPCAP_FINGERPRINT_SAME:
		return "same";
	case SNAPCAP_FINGERPRINT_CHANGED:
		return "changed";
	case SNAPCAP_FINGERPRINT_UNREADABLE:
		return "unreadable";
	default:
		return "unknown";
	}
}

static const char *policy_name(u32 policy)
{
	return policy == SNAPCAP_FINGERPRINT_IDENTITY ? "identity" : "immutable";
}

struct json_object *fingerprint_json(const struct fingerprint_list *list, u64 ns)
{
	struct json_object *o = json_new(), *devices = json_new_list();

	for (u32 i = 0; i < list->count; i++) {
		const struct snapcap_fingerprint *f = &list->entry[i];
		struct json_object *entry = json_new();
		u64 bytes = 0;

		for (u32 j = 0; j < f->range_count && j < SNAPCAP_FINGERPRINT_RANGES; j++)
			bytes += f->range[j].length;
		json_bytes(entry, "name", f->name, sizeof(f->name));
		json_text(entry, "kind", f->kind == SNAPCAP_FINGERPRINT_MTD ? "mtd" : "block");
		json_u64(entry, "major", f->major);
		json_u64(entry, "minor", f->minor);
		json_text(entry, "policy", policy_name(f->policy));
		json_text(entry, "state", state_name(f->state));
		json_u64(entry, "device_bytes", f->bytes);
		json_u64(entry, "watched_bytes", bytes);
		json_text(entry, "hash", units_hex(f->hash, sizeof(f->hash)).s);
		json_append(devices, entry);
	}
	json_put(o, "devices", devices);
	json_u64(o, "check_ns", ns);
	return o;
}

void fingerprint_report(const struct fingerprint_list *list)
{
	for (u32 i = 0; i < list->count; i++) {
		const struct snapcap_fingerprint *f = &list->entry[i];

		report_line(i ? "" : "Watched", "%s, %s: %s",
			    units_clean(f->name, sizeof(f->name)).s, policy_name(f->policy),
			    state_name(f->state));
	}
}
