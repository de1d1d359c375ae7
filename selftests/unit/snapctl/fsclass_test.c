// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../test.h"
#include "blockdev.h"
#include "cmd.h"
#include "fingerprint.h"
#include "fsclass.h"
#include "run.h"
#include "sysfile.h"
#include "tree.h"

int __wrap_sysfile_stat(const char *path, struct stat *st);
bool __wrap_blockdev_claimed(const struct blockdev *b);
void __wrap_blockdev_filesystem(const struct blockdev *b, char *type, size_t size);
int __wrap_blockdev_loop_file(const struct blockdev *b, dev_t *dev, char *path, size_t size);

/* What only a kernel can have: links that lead to devices, and devices themselves. */
static struct {
	char path[64];
	struct stat st;
} links[8];

static size_t link_count;
static const char *claimed, *filesystem;
static dev_t loop_dev;
static struct conf conf;
static struct fsclass_table table;
static unsigned int flags;

int __wrap_sysfile_stat(const char *path, struct stat *st)
{
	for (size_t i = 0; i < link_count; i++) {
		if (!strcmp(links[i].path, path)) {
			*st = links[i].st;
			return 0;
		}
	}
	return -ENOENT;
}

bool __wrap_blockdev_claimed(const struct blockdev *b)
{
	return claimed && !strcmp(claimed, b->name);
}

void __wrap_blockdev_filesystem(const struct blockdev *b, char *type, size_t size)
{
	snprintf(type, size, "%s", filesystem);
}

int __wrap_blockdev_loop_file(const struct blockdev *b, dev_t *dev, char *path, size_t size)
{
	if (!loop_dev)
		return -ENXIO;
	*dev = loop_dev;
	snprintf(path, size, "/some/file");
	return 0;
}

static int setup(void **state)
{
	tree_reset();
	tree_put("/proc/1/stat", "");
	link_count = 0;
	claimed = NULL;
	filesystem = "";
	loop_dev = 0;
	flags = 0;
	memset(&conf, 0, sizeof(conf));
	return 0;
}

static int teardown(void **state)
{
	fsclass_free(&table);
	return 0;
}

static void list(const char *path)
{
	strcpy(conf.persistent[conf.persistent_count++], path);
}

static void put(const char *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(const char *text, const char *fmt, ...)
{
	char path[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	tree_put(path, text);
}

/* A block device; @parent: its disk. */
static void device(const char *name, int minor, int read_only, const char *parent)
{
	char text[256], folder[128], link[64];

	if (parent)
		snprintf(folder, sizeof(folder), "/sys/devices/%s/%s", parent, name);
	else
		snprintf(folder, sizeof(folder), "/sys/devices/%s", name);
	snprintf(text, sizeof(text), "MAJOR=254\nMINOR=%d\nDEVNAME=%s\n", minor, name);
	put(text, "%s/uevent", folder);
	snprintf(text, sizeof(text), "254:%d\n", minor);
	put(text, "%s/dev", folder);
	put(read_only ? "1\n" : "0\n", "%s/ro", folder);
	put("2048\n", "%s/size", folder);
	if (parent)
		put("1\n", "%s/partition", folder);
	snprintf(text, sizeof(text), "%s%s", sysfile_root, folder);
	snprintf(link, sizeof(link), "/sys/dev/block/254:%d", minor);
	tree_link(link, text);
	snprintf(link, sizeof(link), "/sys/class/block/%s", name);
	tree_link(link, text);
}

static void decide(const char *mountinfo)
{
	fsclass_free(&table);
	tree_mounts(1, 1, mountinfo);
	assert_int_equal(fsclass_decide(&conf, flags, &table), 0);
}

static const struct fsclass_entry *entry(const char *where)
{
	for (size_t i = 0; i < table.count; i++)
		if (!strcmp(table.entry[i].where, where))
			return &table.entry[i];
	fail_msg("there is no entry %s", where);
	return NULL;
}

static void check_class(const char *where, enum fsclass class, const char *why)
{
	const struct fsclass_entry *e = entry(where);

	if (e->class != class || !strstr(e->why, why))
		fail_msg("%s: class %d, %s", where, e->class, e->why);
	assert_true(class != FSCLASS_REFUSED || *e->advice);
}

#define ROOT	"1 0 0:2 / / rw - tmpfs tmpfs rw\n"

static void test_what_is_in_memory_is_allowed(void **state)
{
	decide(ROOT
	       "2 1 0:3 / /proc rw - proc proc rw\n"
	       "3 1 0:4 / /net rw - autofs systemd-1 rw,fd=3\n"
	       "4 1 0:5 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n");
	assert_int_equal(table.count, 4);
	assert_int_equal(table.refused, 0);
	check_class("/", FSCLASS_VOLATILE, "in memory");
	check_class("/net", FSCLASS_VOLATILE, "in memory");
}

static void test_matrix_of_a_disk(void **state)
{
	static const struct {
		const char *type, *options;
		bool device_ro, listed;
		enum fsclass class;
		const char *why;
	} cases[] = {
		{ "ext4", "rw", false, false, FSCLASS_REFUSED, "is written to" },
		{ "ext4", "rw", false, true, FSCLASS_PERSISTENT, "listed" },
		{ "ext4", "ro", false, false, FSCLASS_REFUSED, "its device can be written" },
		{ "ext4", "ro", false, true, FSCLASS_PERSISTENT, "listed" },
		{ "ext4", "ro", true, false, FSCLASS_IMMUTABLE, "read-only itself" },
		{ "ext4", "ro,errors=remount-ro", true, true, FSCLASS_IMMUTABLE, "itself" },
		/* The device was made read-only under it. */
		{ "ext4", "rw", true, false, FSCLASS_REFUSED, "is written to" },
		{ "vfat", "rw,errors=remount-ro", true, false, FSCLASS_REFUSED, "written to" },
		{ "squashfs", "ro", false, false, FSCLASS_IMMUTABLE, "by its format" },
		{ "squashfs", "ro", true, false, FSCLASS_IMMUTABLE, "by its format" },
		{ "erofs", "ro", false, true, FSCLASS_IMMUTABLE, "by its format" },
		{ "iso9660", "ro", false, false, FSCLASS_IMMUTABLE, "by its format" },
		{ "nobody-knows", "ro", false, false, FSCLASS_REFUSED, "can be written" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[256];

		setup(state);
		device("vdc", 32, cases[i].device_ro, NULL);
		if (cases[i].listed)
			list("/data");
		/* That the mount is read-only is another matter than that the filesystem is. */
		snprintf(text, sizeof(text), ROOT "2 1 254:32 / /data ro - %s /dev/vdc %s\n",
			 cases[i].type, cases[i].options);
		decide(text);
		check_class("/data", cases[i].class, cases[i].why);
		assert_int_equal(table.refused, cases[i].class == FSCLASS_REFUSED);
	}
}

static void test_root_cannot_be_listed(void **state)
{
	device("vda", 0, 0, NULL);
	list("/");
	decide("1 0 254:0 / / rw - ext4 /dev/vda rw\n");
	check_class("/", FSCLASS_REFUSED, "is written to");
	assert_non_null(strstr(entry("/")->advice, "overlay"));
}

static void test_elsewhere_is_refused_unless_listed(void **state)
{
	static const char mounts[] = ROOT
		"2 1 0:30 / /a rw - nfs4 server:/x rw\n"
		"3 1 0:31 / /b rw - fuse.sshfs me@there rw\n"
		"4 1 0:32 / /c rw - 9p host rw\n"
		"5 1 0:33 / /d rw - virtiofs host rw\n";

	decide(mounts);
	assert_int_equal(table.refused, 4);
	check_class("/a", FSCLASS_REFUSED, "elsewhere");
	list("/a");
	list("/d");
	decide(mounts);
	assert_int_equal(table.refused, 2);
	check_class("/a", FSCLASS_PERSISTENT, "listed");
}

static void test_filesystem_without_a_number_names_its_device(void **state)
{
	device("vdc", 32, 0, NULL);
	tree_put("/dev/vdc", "");
	decide(ROOT "2 1 0:40 / /data ro - btrfs /dev/vdc ro\n");
	check_class("/data", FSCLASS_REFUSED, "its device can be written");
	device("vdc", 32, 1, NULL);
	decide(ROOT "2 1 0:40 / /data ro - btrfs /dev/vdc ro\n");
	check_class("/data", FSCLASS_IMMUTABLE, "itself");
}

#define LAYERS \
	"2 1 0:50 / /mem rw - tmpfs tmpfs rw\n" \
	"3 1 254:32 / /disk rw - ext4 /dev/vdc rw\n" \
	"4 1 254:48 / /image ro - squashfs /dev/vdd ro\n"
#define OVERLAY(options) ROOT LAYERS "5 1 0:51 / /o rw - overlay overlay rw," options "\n"

static void test_overlay_is_as_bad_as_its_worst_layer(void **state)
{
	device("vdc", 32, 0, NULL);
	device("vdd", 48, 0, NULL);
	decide(OVERLAY("lowerdir=/image,upperdir=/mem/u,workdir=/mem/w"));
	check_class("/o", FSCLASS_VOLATILE, "in memory only");
	decide(OVERLAY("lowerdir=/image:/mem/x"));
	check_class("/o", FSCLASS_IMMUTABLE, "no layer");
	decide(OVERLAY("lowerdir=/image:/disk/x,upperdir=/mem/u,workdir=/mem/w"));
	check_class("/o", FSCLASS_REFUSED, "lower layer /disk/x");
	decide(OVERLAY("lowerdir=/image,upperdir=/disk/u,workdir=/disk/w"));
	check_class("/o", FSCLASS_REFUSED, "upper layer /disk/u");
	/* A colon and a comma of a name are not those between names. */
	decide(OVERLAY("lowerdir=/image/a\\:b\\054c:/disk,upperdir=/mem/u"));
	check_class("/o", FSCLASS_REFUSED, "lower layer /disk");
}

static void test_overlay_on_a_listed_mount_goes_with_it(void **state)
{
	device("vdc", 32, 0, NULL);
	device("vdd", 48, 0, NULL);
	list("/disk");
	decide(OVERLAY("lowerdir=/image,upperdir=/disk/u,workdir=/disk/w"));
	check_class("/disk", FSCLASS_PERSISTENT, "listed");
	check_class("/o", FSCLASS_REFUSED, "which is unmounted for the take");
	list("/o");
	decide(OVERLAY("lowerdir=/image,upperdir=/disk/u,workdir=/disk/w"));
	check_class("/o", FSCLASS_PERSISTENT, "listed");
	assert_int_equal(table.refused, 0);
}

static void test_layers_of_the_initrd_are_judged_by_device(void **state)
{
	static const char mounts[] =
		"1 0 0:51 / / rw - overlay overlay rw,lowerdir=/lower,upperdir=/rw/u,workdir=/rw/w\n";

	device("vda", 0, 1, NULL);
	device("vdb", 16, 0, NULL);
	decide(mounts);
	check_class("/", FSCLASS_VOLATILE, "by their devices");
	assert_int_equal(table.count, 1);
	claimed = "vdb";
	decide(mounts);
	check_class("/dev/vdb", FSCLASS_REFUSED, "cannot be seen");
	filesystem = "squashfs";
	decide(mounts);
	check_class("/dev/vdb", FSCLASS_IMMUTABLE, "by its format");
	/* The filesystem of one that is read-only itself may be any. */
	claimed = "vda";
	filesystem = "ext4";
	decide(mounts);
	assert_int_equal(table.count, 2);
	check_class("/dev/vda", FSCLASS_IMMUTABLE, "read-only itself");
}

static void test_device_of_block2mtd_is_allowed(void **state)
{
	device("vdc", 32, 0, NULL);
	claimed = "vdc";
	tree_put("/sys/class/mtd/mtd3/size", "1048576\n");
	tree_put("/sys/class/mtd/mtd3/erasesize", "65536\n");
	decide(ROOT);
	assert_int_equal(table.refused, 1);
	tree_put("/sys/module/block2mtd/refcnt", "0\n");
	decide(ROOT);
	assert_int_equal(table.refused, 0);
	tree_put("/sys/class/mtd/mtd3/size", "524288\n");
	decide(ROOT);
	assert_int_equal(table.refused, 1);
}

static void test_stack_is_as_bad_as_what_is_beneath(void **state)
{
	static const char mounts[] = ROOT "2 1 254:100 / /data ro - ext4 /dev/dm-0 ro\n";

	device("dm-0", 100, 0, NULL);
	device("vdc", 32, 0, NULL);
	device("vdc1", 33, 0, "vdc");
	tree_put("/sys/devices/dm-0/slaves/vdc1/dev", "");
	decide(mounts);
	check_class("/data", FSCLASS_REFUSED, "its device can be written");
	device("vdc1", 33, 1, "vdc");
	decide(mounts);
	check_class("/data", FSCLASS_IMMUTABLE, "itself");
	/* A stack that stands on itself, as no kernel has it: an end all the same. */
	tree_put("/sys/devices/dm-0/slaves/dm-0/dev", "");
	decide(mounts);
	check_class("/data", FSCLASS_REFUSED, "lies on something");
	/* Part of another stack, which is claimed by it: nothing of its own. */
	device("vdc1", 33, 0, "vdc");
	tree_put("/sys/devices/vdc/vdc1/holders/dm-0/dev", "");
	claimed = "vdc1";
	decide(ROOT);
	assert_int_equal(table.refused, 0);
}

static void test_loop_is_what_its_file_lies_on(void **state)
{
	static const char mounts[] = ROOT
		"2 1 0:50 / /mem rw - tmpfs tmpfs rw\n"
		"3 1 254:32 / /disk rw - ext4 /dev/vdc rw\n"
		"4 1 254:200 / /data rw - ext4 /dev/loop0 rw\n"
		"5 1 254:200 / /image ro - squashfs /dev/loop0 ro\n";

	device("loop0", 200, 0, NULL);
	device("vdc", 32, 0, NULL);
	tree_put("/sys/devices/loop0/loop/backing_file", "/some/file\n");
	decide(mounts);
	check_class("/data", FSCLASS_REFUSED, "lies on something");
	loop_dev = makedev(0, 50);
	decide(mounts);
	check_class("/data", FSCLASS_VOLATILE, "is in memory");
	check_class("/image", FSCLASS_VOLATILE, "is in memory");
	loop_dev = makedev(254, 32);
	decide(mounts);
	check_class("/data", FSCLASS_REFUSED, "lies on something");
	check_class("/image", FSCLASS_REFUSED, "lies on something");
	list("/disk");
	decide(mounts);
	check_class("/data", FSCLASS_REFUSED, "unmounted for the take");
	check_class("/image", FSCLASS_REFUSED, "unmounted for the take");
	list("/data");
	decide(mounts);
	check_class("/data", FSCLASS_PERSISTENT, "listed");
	/* Attached, but not mounted: it would keep /disk from being unmounted. */
	decide(ROOT "3 1 254:32 / /disk rw - ext4 /dev/vdc rw\n");
	check_class("/dev/loop0", FSCLASS_REFUSED, "unmounted for the take");
	assert_non_null(strstr(entry("/dev/loop0")->advice, "losetup -d /dev/loop0"));
	conf.persistent_count = 0;
	/* On itself, as no kernel has it: an end all the same. */
	loop_dev = makedev(254, 200);
	decide(mounts);
	check_class("/image", FSCLASS_REFUSED, "lies on something");
}

static void test_second_namespace_is_found_and_named(void **state)
{
	device("vdc", 32, 0, NULL);
	tree_process(77, "hidden server", 5, "");
	tree_mounts(77, 2, ROOT "9 1 254:32 / /secret rw - ext4 /dev/vdc rw\n");
	/* Another of the first namespace, and one that sees only a part of the second. */
	tree_process(50, "x", 5, "");
	tree_mounts(50, 1, ROOT "9 1 254:32 / /not/looked/at rw - ext4 /dev/vdc rw\n");
	for (int pid = 60; pid < 76; pid++) {
		char path[32];

		snprintf(path, sizeof(path), "/proc/%d/root", pid);
		tree_process(pid, "chrooted", 5, "");
		tree_mounts(pid, 2, ROOT);
		tree_link(path, "/jail");
	}
	decide(ROOT);
	check_class("/secret", FSCLASS_REFUSED, "is written to");
	assert_int_equal(entry("/secret")->pid, 77);
	assert_string_equal(entry("/secret")->process, "hidden server");
	assert_int_equal(table.count, 2);
}

static void test_namespace_of_a_thread_is_found(void **state)
{
	device("vdc", 32, 0, NULL);
	tree_process(77, "threads", 5, "");
	tree_mounts(77, 1, ROOT);
	tree_link("/proc/77/task/78/ns/mnt", "mnt:[5]");
	tree_link("/proc/77/task/78/root", "/");
	tree_put("/proc/77/task/78/mountinfo", "9 1 254:32 / /secret rw - ext4 /dev/vdc rw\n");
	decide(ROOT);
	check_class("/secret", FSCLASS_REFUSED, "is written to");
}

static void test_copy_of_a_listed_mount_must_follow_it(void **state)
{
	static const char main[] = ROOT "2 1 254:32 / /data rw shared:7 - ext4 /dev/vdc rw\n";

	device("vdc", 32, 0, NULL);
	list("/data");
	tree_process(77, "sandboxed", 5, "");
	tree_mounts(77, 2, ROOT "9 1 254:32 / /data rw master:7 - ext4 /dev/vdc rw\n");
	decide(main);
	assert_int_equal(table.refused, 0);
	assert_int_equal(table.count, 2);
	tree_mounts(77, 2, ROOT "9 1 254:32 / /data rw - ext4 /dev/vdc rw\n");
	decide(main);
	assert_int_equal(table.refused, 1);
	for (size_t i = 0; i < table.count; i++)
		if (table.entry[i].pid)
			assert_non_null(strstr(table.entry[i].advice, "stop PID 77 (sandboxed)"));
}

static void test_namespace_without_a_process_is_refused(void **state)
{
	decide(ROOT "2 1 0:4 mnt:[99] /run/ns rw - nsfs nsfs rw\n");
	check_class("mnt:[99]", FSCLASS_REFUSED, "cannot be seen");
	decide(ROOT "2 1 0:4 mnt:[1] /run/ns rw - nsfs nsfs rw\n"
	       "3 1 0:4 net:[99] /run/net rw - nsfs nsfs rw\n");
	assert_int_equal(table.refused, 0);
}

static void test_swap(void **state)
{
	tree_put("/proc/swaps", "Filename Type Size Used Priority\n"
		 "/dev/snapcap_swap partition 100 0 5\n/dev/zram0 partition 100 0 4\n"
		 "/dev/vdc partition 100 0 3\n");
	decide(ROOT);
	check_class("/dev/snapcap_swap", FSCLASS_VOLATILE, "part of the snapshot");
	check_class("/dev/zram0", FSCLASS_VOLATILE, "in memory");
	check_class("/dev/vdc", FSCLASS_REFUSED, "would be lost");
	/* Two passes look after it; that the kernel has claimed its device is no other matter. */
	device("vdc", 32, 0, NULL);
	tree_put("/dev/vdc", "");
	claimed = "vdc";
	fsclass_free(&table);
	assert_int_equal(fsclass_decide(&conf, FSCLASS_SWAP_MOVES, &table), 0);
	assert_int_equal(table.refused, 0);
}

static void open_link(const char *path, mode_t mode, dev_t dev, dev_t rdev)
{
	snprintf(links[link_count].path, sizeof(links[0].path), "%s", path);
	links[link_count++].st = (struct stat){ .st_mode = mode, .st_dev = dev, .st_rdev = rdev };
}

static void test_raw_writer_is_found_and_named(void **state)
{
	static const struct {
		const char *info;
		bool refused;
	} cases[] = {
		{ "pos:\t0\nflags:\t0100002\nmnt_id:\t9\n", true },	/* O_RDWR */
		{ "pos:\t0\nflags:\t0100001\n", true },			/* O_WRONLY */
		{ "pos:\t0\nflags:\t0100000\n", false },		/* O_RDONLY */
		{ "pos:\t0\nflags:\t012000002\n", false },		/* O_PATH */
		{ "nothing", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		setup(state);
		device("vdc", 32, 0, NULL);
		tree_process(77, "dd (x)", 5, "");
		tree_put("/proc/77/cgroup", "1:name=x:/\n0::/system.slice/raw.service/sub\n");
		tree_put("/proc/77/fd/3", "");
		tree_put("/proc/77/fdinfo/3", cases[i].info);
		open_link("/proc/77/fd/3", S_IFBLK, 0, makedev(254, 32));
		decide(ROOT);
		assert_int_equal(table.refused, cases[i].refused);
		if (!cases[i].refused)
			continue;
		check_class("/dev/vdc", FSCLASS_REFUSED, "open for writing");
		assert_int_equal(entry("/dev/vdc")->holders.count, 1);
		assert_int_equal(entry("/dev/vdc")->holders.holder[0].pid, 77);
		assert_string_equal(entry("/dev/vdc")->holders.holder[0].command, "dd (x)");
		assert_string_equal(entry("/dev/vdc")->holders.holder[0].unit, "raw.service");
	}
	/* What cannot be written is not. */
	device("vdc", 32, 1, NULL);
	decide(ROOT);
	assert_int_equal(table.refused, 0);
}

static void test_holders_of_a_mount_are_named(void **state)
{
	const struct fsclass_entry *e;

	device("vdc", 32, 0, NULL);
	tree_process(70, "cwd", 5, "");
	tree_process(71, "mapped", 5, "1000-2000 r--p 0 fe:20 7 /data/x\n");
	tree_process(72, "file", 5, "");
	tree_process(73, "kthread", 5, "");
	tree_process(74, "other", 5, "1000-2000 r--p 0 fe:21 7 /else/x\n");
	tree_put("/proc/72/fd/5", "");
	for (int pid = 70; pid <= 74; pid++) {
		char path[32];

		snprintf(path, sizeof(path), "/proc/%d/exe", pid);
		if (pid != 73)
			open_link(path, S_IFREG, 1, 0);
	}
	open_link("/proc/70/cwd", S_IFDIR, makedev(254, 32), 0);
	open_link("/proc/72/fd/5", S_IFREG, makedev(254, 32), 0);
	open_link("/proc/73/cwd", S_IFDIR, makedev(254, 32), 0);
	decide(ROOT "2 1 254:32 / /data rw - ext4 /dev/vdc rw\n");
	e = entry("/data");
	assert_int_equal(e->holders.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_in_range(e->holders.holder[i].pid, 70, 72);
}

static void test_flash_filesystems(void **state)
{
	static const char mounts[] = ROOT
		"2 1 31:3 / /j ro - jffs2 /dev/mtdblock3 ro\n"
		"3 1 0:60 / /u rw - ubifs ubi1:data rw\n";

	tree_put("/sys/class/ubi/ubi1/mtd_num", "4\n");
	tree_put("/sys/class/mtd/mtd3/flags", "0x400\n");
	tree_put("/sys/class/mtd/mtd4/flags", "0xc00\n");
	decide(mounts);
	check_class("/j", FSCLASS_REFUSED, "its MTD device can be written");
	check_class("/u", FSCLASS_REFUSED, "is written to");
	check_class("/dev/ubi1", FSCLASS_REFUSED, "attached");
	list("/u");
	tree_put("/sys/class/mtd/mtd3/flags", "0x0\n");
	decide(mounts);
	check_class("/j", FSCLASS_IMMUTABLE, "itself");
	check_class("/u", FSCLASS_PERSISTENT, "listed");
	check_class("/dev/ubi1", FSCLASS_PERSISTENT, "listed");
	/* Nothing of it is mounted: nothing that is listed would detach it. */
	decide(ROOT);
	check_class("/dev/ubi1", FSCLASS_REFUSED, "attached");
	tree_put("/sys/class/mtd/mtd4/flags", "0x0\n");
	decide(ROOT "3 1 0:60 / /u ro - ubifs ubi1:data ro\n");
	check_class("/u", FSCLASS_IMMUTABLE, "itself");
}

static void test_ubi_is_refused_for_what_else_uses_it(void **state)
{
	static const char mounts[] = ROOT "3 1 0:60 / /u rw - ubifs ubi1:data rw\n";

	tree_put("/sys/class/ubi/ubi1/mtd_num", "4\n");
	tree_put("/sys/class/ubi/ubi1/dev", "248:0\n");
	tree_put("/sys/class/mtd/mtd4/flags", "0xc00\n");
	list("/u");
	decide(mounts);
	check_class("/dev/ubi1", FSCLASS_PERSISTENT, "detached");
	/* A volume that is open, also for reading. */
	tree_process(77, "reader", 5, "");
	tree_put("/proc/77/fd/3", "");
	tree_put("/proc/77/fdinfo/3", "flags:\t0100000\n");
	open_link("/proc/77/fd/3", S_IFCHR, 0, makedev(248, 2));
	decide(mounts);
	check_class("/dev/ubi1", FSCLASS_REFUSED, "open");
	assert_int_equal(entry("/dev/ubi1")->holders.holder[0].pid, 77);
	link_count = 0;
	/* A block device would not be there again. */
	device("ubiblock1_0", 70, 0, NULL);
	decide(mounts);
	check_class("/dev/ubi1", FSCLASS_REFUSED, "ubiblock1_0");
	/* One of another volume of the same that is not listed, and of another one. */
	setup(state);
	tree_put("/sys/class/ubi/ubi1/mtd_num", "4\n");
	tree_put("/sys/class/mtd/mtd4/flags", "0xc00\n");
	list("/u");
	decide(ROOT "3 1 0:60 / /u rw - ubifs ubi1:data rw\n"
	       "4 1 0:61 / /v rw - ubifs ubi1_1 rw\n");
	check_class("/dev/ubi1", FSCLASS_REFUSED, "attached");
	decide(ROOT "3 1 0:60 / /u rw - ubifs ubi1:data rw\n"
	       "4 1 0:61 / /v rw - ubifs ubi:x rw\n");
	check_class("/dev/ubi1", FSCLASS_PERSISTENT, "listed");
}

static void test_ubiblock_is_what_its_flash_is(void **state)
{
	static const char mounts[] = ROOT
		"2 1 254:70 / /image ro - squashfs /dev/ubiblock1_0 ro\n";

	tree_put("/sys/class/ubi/ubi1/mtd_num", "4\n");
	tree_put("/sys/class/mtd/mtd4/flags", "0xc00\n");
	device("ubiblock1_0", 70, 0, NULL);
	decide(mounts);
	check_class("/image", FSCLASS_REFUSED, "ubi1 moves it");
	check_class("/dev/ubi1", FSCLASS_REFUSED, "ubiblock1_0");
	tree_put("/sys/class/mtd/mtd4/flags", "0x0\n");
	decide(mounts);
	check_class("/image", FSCLASS_IMMUTABLE, "by its format");
	assert_int_equal(table.refused, 0);
	decide(ROOT "2 1 254:70 / /image ro - ext4 /dev/ubiblock1_0 ro\n");
	check_class("/image", FSCLASS_IMMUTABLE, "read-only itself");
}

static void test_raw_flash_that_is_written_is_named(void **state)
{
	tree_put("/sys/class/mtd/mtd4/flags", "0xc00\n");
	tree_process(77, "updater", 5, "");
	tree_put("/proc/77/fd/3", "");
	tree_put("/proc/77/fdinfo/3", "flags:\t0100002\n");
	open_link("/proc/77/fd/3", S_IFCHR, 0, makedev(90, 8));
	decide(ROOT);
	check_class("/dev/mtd4", FSCLASS_REFUSED, "open for writing");
	assert_string_equal(entry("/dev/mtd4")->holders.holder[0].command, "updater");
	/* mtd4ro, and another character device. */
	links[0].st.st_rdev = makedev(90, 9);
	decide(ROOT);
	assert_int_equal(table.refused, 0);
	links[0].st.st_rdev = makedev(5, 8);
	decide(ROOT);
	assert_int_equal(table.refused, 0);
	links[0].st.st_rdev = makedev(90, 8);
	tree_put("/sys/class/mtd/mtd4/flags", "0x0\n");
	decide(ROOT);
	assert_int_equal(table.refused, 0);
}

static void test_jffs2_that_is_hidden_is_found(void **state)
{
	tree_process(9, "jffs2_gcd_mtd3", 5, "");
	decide(ROOT);
	check_class("/dev/mtd3", FSCLASS_REFUSED, "cannot be seen");
	list("/j");
	decide(ROOT "2 1 31:3 / /j rw - jffs2 mtd3 rw\n");
	assert_int_equal(table.refused, 0);
}

#define EVERY_CLASS ROOT \
	"2 1 254:32 / /data rw - ext4 /dev/vdc rw\n" \
	"3 1 254:48 / /fat rw - vfat /dev/vdd rw\n" \
	"4 1 254:64 / /look ro - vfat /dev/vde ro\n" \
	"5 1 0:30 / /net rw - nfs4 server:/x rw\n" \
	"6 1 254:80 / /image ro - squashfs /dev/vdf ro\n" \
	"7 1 0:51 / /o rw - overlay overlay rw,lowerdir=/image,upperdir=/data/u\n"

static void put_every_class(void)
{
	device("vdc", 32, 0, NULL);
	device("vdd", 48, 0, NULL);
	device("vde", 64, 0, NULL);
	device("vdf", 80, 0, NULL);
}

static void test_restored_once_what_can_be_frozen_passes(void **state)
{
	put_every_class();
	list("/fat");
	flags = FSCLASS_ONCE;
	decide(EVERY_CLASS);
	check_class("/data", FSCLASS_PERSISTENT, "frozen");
	check_class("/o", FSCLASS_PERSISTENT, "frozen");
	check_class("/look", FSCLASS_PERSISTENT, "used once");
	check_class("/image", FSCLASS_IMMUTABLE, "by its format");
	/* Nothing is unmounted, so that it is listed does not help. */
	check_class("/fat", FSCLASS_REFUSED, "is written to");
	assert_non_null(strstr(entry("/fat")->advice, "vfat cannot be frozen"));
	check_class("/net", FSCLASS_REFUSED, "elsewhere");
	assert_int_equal(table.refused, 2);
	flags = 0;
	decide(EVERY_CLASS);
	check_class("/data", FSCLASS_REFUSED, "is written to");
	check_class("/fat", FSCLASS_PERSISTENT, "listed");
}

static void test_restored_once_stacks_pass_with_what_they_lie_on(void **state)
{
	static const char mounts[] = ROOT
		"3 1 254:32 / /disk rw - ext4 /dev/vdc rw\n"
		"4 1 254:200 / /data rw - ext4 /dev/loop0 rw\n";

	device("loop0", 200, 0, NULL);
	device("vdc", 32, 0, NULL);
	tree_put("/sys/devices/loop0/loop/backing_file", "/some/file\n");
	tree_put("/sys/class/ubi/ubi1/mtd_num", "4\n");
	tree_put("/sys/class/mtd/mtd4/flags", "0xc00\n");
	loop_dev = makedev(254, 32);
	list("/disk");
	flags = FSCLASS_ONCE;
	decide(mounts);
	check_class("/data", FSCLASS_PERSISTENT, "frozen");
	check_class("/dev/ubi1", FSCLASS_REFUSED, "attached");
	decide(ROOT "3 1 254:32 / /disk rw - ext4 /dev/vdc rw\n");
	assert_int_equal(table.refused, 1);
}

static const struct snapcap_fingerprint *watched(const struct fingerprint_list *found,
						 unsigned int minor)
{
	for (u32 i = 0; i < found->count; i++)
		if (found->entry[i].minor == minor)
			return &found->entry[i];
	return NULL;
}

static void put_content(const char *name, long at, const char *magic)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/%s", name);
	tree_put_data(path, at, magic, strlen(magic));
	assert_int_equal(truncate(sysfile_path("%s", path).s, 1 << 20), 0);
}

static void test_devices_are_watched_by_their_class(void **state)
{
	struct fingerprint_list found = { .count = 0 };

	put_every_class();
	put_content("vdc", 1080, "\x53\xef");
	put_content("vdd", 54, "FAT16   ");
	put_content("vde", 0, "");
	put_content("vdf", 0, "hsqs");
	/* The lower layer of an overlay, unmounted lazily. */
	device("vdg", 96, 0, NULL);
	put_content("vdg", 0, "hsqs");
	claimed = "vdg";
	filesystem = "squashfs";
	list("/data");
	/* Nothing that is known here is on it: no failure. */
	list("/look");
	list("/net");
	decide(EVERY_CLASS);
	assert_int_equal(fsclass_watch(&table, FSCLASS_IMMUTABLE, &found), 0);
	assert_int_equal(found.count, 2);
	assert_int_equal(watched(&found, 80)->policy, SNAPCAP_FINGERPRINT_IMMUTABLE);
	assert_int_equal(watched(&found, 96)->policy, SNAPCAP_FINGERPRINT_IMMUTABLE);
	assert_int_equal(fsclass_watch(&table, FSCLASS_PERSISTENT, &found), 0);
	assert_int_equal(found.count, 3);
	assert_int_equal(watched(&found, 32)->policy, SNAPCAP_FINGERPRINT_IDENTITY);
	/* What is refused is nobody's to watch. */
	assert_null(watched(&found, 48));
}

static void test_flash_is_watched_as_flash(void **state)
{
	struct fingerprint_list found = { .count = 0 };

	tree_put("/sys/class/ubi/ubi1/mtd_num", "4\n");
	tree_put("/sys/class/mtd/mtd4/flags", "0xc00\n");
	tree_put("/sys/class/mtd/mtd4/size", "131072\n");
	put_content("mtd4ro", 0, "UBI#");
	list("/u");
	decide(ROOT "3 1 0:60 / /u rw - ubifs ubi1:data rw\n");
	assert_int_equal(fsclass_watch(&table, FSCLASS_PERSISTENT, &found), 0);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.entry[0].kind, SNAPCAP_FINGERPRINT_MTD);
	assert_int_equal(found.entry[0].minor, 4);
	assert_int_equal(found.entry[0].policy, SNAPCAP_FINGERPRINT_IDENTITY);
	/* What looks like something else is none: nothing of a jffs2 stays. */
	list("/j");
	tree_put("/sys/class/mtd/mtd5/flags", "0xc00\n");
	tree_put("/sys/class/mtd/mtd5/size", "131072\n");
	put_content("mtd5ro", 1080, "\x53\xef");
	found.count = 0;
	decide(ROOT "2 1 31:5 / /j rw - jffs2 mtd5 rw\n");
	assert_int_equal(fsclass_watch(&table, FSCLASS_PERSISTENT, &found), 0);
	assert_int_equal(found.count, 0);
	decide(ROOT "3 1 0:60 / /u rw - ubifs ubi1:data rw\n");
	/* One that cannot be looked at is a failure. */
	tree_put("/sys/class/mtd/mtd4/size", "0\n");
	assert_int_equal(fsclass_watch(&table, FSCLASS_PERSISTENT, &found), -ENODEV);
}

static void test_hostile_texts_do_no_harm(void **state)
{
	struct json_object *o;
	char line[9000];

	device("vdc", 32, 0, NULL);
	tree_process(77, "\033[2J\"\\", 5, "");
	memset(line, 0, sizeof(line));
	strcpy(line, ROOT "2 1 254:32 / /\\033[31m\\012x\\134\\040\\377\" rw - ext4 /dev/vdc rw\n"
	       "3 1 0:9 / /");
	memset(line + strlen(line), 'n', 6000);
	strcat(line, " rw - strange\\011type \\001 rw\n");
	tree_mounts(1, 1, line);
	assert_int_equal(run(cmd_check, NULL), SNAPCTL_REFUSED);
	assert_null(strchr(run_out, '\033'));
	assert_null(strchr(run_err, '\033'));
	assert_int_equal(run(cmd_check, "--json", NULL), SNAPCTL_REFUSED);
	o = run_json();
	assert_int_equal(json_number(o, "refused"), 2);
	assert_int_equal(json_number(o, "entries.1.class"), 4);
}

static void test_lines_that_are_none_are_an_error(void **state)
{
	static const char *const bad[] = {
		"nonsense\n", ROOT "2 1 254:32 /\n", ROOT "x y z\n",
		ROOT "2 1 254:32 / /data rw ext4 /dev/vdc rw\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		tree_mounts(1, 1, bad[i]);
		if (!fsclass_decide(&conf, 0, &table))
			fail_msg("accepted: %s", bad[i]);
		fsclass_free(&table);
		assert_int_equal(run(cmd_check, NULL), SNAPCTL_FAILURE);
		assert_non_null(strstr(run_err, "what to do: "));
	}
	tree_reset();
	assert_int_equal(run(cmd_check, NULL), SNAPCTL_FAILURE);
}

static void test_check_says_what_to_do(void **state)
{
	struct json_object *o;

	device("vdc", 32, 0, NULL);
	tree_mounts(1, 1, ROOT "2 1 254:32 / /data rw - ext4 /dev/vdc rw\n");
	assert_int_equal(run(cmd_check, NULL), 13);
	assert_non_null(strstr(run_out, "4 refused   /data"));
	assert_non_null(strstr(run_err, "/data (ext4 on vdc): can be written"));
	assert_non_null(strstr(run_err, "list it in /etc/snapcap/snapcap.conf"));
	assert_int_equal(run(cmd_check, "--json", NULL), 13);
	o = run_json();
	assert_int_equal(json_number(o, "exit_code"), 13);
	assert_string_equal(json_string(o, "entries.1.where"), "/data");
	assert_string_equal(json_string(o, "entries.1.class_name"), "refused");
	assert_string_equal(json_string(o, "entries.1.device"), "vdc");
	tree_put("/etc/snapcap/snapcap.conf", "[filesystems]\npersistent = /data\n");
	assert_int_equal(run(cmd_check, NULL), 0);
	assert_non_null(strstr(run_out, "3 listed    /data"));
	assert_non_null(strstr(run_out, "would not be refused"));
	tree_put("/etc/snapcap/snapcap.conf", "[filesystems]\npersistant = /data\n");
	assert_int_equal(run(cmd_check, NULL), SNAPCTL_FAILURE);
	assert_int_equal(run(cmd_check, "x", NULL), SNAPCTL_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_what_is_in_memory_is_allowed),
		TEST(test_matrix_of_a_disk),
		TEST(test_root_cannot_be_listed),
		TEST(test_elsewhere_is_refused_unless_listed),
		TEST(test_filesystem_without_a_number_names_its_device),
		TEST(test_overlay_is_as_bad_as_its_worst_layer),
		TEST(test_overlay_on_a_listed_mount_goes_with_it),
		TEST(test_layers_of_the_initrd_are_judged_by_device),
		TEST(test_device_of_block2mtd_is_allowed),
		TEST(test_stack_is_as_bad_as_what_is_beneath),
		TEST(test_loop_is_what_its_file_lies_on),
		TEST(test_second_namespace_is_found_and_named),
		TEST(test_namespace_of_a_thread_is_found),
		TEST(test_copy_of_a_listed_mount_must_follow_it),
		TEST(test_namespace_without_a_process_is_refused),
		TEST(test_swap),
		TEST(test_raw_writer_is_found_and_named),
		TEST(test_holders_of_a_mount_are_named),
		TEST(test_flash_filesystems),
		TEST(test_ubi_is_refused_for_what_else_uses_it),
		TEST(test_ubiblock_is_what_its_flash_is),
		TEST(test_raw_flash_that_is_written_is_named),
		TEST(test_jffs2_that_is_hidden_is_found),
		TEST(test_restored_once_what_can_be_frozen_passes),
		TEST(test_restored_once_stacks_pass_with_what_they_lie_on),
		TEST(test_devices_are_watched_by_their_class),
		TEST(test_flash_is_watched_as_flash),
		TEST(test_hostile_texts_do_no_harm),
		TEST(test_lines_that_are_none_are_an_error),
		TEST(test_check_says_what_to_do),
	};

	return cmocka_run_group_tests_name("fsclass", tests, NULL, NULL);
}
