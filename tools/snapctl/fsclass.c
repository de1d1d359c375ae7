// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decision. A filesystem is known by its type as one in memory or one that nobody can
 * write; everything else counts as writable until what lies beneath it says otherwise.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <linux/snapcap.h>

#include "blockdev.h"
#include "fsclass.h"
#include "fsprobe.h"
#include "jffs2.h"
#include "msg.h"
#include "swap.h"
#include "sysfile.h"
#include "ubi.h"
#include "units.h"

#define MTD_BLOCK_MAJOR	31
/* Of a stack of filesystems and devices; the kernel's own limits are lower. */
#define DEPTH_MAX	12

#define LIST_IT	"list it in " CONF_PATH " ([filesystems] persistent = %s), or unmount it"

/**
 * struct look - while the system is looked at
 * @conf: which mount points are listed
 * @once: nothing is unmounted: what can be frozen is
 * @mounts: all mounts
 * @table: result
 */
struct look {
	const struct conf *conf;
	bool once;
	struct mounts mounts;
	struct fsclass_table *table;
};

/* What is beneath a mount; ordered as enum fsclass is, with one more for plain media. */
enum beneath {
	BENEATH_VOLATILE = FSCLASS_VOLATILE,
	BENEATH_IMMUTABLE,
	BENEATH_PERSISTENT,
	BENEATH_WRITABLE,	/* a device that can be written */
	BENEATH_REFUSED,	/* a filesystem that is refused, or something unknown */
};

static enum fsclass classify(struct look *look, const struct mount_entry *m,
			     struct fsclass_entry *e, int depth);

static bool is_one_of(const char *const *list, const char *type)
{
	for (; *list; list++)
		if (!strcmp(*list, type))
			return true;
	return false;
}

/* Nothing behind them outlives a power-on, or nothing is kept of it in memory. */
static bool is_volatile_type(const char *type)
{
	static const char *const types[] = {
		"autofs", "binder", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "cpuset",
		"debugfs", "devpts", "devtmpfs", "efivarfs", "functionfs", "fusectl", "hugetlbfs",
		"mqueue", "nfsd", "nsfs", "pipefs", "proc", "pstore", "ramfs", "resctrl", "rootfs",
		"rpc_pipefs", "securityfs", "selinuxfs", "smackfs", "sockfs", "sysfs", "tmpfs",
		"tracefs", NULL
	};

	return is_one_of(types, type);
}

static bool is_mtd_type(const char *type)
{
	static const char *const types[] = { "jffs2", "ubifs", "yaffs", "yaffs2", NULL };

	return is_one_of(types, type);
}

/* Those that the kernel can freeze; an overlay is when its layers are. */
static bool can_be_frozen(const struct mount_entry *m)
{
	static const char *const types[] = {
		"btrfs", "ext2", "ext3", "ext4", "f2fs", "gfs2", "jfs", "nilfs2", "overlay",
		"reiserfs", "xfs", NULL
	};

	return m->read_only || is_one_of(types, m->type);
}

static struct fsclass_entry *new_entry(struct look *look)
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

static void why(struct fsclass_entry *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void advise(struct fsclass_entry *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void why(struct fsclass_entry *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(e->why, sizeof(e->why), fmt, args);
	va_end(args);
}

static void advise(struct fsclass_entry *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(e->advice, sizeof(e->advice), fmt, args);
	va_end(args);
}

static void advise_listing(struct fsclass_entry *e)
{
	if (strcmp(e->where, "/"))
		advise(e, LIST_IT, units_clean(e->where, sizeof(e->where)).s);
	else
		advise(e, "boot with the root read-only on a read-only device, or as squashfs, "
		       "with a tmpfs overlay");
}

/* The mount of a file whose filesystem has this number. */
static const struct mount_entry *mount_of_file(struct look *look, dev_t dev, const char *path)
{
	const struct mount_entry *m = mounts_find_device(&look->mounts, dev);
	struct stat st;

	/* An overlay has other numbers for its files than for itself. */
	if (!m && !sysfile_stat(path, &st) && st.st_dev == dev)
		m = mounts_find(&look->mounts, 0, path);
	return m;
}

/* One that is attached and that nothing keeps from writing. */
static bool ubi_writable(unsigned int ubi)
{
	int mtd = blockdev_ubi_mtd(ubi);

	return mtd >= 0 && blockdev_mtd_writable((unsigned int)mtd);
}

static enum beneath beneath_device(struct look *look, dev_t dev, char *name, size_t size,
				   int depth);

static enum beneath beneath_loop(struct look *look, const struct blockdev *b, char *name,
				 size_t size, int depth)
{
	const struct mount_entry *m;
	struct fsclass_entry e = { 0 };
	char path[128], lower[128];
	enum beneath class;
	dev_t dev;

	if (blockdev_loop_file(b, &dev, path, sizeof(path))) {
		snprintf(name, size, "%s, whose file is not known", b->name);
		return BENEATH_REFUSED;
	}
	snprintf(name, size, "%s on %s", b->name, units_clean(path, sizeof(path)).s);
	m = mount_of_file(look, dev, path);
	if (m) {
		class = (enum beneath)classify(look, m, &e, depth + 1);
		return class == (enum beneath)FSCLASS_REFUSED ? BENEATH_REFUSED : class;
	}
	/* Mounted where nobody sees it: all that can be trusted is the device. */
	class = major(dev) ? beneath_device(look, dev, lower, sizeof(lower), depth + 1) :
		BENEATH_REFUSED;
	return class == BENEATH_WRITABLE ? BENEATH_REFUSED : class;
}

static enum beneath beneath_device(struct look *look, dev_t dev, char *name, size_t size,
				   int depth)
{
	enum beneath worst = BENEATH_VOLATILE;
	struct blockdev b;
	char lower[128];

	if (depth > DEPTH_MAX || blockdev_get(dev, &b)) {
		snprintf(name, size, "device %u:%u", major(dev), minor(dev));
		return depth > DEPTH_MAX ? BENEATH_REFUSED : BENEATH_WRITABLE;
	}
	snprintf(name, size, "%s", b.name);
	if (b.in_memory)
		return BENEATH_VOLATILE;
	if (b.loop)
		return beneath_loop(look, &b, name, size, depth);
	if (ubi_of_disk(b.name) >= 0)
		return ubi_writable((unsigned int)ubi_of_disk(b.name)) ? BENEATH_REFUSED :
			BENEATH_IMMUTABLE;
	if (b.read_only)
		return BENEATH_IMMUTABLE;
	if (!b.slaves)
		return BENEATH_WRITABLE;
	for (size_t i = 0; i < b.slaves; i++) {
		enum beneath class = beneath_device(look, b.slave[i], lower, sizeof(lower),
						    depth + 1);

		if (class > worst)
			worst = class;
	}
	/* A stack of which a part can be written is written to. */
	return worst;
}

static bool is_listed(const struct look *look, const struct mount_entry *m)
{
	return strcmp(m->where, "/") && conf_is_persistent(look->conf, m->where);
}

/* Is there a listed mount whose unmount takes this one, of another namespace, with it? */
static bool follows_listed(const struct look *look, const struct mount_entry *m)
{
	for (size_t i = 0; i < look->mounts.count; i++) {
		const struct mount_entry *main = &look->mounts.mount[i];

		if (!main->ns && main->dev == m->dev && is_listed(look, main) && main->peer &&
		    (main->peer == m->master || main->peer == m->peer))
			return true;
	}
	return false;
}

static bool dev_is_listed(const struct look *look, dev_t dev)
{
	for (size_t i = 0; i < look->mounts.count; i++) {
		const struct mount_entry *m = &look->mounts.mount[i];

		if (!m->ns && m->dev == dev && is_listed(look, m))
			return true;
	}
	return false;
}

/*
 * What can be written: class 3 when it is listed or, restored once, when it is frozen.
 * @e->why says that and why it can.
 */
static enum fsclass writable(struct look *look, const struct mount_entry *m,
			     struct fsclass_entry *e)
{
	if (look->once && can_be_frozen(m)) {
		why(e, m->read_only ? "read-only, and the snapshot is used once" :
		    "frozen for the take, and the snapshot is used once");
		return FSCLASS_PERSISTENT;
	}
	if (look->once) {
		advise(e, "unmount it, or mount it read-only: %.60s cannot be frozen",
		       units_clean(m->type, strlen(m->type)).s);
		return FSCLASS_REFUSED;
	}
	if (!m->ns && is_listed(look, m)) {
		why(e, "listed in " CONF_PATH ": unmounted for the take");
		return FSCLASS_PERSISTENT;
	}
	if (m->ns && follows_listed(look, m)) {
		why(e, "goes with the listed mount that it follows");
		return FSCLASS_PERSISTENT;
	}
	if (m->ns && dev_is_listed(look, m->dev)) {
		why(e, "another mount namespace has it, too, and keeps it when it is unmounted");
		advise(e, "stop PID %d (%s), or have its mounts follow those of the system "
		       "(mount propagation slave)", e->pid, e->process);
	} else {
		advise_listing(e);
	}
	return FSCLASS_REFUSED;
}

static enum fsclass classify_pinned(struct look *look, const struct mount_entry *m,
				    struct fsclass_entry *e, const char *what)
{
	why(e, "lies on %s, which is unmounted for the take", what);
	if (look->once || is_listed(look, m))
		return writable(look, m, e);
	advise_listing(e);
	return FSCLASS_REFUSED;
}

/* Whatever is on it: where that lies on the flash is not what it was in a later life. */
static enum fsclass refuse_ubiblock(struct fsclass_entry *e, unsigned int ubi)
{
	why(e, "ubi%u moves it to other erase blocks of mtd%d, which can be written", ubi,
	    blockdev_ubi_mtd(ubi));
	advise(e, "have it on an MTD partition that is read-only, with UBI or without");
	return FSCLASS_REFUSED;
}

static enum fsclass classify_device(struct look *look, const struct mount_entry *m,
				    struct fsclass_entry *e, int depth)
{
	enum beneath beneath = beneath_device(look, e->dev, e->device, sizeof(e->device), depth);

	if (beneath == BENEATH_REFUSED && ubi_of_disk(e->device) >= 0)
		return refuse_ubiblock(e, (unsigned int)ubi_of_disk(e->device));
	switch (beneath) {
	case BENEATH_VOLATILE:
		why(e, "%s is in memory", e->device);
		return FSCLASS_VOLATILE;
	case BENEATH_PERSISTENT:
		return classify_pinned(look, m, e, e->device);
	case BENEATH_REFUSED:
		why(e, "%s lies on something that can be written", e->device);
		return writable(look, m, e);
	case BENEATH_IMMUTABLE:
	case BENEATH_WRITABLE:
		break;
	}
	if (fsprobe_never_written(m->type)) {
		why(e, "immutable by its format");
		return FSCLASS_IMMUTABLE;
	}
	if (beneath == BENEATH_IMMUTABLE && m->read_only) {
		why(e, "read-only, on a device that is read-only itself");
		return FSCLASS_IMMUTABLE;
	}
	if (m->read_only)
		why(e, "mounted read-only, but its device can be written");
	else
		why(e, "can be written, and is written to");
	return writable(look, m, e);
}

/* Number of the MTD device, or -1. */
static int mtd_number(const struct mount_entry *m)
{
	int ubi;

	if (major(m->dev) == MTD_BLOCK_MAJOR)
		return (int)minor(m->dev);
	ubi = ubi_of_source(m->source);
	return ubi < 0 ? -1 : blockdev_ubi_mtd((unsigned int)ubi);
}

static enum fsclass classify_mtd(struct look *look, const struct mount_entry *m,
				 struct fsclass_entry *e)
{
	int number = mtd_number(m);

	e->mtd = number;
	if (number >= 0)
		snprintf(e->device, sizeof(e->device), "mtd%d", number);
	if (number >= 0 && m->read_only && !blockdev_mtd_writable((unsigned int)number)) {
		why(e, "read-only, on an MTD device that is read-only itself");
		return FSCLASS_IMMUTABLE;
	}
	if (m->read_only)
		why(e, "mounted read-only, but its MTD device can be written");
	else
		why(e, "can be written, and is written to");
	return writable(look, m, e);
}

/* libmount undoes what the kernel does to a comma of a name: only the next option ends it. */
static bool ends_option(const char *at)
{
	if (*at != ',')
		return !*at;
	at += 1 + strspn(at + 1, "abcdefghijklmnopqrstuvwxyz_");
	return !*at || *at == ',' || *at == '=';
}

/* One path of an overlay's options, with what it escapes undone. Return: where it ends */
static const char *next_path(const char *at, char *path, size_t size, bool list)
{
	size_t len = 0;

	for (; !ends_option(at) && !(list && *at == ':'); at++) {
		if (*at == '\\' && at[1])
			at++;
		if (len + 1 < size)
			path[len++] = *at;
	}
	path[len] = '\0';
	return at;
}

/* The class of what a path of an overlay lies on; false: it cannot be seen any more. */
static bool layer_class(struct look *look, const struct mount_entry *overlay, const char *path,
			int depth, enum fsclass *class)
{
	const struct mount_entry *m = mounts_find(&look->mounts, overlay->ns, path);
	struct fsclass_entry e = { 0 };

	/* A path of the time before the root was changed leads back to the overlay. */
	if (!m || m == overlay || m->dev == overlay->dev)
		return false;
	*class = classify(look, m, &e, depth + 1);
	return true;
}

static const char *option_value(const char *options, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = options; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, name, len))
			return at + len;
	}
	return NULL;
}

static enum fsclass classify_overlay(struct look *look, const struct mount_entry *m,
				     struct fsclass_entry *e, int depth)
{
	const char *upper = option_value(m->fs_options, "upperdir=");
	const char *lower = option_value(m->fs_options, "lowerdir=");
	enum fsclass worst = FSCLASS_VOLATILE, class;
	char path[PATH_MAX], at[160] = "";
	bool hidden = false;

	if (upper) {
		next_path(upper, path, sizeof(path), false);
		if (!layer_class(look, m, path, depth, &class)) {
			hidden = true;
		} else if (class != FSCLASS_VOLATILE) {
			/* It is written to: that nobody else can write it is no comfort. */
			worst = class == FSCLASS_PERSISTENT ? class : FSCLASS_REFUSED;
			snprintf(at, sizeof(at), "its upper layer %.100s",
				 units_clean(path, sizeof(path)).s);
		}
	}
	while (lower && !ends_option(lower)) {
		lower = next_path(lower, path, sizeof(path), true);
		if (!layer_class(look, m, path, depth, &class)) {
			hidden = true;
		} else if (class > worst) {
			worst = class;
			snprintf(at, sizeof(at), "its lower layer %.100s",
				 units_clean(path, sizeof(path)).s);
		}
		if (*lower == ':')
			lower++;
	}
	if (worst == FSCLASS_PERSISTENT)
		return classify_pinned(look, m, e, at);
	if (worst == FSCLASS_REFUSED) {
		why(e, "%s can be written", at);
		return writable(look, m, e);
	}
	if (hidden)
		why(e, "layers that cannot be seen are judged by their devices");
	else
		why(e, upper ? "written in memory only" : "no layer can be written");
	return upper ? FSCLASS_VOLATILE : worst;
}

/* A filesystem without a device number of its own, such as btrfs, names its device. */
static dev_t device_of(const struct mount_entry *m)
{
	if (major(m->dev))
		return m->dev;
	return !strncmp(m->source, "/dev/", 5) ? blockdev_number(m->source) : 0;
}

static enum fsclass classify(struct look *look, const struct mount_entry *m,
			     struct fsclass_entry *e, int depth)
{
	const struct mount_ns *ns = &look->mounts.ns[m->ns];

	e->kind = FSCLASS_MOUNT;
	snprintf(e->where, sizeof(e->where), "%s", m->where);
	snprintf(e->type, sizeof(e->type), "%s", m->type);
	snprintf(e->device, sizeof(e->device), "%s", m->source);
	e->dev = m->dev;
	if (m->ns) {
		e->pid = ns->pid;
		snprintf(e->process, sizeof(e->process), "%.63s",
			 units_clean(ns->process, sizeof(ns->process)).s);
	}
	if (depth > DEPTH_MAX) {
		why(e, "too many things lie on each other");
		advise_listing(e);
		return FSCLASS_REFUSED;
	}
	if (is_volatile_type(m->type)) {
		why(e, "in memory");
		return FSCLASS_VOLATILE;
	}
	if (!strcmp(m->type, "overlay"))
		return classify_overlay(look, m, e, depth);
	if (is_mtd_type(m->type))
		return classify_mtd(look, m, e);
	if (device_of(m)) {
		e->dev = device_of(m);
		return classify_device(look, m, e, depth);
	}
	why(e, "its data is elsewhere, and goes on without this system");
	return writable(look, m, e);
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
		struct fsclass_entry *e = new_entry(look);

		if (!e)
			return -ENOMEM;
		e->class = classify(look, m, e, 0);
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
	e = new_entry(look);
	if (!e)
		return -ENOMEM;
	e->kind = FSCLASS_NAMESPACE;
	e->class = FSCLASS_REFUSED;
	snprintf(e->where, sizeof(e->where), "%s", look->mounts.hidden);
	strcpy(e->type, "namespace");
	why(e, "a mount namespace that no process lives in, whose mounts cannot be seen");
	advise(e, "unmount the file that keeps it (findmnt -t nsfs)");
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
		struct fsclass_entry *e = new_entry(look);

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
			why(e, swap_is_ours(area) ? "part of the snapshot" : "in memory");
			continue;
		}
		if (moves) {
			e->class = FSCLASS_VOLATILE;
			why(e, "the take moves it, or is refused for it");
			continue;
		}
		e->class = FSCLASS_REFUSED;
		why(e, "what lies there is not in the snapshot, and would be lost");
		advise(e, "turn it off (swapoff) and keep it off in the restored system%s",
		       look->once ? "" : ", or take with --two-pass --migrate-swap");
	}
	swap_free(&list);
	return ret;
}

static bool is_ours(const struct blockdev *b)
{
	return !strcmp(b->name, SNAPCAP_PAGER_DISK);
}

static bool is_judged(const struct look *look, dev_t dev)
{
	for (size_t i = 0; i < look->table->count; i++)
		if (look->table->entry[i].dev == dev)
			return true;
	/* Also one that several filesystems of a namespace share. */
	return mounts_find_device(&look->mounts, dev) != NULL;
}

static struct fsclass_entry *new_device(struct look *look, const struct blockdev *b)
{
	struct fsclass_entry *e = new_entry(look);

	if (!e)
		return NULL;
	e->kind = FSCLASS_DEVICE;
	e->class = FSCLASS_REFUSED;
	snprintf(e->where, sizeof(e->where), "/dev/%s", b->name);
	strcpy(e->type, "device");
	snprintf(e->device, sizeof(e->device), "%s", b->name);
	e->dev = b->dev;
	return e;
}

static void refuse_writer(struct fsclass_entry *e, struct holders_writer *writer)
{
	e->holders = writer->by;
	writer->by = (struct holders){ NULL, 0 };
	why(e, "open for writing, past all filesystems");
	advise(e, "have that process close it, or stop it");
}

static struct fsclass_entry *new_flash(struct look *look, int mtd, const char *type)
{
	struct fsclass_entry *e = new_entry(look);

	if (!e)
		return NULL;
	e->kind = FSCLASS_DEVICE;
	e->class = FSCLASS_REFUSED;
	snprintf(e->where, sizeof(e->where), "/dev/mtd%d", mtd);
	snprintf(e->type, sizeof(e->type), "%s", type);
	snprintf(e->device, sizeof(e->device), "mtd%d", mtd);
	e->mtd = mtd;
	return e;
}

static int judge_mtd_writer(struct look *look, struct holders_writer *writer)
{
	unsigned int mtd = minor(writer->dev) / 2;
	struct fsclass_entry *e;

	if (!blockdev_mtd_writable(mtd))
		return 0;
	e = new_flash(look, (int)mtd, "device");
	if (!e)
		return -ENOMEM;
	refuse_writer(e, writer);
	return 0;
}

static int judge_writers(struct look *look)
{
	struct holders_writer *writers;
	int count = holders_writers(&writers), ret = 0;

	if (count < 0)
		return count;
	for (int i = 0; !ret && i < count; i++) {
		struct fsclass_entry *e;
		struct blockdev b;
		char name[160];

		if (writers[i].mtd) {
			ret = judge_mtd_writer(look, &writers[i]);
			continue;
		}
		if (blockdev_get(writers[i].dev, &b))
			snprintf(b.name, sizeof(b.name), "device %u:%u", major(writers[i].dev),
				 minor(writers[i].dev));
		else if (b.read_only || is_ours(&b) ||
			 beneath_device(look, b.dev, name, sizeof(name), 0) == BENEATH_VOLATILE)
			continue;
		e = new_device(look, &b);
		if (!e) {
			ret = -ENOMEM;
			break;
		}
		e->dev = writers[i].dev;
		refuse_writer(e, &writers[i]);
	}
	holders_writers_free(writers, count);
	return ret;
}

/* A loop device keeps its file's filesystem from being unmounted, mounted or not. */
static int judge_loop(struct look *look, const struct blockdev *b)
{
	struct fsclass_entry *e;
	char name[160];

	if (look->once || is_judged(look, b->dev) ||
	    beneath_loop(look, b, name, sizeof(name), 0) != BENEATH_PERSISTENT)
		return 0;
	e = new_device(look, b);
	if (!e)
		return -ENOMEM;
	why(e, "%s, which is unmounted for the take", name);
	advise(e, "detach it (losetup -d /dev/%s)", b->name);
	return 0;
}

/* Somebody in the kernel has it, but no mount that can be seen, and no other device. */
static int judge_claimed(struct look *look, const struct blockdev *b)
{
	struct fsclass_entry *e;
	bool never_written;
	char type[64];

	if (!b->bytes || b->in_memory || b->loop || b->held || b->partitioned || is_ours(b) ||
	    is_judged(look, b->dev) || !blockdev_claimed(b) || blockdev_is_mtd(b))
		return 0;
	blockdev_filesystem(b, type, sizeof(type));
	e = new_device(look, b);
	if (!e)
		return -ENOMEM;
	never_written = fsprobe_never_written(type);
	if (never_written || b->read_only) {
		snprintf(e->type, sizeof(e->type), "%s", *type ? type : "device");
		e->class = FSCLASS_IMMUTABLE;
		why(e, "in use where it cannot be seen; %s",
		    never_written ? "immutable by its format" : "read-only itself");
		return 0;
	}
	why(e, "in use where it cannot be seen: a hidden or detached mount, or a driver");
	advise(e, "end what uses it; a mount of the initrd must be moved to where it can be seen");
	return 0;
}

static int judge_devices(struct look *look)
{
	dev_t *devs;
	int count = blockdev_list(&devs), ret = 0;

	for (int i = 0; !ret && i < count; i++) {
		struct blockdev b;

		if (blockdev_get(devs[i], &b))
			continue;
		if (b.loop && !b.partition && b.bytes)
			ret = judge_loop(look, &b);
		if (!ret)
			ret = judge_claimed(look, &b);
	}
	free(devs);
	return count < 0 ? count : ret;
}

/* Of a UBI device: is there a mount, and are all listed, and so unmounted? */
static bool ubi_is_listed(const struct look *look, unsigned int ubi)
{
	bool mounted = false;

	if (look->once)
		return false;
	for (size_t i = 0; i < look->mounts.count; i++) {
		const struct mount_entry *m = &look->mounts.mount[i];
		int number;

		if (strcmp(m->type, "ubifs"))
			continue;
		number = ubi_of_source(m->source);
		/* One that does not tell where it is may be on this. */
		if (number < 0)
			return false;
		if (number != (int)ubi)
			continue;
		if (!is_listed(look, m) && !(m->ns && follows_listed(look, m)))
			return false;
		mounted = true;
	}
	return mounted;
}

/*
 * Which block is where is in its memory: in a restored system, that of another time. So it
 * is detached for the take, which it can be when nothing but listed mounts uses it.
 */
static int judge_one_ubi(struct look *look, unsigned int ubi, int mtd)
{
	struct fsclass_entry *e = new_flash(look, mtd, "ubi");
	char made[64];
	int ret;

	if (!e)
		return -ENOMEM;
	snprintf(e->where, sizeof(e->where), "/dev/ubi%u", ubi);
	ret = ubi_holders(ubi, &e->holders);
	if (ret)
		return ret;
	if (!look->once && ubi_made_into(ubi, made, sizeof(made))) {
		why(e, "%s is made of it, and would be gone when it is detached", made);
		advise(e, "have that on a UBI device of its own, on an MTD partition that is "
		       "read-only, or remove it (ubiblock --remove)");
	} else if (!look->once && e->holders.count) {
		why(e, "a volume of it is open, past all filesystems");
		advise(e, "have that process close it, or stop it");
	} else if (ubi_is_listed(look, ubi)) {
		e->class = FSCLASS_PERSISTENT;
		why(e, "all that is mounted of it is listed in " CONF_PATH
		    ": detached for the take");
	} else {
		why(e, "attached to an MTD device that can be written");
		advise(e, "%sdetach it (ubidetach -d %u), or attach an MTD partition that is "
		       "read-only", look->once ? "" : "list its mounts in " CONF_PATH ", ", ubi);
	}
	return 0;
}

static int judge_ubi(struct look *look)
{
	int ret = 0;

	for (unsigned int ubi = 0; !ret && ubi < UBI_COUNT_MAX; ubi++)
		if (ubi_writable(ubi))
			ret = judge_one_ubi(look, ubi, blockdev_ubi_mtd(ubi));
	return ret;
}

/* It has no block device that it would claim, but a thread of the kernel. */
static int judge_jffs2(struct look *look)
{
	unsigned int *mtds;
	int count = jffs2_list(&mtds), ret = count < 0 ? count : 0;

	for (int i = 0; !ret && i < count; i++) {
		struct fsclass_entry *e;

		if (mounts_find_device(&look->mounts, makedev(MTD_BLOCK_MAJOR, mtds[i])))
			continue;
		e = new_flash(look, (int)mtds[i], "jffs2");
		if (!e) {
			ret = -ENOMEM;
			break;
		}
		why(e, "mounted where it cannot be seen, or detached but alive");
		advise(e, "end what uses it; a mount of the initrd must be moved to where it can "
		       "be seen");
	}
	free(mtds);
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
		ret = judge_writers(&look);
	if (!ret)
		ret = judge_devices(&look);
	if (!ret)
		ret = judge_ubi(&look);
	if (!ret)
		ret = judge_jffs2(&look);
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
