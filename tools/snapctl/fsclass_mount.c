// SPDX-License-Identifier: GPL-2.0-only
/*
 * The class of a mount. A filesystem is known by its type as one in memory or one that nobody
 * can write; everything else counts as writable until what lies beneath it says otherwise.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "blockdev.h"
#include "fsclass_look.h"
#include "fsprobe.h"
#include "sysfile.h"
#include "ubi.h"
#include "units.h"

/* Of a stack of filesystems and devices; the kernel's own limits are lower. */
#define DEPTH_MAX	12

#define LIST_IT	"list it in " CONF_PATH " ([filesystems] persistent = %s), or unmount it"

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

static void advise_listing(struct fsclass_entry *e)
{
	if (strcmp(e->where, "/"))
		fsclass_advise(e, LIST_IT, units_clean(e->where, sizeof(e->where)).s);
	else
		fsclass_advise(e, "boot with the root read-only on a read-only device, or as "
			       "squashfs, with a tmpfs overlay");
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
bool fsclass_ubi_writable(unsigned int ubi)
{
	int mtd = blockdev_ubi_mtd(ubi);

	return mtd >= 0 && blockdev_mtd_writable((unsigned int)mtd);
}

enum beneath fsclass_beneath_loop(struct look *look, const struct blockdev *b, char *name,
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
		class = (enum beneath)fsclass_of_mount(look, m, &e, depth + 1);
		return class == (enum beneath)FSCLASS_REFUSED ? BENEATH_REFUSED : class;
	}
	/* Mounted where nobody sees it: all that can be trusted is the device. */
	class = major(dev) ? fsclass_beneath(look, dev, lower, sizeof(lower), depth + 1) :
		BENEATH_REFUSED;
	return class == BENEATH_WRITABLE ? BENEATH_REFUSED : class;
}

enum beneath fsclass_beneath(struct look *look, dev_t dev, char *name, size_t size, int depth)
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
		return fsclass_beneath_loop(look, &b, name, size, depth);
	if (ubi_of_disk(b.name) >= 0)
		return fsclass_ubi_writable((unsigned int)ubi_of_disk(b.name)) ? BENEATH_REFUSED :
			BENEATH_IMMUTABLE;
	if (b.read_only)
		return BENEATH_IMMUTABLE;
	if (!b.slaves)
		return BENEATH_WRITABLE;
	for (size_t i = 0; i < b.slaves; i++) {
		enum beneath class = fsclass_beneath(look, b.slave[i], lower, sizeof(lower),
						     depth + 1);

		if (class > worst)
			worst = class;
	}
	/* A stack of which a part can be written is written to. */
	return worst;
}

bool fsclass_is_listed(const struct look *look, const struct mount_entry *m)
{
	return strcmp(m->where, "/") && conf_is_persistent(look->conf, m->where);
}

/* Is there a listed mount whose unmount takes this one, of another namespace, with it? */
bool fsclass_follows_listed(const struct look *look, const struct mount_entry *m)
{
	for (size_t i = 0; i < look->mounts.count; i++) {
		const struct mount_entry *main = &look->mounts.mount[i];

		if (!main->ns && main->dev == m->dev && fsclass_is_listed(look, main) &&
		    main->peer && (main->peer == m->master || main->peer == m->peer))
			return true;
	}
	return false;
}

static bool dev_is_listed(const struct look *look, dev_t dev)
{
	for (size_t i = 0; i < look->mounts.count; i++) {
		const struct mount_entry *m = &look->mounts.mount[i];

		if (!m->ns && m->dev == dev && fsclass_is_listed(look, m))
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
		fsclass_why(e, m->read_only ? "read-only, and the snapshot is used once" :
			    "frozen for the take, and the snapshot is used once");
		return FSCLASS_PERSISTENT;
	}
	if (look->once) {
		fsclass_advise(e, "unmount it, or mount it read-only: %.60s cannot be frozen",
			       units_clean(m->type, strlen(m->type)).s);
		return FSCLASS_REFUSED;
	}
	if (!m->ns && fsclass_is_listed(look, m)) {
		fsclass_why(e, "listed in " CONF_PATH ": unmounted for the take");
		return FSCLASS_PERSISTENT;
	}
	if (m->ns && fsclass_follows_listed(look, m)) {
		fsclass_why(e, "goes with the listed mount that it follows");
		return FSCLASS_PERSISTENT;
	}
	if (m->ns && dev_is_listed(look, m->dev)) {
		fsclass_why(e, "another mount namespace has it, too, and keeps it when it is "
			    "unmounted");
		fsclass_advise(e, "stop PID %d (%s), or have its mounts follow those of the system "
			       "(mount propagation slave)", e->pid, e->process);
	} else {
		advise_listing(e);
	}
	return FSCLASS_REFUSED;
}

static enum fsclass classify_pinned(struct look *look, const struct mount_entry *m,
				    struct fsclass_entry *e, const char *what)
{
	fsclass_why(e, "lies on %s, which is unmounted for the take", what);
	if (look->once || fsclass_is_listed(look, m))
		return writable(look, m, e);
	advise_listing(e);
	return FSCLASS_REFUSED;
}

/* Whatever is on it: where that lies on the flash is not what it was in a later life. */
static enum fsclass refuse_ubiblock(struct fsclass_entry *e, unsigned int ubi)
{
	fsclass_why(e, "ubi%u moves it to other erase blocks of mtd%d, which can be written", ubi,
		    blockdev_ubi_mtd(ubi));
	fsclass_advise(e, "have it on an MTD partition that is read-only, with UBI or without");
	return FSCLASS_REFUSED;
}

static enum fsclass classify_device(struct look *look, const struct mount_entry *m,
				    struct fsclass_entry *e, int depth)
{
	enum beneath beneath = fsclass_beneath(look, e->dev, e->device, sizeof(e->device), depth);

	if (beneath == BENEATH_REFUSED && ubi_of_disk(e->device) >= 0)
		return refuse_ubiblock(e, (unsigned int)ubi_of_disk(e->device));
	switch (beneath) {
	case BENEATH_VOLATILE:
		fsclass_why(e, "%s is in memory", e->device);
		return FSCLASS_VOLATILE;
	case BENEATH_PERSISTENT:
		return classify_pinned(look, m, e, e->device);
	case BENEATH_REFUSED:
		fsclass_why(e, "%s lies on something that can be written", e->device);
		return writable(look, m, e);
	case BENEATH_IMMUTABLE:
	case BENEATH_WRITABLE:
		break;
	}
	if (fsprobe_never_written(m->type)) {
		fsclass_why(e, "immutable by its format");
		return FSCLASS_IMMUTABLE;
	}
	if (beneath == BENEATH_IMMUTABLE && m->read_only) {
		fsclass_why(e, "read-only, on a device that is read-only itself");
		return FSCLASS_IMMUTABLE;
	}
	if (m->read_only)
		fsclass_why(e, "mounted read-only, but its device can be written");
	else
		fsclass_why(e, "can be written, and is written to");
	return writable(look, m, e);
}

/* Number of the MTD device, or -1. */
static int mtd_number(const struct mount_entry *m)
{
	int ubi;

	if (major(m->dev) == BLOCKDEV_MAJOR_MTD)
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
		fsclass_why(e, "read-only, on an MTD device that is read-only itself");
		return FSCLASS_IMMUTABLE;
	}
	if (m->read_only)
		fsclass_why(e, "mounted read-only, but its MTD device can be written");
	else
		fsclass_why(e, "can be written, and is written to");
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
	*class = fsclass_of_mount(look, m, &e, depth + 1);
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
		fsclass_why(e, "%s can be written", at);
		return writable(look, m, e);
	}
	if (hidden)
		fsclass_why(e, "layers that cannot be seen are judged by their devices");
	else
		fsclass_why(e, upper ? "written in memory only" : "no layer can be written");
	return upper ? FSCLASS_VOLATILE : worst;
}

/* A filesystem without a device number of its own, such as btrfs, names its device. */
static dev_t device_of(const struct mount_entry *m)
{
	if (major(m->dev))
		return m->dev;
	return !strncmp(m->source, "/dev/", 5) ? blockdev_number(m->source) : 0;
}

enum fsclass fsclass_of_mount(struct look *look, const struct mount_entry *m,
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
		fsclass_why(e, "too many things lie on each other");
		advise_listing(e);
		return FSCLASS_REFUSED;
	}
	if (is_volatile_type(m->type)) {
		fsclass_why(e, "in memory");
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
	fsclass_why(e, "its data is elsewhere, and goes on without this system");
	return writable(look, m, e);
}
