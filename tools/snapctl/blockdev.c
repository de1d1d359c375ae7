// SPDX-License-Identifier: GPL-2.0-only
/* Reads sysfs. What cannot be read counts as writable. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "blockdev.h"
#include "fsprobe.h"
#include "sysfile.h"

#define RAM_DISK_MAJOR	1
#define SECTOR		512
/* Of linux/mtd/mtd.h of the kernel; sysfs shows it as it is. */
#define MTD_WRITEABLE	0x400

static int read_name(const char *folder, char *name)
{
	char path[128], *text, *rest, *line;
	int ret;

	snprintf(path, sizeof(path), "%s/uevent", folder);
	ret = sysfile_read(path, &text);
	if (ret)
		return ret;
	ret = -ENODEV;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, "DEVNAME=", 8) || strlen(line + 8) >= BLOCKDEV_NAME_SIZE)
			continue;
		strcpy(name, line + 8);
		ret = 0;
	}
	free(text);
	return ret;
}

static bool exists(const char *folder, const char *name)
{
	return !access(sysfile_path("%s/%s", folder, name).s, F_OK);
}

static bool has_entries(const char *folder, const char *name)
{
	struct sysfile_names names;
	char path[128];
	bool found;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	found = !sysfile_names(path, &names) && names.count;
	sysfile_names_free(&names);
	return found;
}

static dev_t number_of(const char *name)
{
	char path[320];

	snprintf(path, sizeof(path), "/sys/class/block/%s/dev", name);
	return sysfile_dev(path);
}

static int read_slaves(const char *folder, struct blockdev *b)
{
	struct sysfile_names names;
	char path[128];
	int ret = 0;

	snprintf(path, sizeof(path), "%s/slaves", folder);
	sysfile_names(path, &names);
	if (names.count > BLOCKDEV_SLAVES_MAX)
		ret = -E2BIG;
	for (int i = 0; !ret && i < names.count; i++)
		b->slave[b->slaves++] = number_of(names.entry[i]->d_name);
	sysfile_names_free(&names);
	return ret;
}

static bool has_partitions(const char *folder, const char *name)
{
	struct sysfile_names names;
	bool found = false;
	char path[384];

	sysfile_names(folder, &names);
	for (int i = 0; !found && i < names.count; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names.entry[i]->d_name);
		found = !strncmp(names.entry[i]->d_name, name, strlen(name)) &&
			exists(path, "partition");
	}
	sysfile_names_free(&names);
	return found;
}

static bool is_ram_disk(const char *folder, const struct blockdev *b)
{
	char path[128], *text;
	bool in_memory;

	if (major(b->dev) == RAM_DISK_MAJOR)
		return true;
	if (strncmp(b->name, "zram", 4))
		return false;
	/* It may write what has not been used for long to a disk. */
	snprintf(path, sizeof(path), "%s/backing_dev", folder);
	if (sysfile_read(path, &text))
		return true;
	in_memory = !strncmp(text, "none", 4);
	free(text);
	return in_memory;
}

int blockdev_get(dev_t dev, struct blockdev *b)
{
	char folder[64], path[96];
	u64 value;
	int ret;

	memset(b, 0, sizeof(*b));
	b->dev = dev;
	snprintf(folder, sizeof(folder), "/sys/dev/block/%u:%u", major(dev), minor(dev));
	ret = read_name(folder, b->name);
	if (ret)
		return ret == -ENOENT ? -ENODEV : ret;
	snprintf(path, sizeof(path), "%s/ro", folder);
	b->read_only = !sysfile_number(path, 10, &value) && value == 1;
	snprintf(path, sizeof(path), "%s/size", folder);
	b->bytes = sysfile_number(path, 10, &value) ? 0 : value * SECTOR;
	b->partition = exists(folder, "partition");
	b->partitioned = !b->partition && has_partitions(folder, b->name);
	b->held = has_entries(folder, "holders");
	if (b->partition)
		strcat(folder, "/..");
	b->loop = exists(folder, "loop/backing_file");
	b->in_memory = is_ram_disk(folder, b);
	return read_slaves(folder, b);
}

dev_t blockdev_number(const char *path)
{
	char *real = realpath(sysfile_path("%s", path).s, NULL);
	dev_t dev;

	if (!real)
		return 0;
	dev = number_of(strrchr(real, '/') + 1);
	free(real);
	return dev;
}

int blockdev_list(dev_t **devs)
{
	struct sysfile_names names;
	int ret = sysfile_names("/sys/class/block", &names), count = 0;

	*devs = NULL;
	if (ret)
		return ret == -ENOENT ? 0 : ret;
	*devs = calloc((size_t)names.count + 1, sizeof(**devs));
	for (int i = 0; *devs && i < names.count; i++) {
		dev_t dev = number_of(names.entry[i]->d_name);

		if (dev)
			(*devs)[count++] = dev;
	}
	sysfile_names_free(&names);
	return *devs ? count : -ENOMEM;
}

static int open_device(const struct blockdev *b, int flags)
{
	return open(sysfile_path("/dev/%s", b->name).s, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
}

int blockdev_loop_file(const struct blockdev *b, dev_t *dev, char *path, size_t size)
{
	struct loop_info64 info;
	int fd = open_device(b, 0), ret = 0;
	char *text, attribute[128];

	if (fd < 0)
		return -errno;
	if (ioctl(fd, LOOP_GET_STATUS64, &info))
		ret = -errno;
	close(fd);
	if (ret)
		return ret;
	/* In the form of the kernel, which is not that of the C library. */
	*dev = makedev((info.lo_device >> 8) & 0xfff,
		       (info.lo_device & 0xff) | ((info.lo_device >> 12) & 0xfff00));
	snprintf(attribute, sizeof(attribute), "/sys/dev/block/%u:%u/loop/backing_file",
		 major(b->dev), minor(b->dev));
	if (sysfile_read(attribute, &text)) {
		snprintf(path, size, "a file");
		return 0;
	}
	snprintf(path, size, "%.*s", (int)strcspn(text, "\n"), text);
	free(text);
	return 0;
}

bool blockdev_claimed(const struct blockdev *b)
{
	/* For reading: it changes nothing, and nobody is told that the device was written. */
	int fd = open_device(b, O_EXCL);

	if (fd < 0)
		return errno == EBUSY;
	close(fd);
	return false;
}

/* Writes back and drops what is cached; closes @fd. */
static int flush(int fd)
{
	int ret = 0;

	if (fd < 0 || fsync(fd) || ioctl(fd, BLKFLSBUF, 0))
		ret = -errno;
	if (fd >= 0)
		close(fd);
	return ret;
}

int blockdev_flush(const char *path)
{
	struct stat st;

	if (*path != '/' || stat(path, &st) || !S_ISBLK(st.st_mode))
		return -ENOTBLK;
	/* Read-only: udev looks at, and so caches, what was open for writing. */
	return flush(open(path, O_RDONLY | O_EXCL | O_CLOEXEC));
}

int blockdev_flush_mtd(void)
{
	int count, ret = 0;
	dev_t *devs;

	if (!exists("/sys/module", "block2mtd"))
		return 0;
	count = blockdev_list(&devs);
	for (int i = 0; !ret && i < count; i++) {
		struct blockdev b;

		if (!blockdev_get(devs[i], &b) && b.bytes && blockdev_claimed(&b))
			ret = flush(open_device(&b, 0));
	}
	free(devs);
	return count < 0 ? count : ret;
}

void blockdev_filesystem(const struct blockdev *b, char *type, size_t size)
{
	int fd = open_device(b, 0);
	const char *found;

	*type = '\0';
	if (fd < 0)
		return;
	if (!fsprobe(fd, b->bytes, &found))
		snprintf(type, size, "%s", found);
	close(fd);
}

static u64 mtd_attribute(const char *mtd, const char *attribute)
{
	char path[320];
	u64 value;

	snprintf(path, sizeof(path), "/sys/class/mtd/%s/%s", mtd, attribute);
	return sysfile_number(path, 10, &value) ? 0 : value;
}

/* block2mtd tells nobody which devices it has: one with the size of an MTD device is. */
static bool is_size_of_mtd(const char *mtd, u64 bytes)
{
	u64 size = mtd_attribute(mtd, "size"), erase = mtd_attribute(mtd, "erasesize");

	return size && erase && size <= bytes && bytes - size < erase;
}

bool blockdev_is_mtd(const struct blockdev *b)
{
	struct sysfile_names names;
	bool found = false;

	if (!exists("/sys/module", "block2mtd"))
		return false;
	sysfile_names("/sys/class/mtd", &names);
	for (int i = 0; !found && i < names.count; i++)
		found = !strncmp(names.entry[i]->d_name, "mtd", 3) &&
			is_size_of_mtd(names.entry[i]->d_name, b->bytes);
	sysfile_names_free(&names);
	return found;
}

u64 blockdev_mtd_bytes(unsigned int number)
{
	char name[16];

	snprintf(name, sizeof(name), "mtd%u", number);
	return mtd_attribute(name, "size");
}

u64 blockdev_mtd_erase_bytes(unsigned int number)
{
	char name[16];

	snprintf(name, sizeof(name), "mtd%u", number);
	return mtd_attribute(name, "erasesize");
}

bool blockdev_mtd_writable(unsigned int number)
{
	char path[64];
	u64 flags;

	snprintf(path, sizeof(path), "/sys/class/mtd/mtd%u/flags", number);
	return sysfile_number(path, 16, &flags) || flags & MTD_WRITEABLE;
}

int blockdev_ubi_mtd(unsigned int ubi)
{
	char path[64];
	u64 number;

	snprintf(path, sizeof(path), "/sys/class/ubi/ubi%u/mtd_num", ubi);
	return sysfile_number(path, 10, &number) || number > INT_MAX ? -1 : (int)number;
}
