// SPDX-License-Identifier: GPL-2.0-only
/*
 * What UBI does not tell of a device that is attached is read from the flash. The number of
 * bad blocks that it was told to expect is nowhere: the kernel's own counts again.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mtd/ubi-user.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <zlib.h>

#include "blockdev.h"
#include "sysfile.h"
#include "ubi.h"

/*
 * Of drivers/mtd/ubi/ubi-media.h: the header that each erase block begins with. All numbers
 * are big-endian.
 */
#define EC_SIZE		64
#define EC_VID_OFFSET	16
#define EC_CRC		60

/* Some may be bad, or have been erased right before the power failed. */
#define LOOK_AT		64

static u32 get_be32(const u8 *at)
{
	return (u32)at[0] << 24 | (u32)at[1] << 16 | (u32)at[2] << 8 | at[3];
}

/* Major number of its character devices; 0: there is no such UBI device. */
static unsigned int major_of(unsigned int number)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/ubi/ubi%u/dev", number);
	return major(sysfile_dev(path));
}

static int of_device_node(const char *path)
{
	struct stat st;

	if (sysfile_stat(path, &st) || !S_ISCHR(st.st_mode))
		return -1;
	for (unsigned int number = 0; number < UBI_COUNT_MAX; number++)
		if (major_of(number) == major(st.st_rdev))
			return (int)number;
	return -1;
}

/* In the order in which UBIFS tries them. */
int ubi_of_source(const char *source)
{
	unsigned long number;
	char *end;

	if (*source == '/')
		return of_device_node(source);
	if (strncmp(source, "ubi", 3))
		return -1;
	source += 3;
	if (*source == ':' || *source == '!')
		return 0;
	if (!isdigit(*source))
		return -1;
	number = strtoul(source, &end, 0);
	/* That alone is a volume of the first. */
	if (!*end)
		return 0;
	return (*end == '_' || *end == ':' || *end == '!') && number < UBI_COUNT_MAX ?
		(int)number : -1;
}

int ubi_of_disk(const char *name)
{
	unsigned int number, volume;
	char more;

	return sscanf(name, "ubiblock%u_%u%c", &number, &volume, &more) == 2 &&
		number < UBI_COUNT_MAX ? (int)number : -1;
}

/* Of which UBI device it is made, gluebi does not tell. */
static bool is_gluebi(const char *mtd)
{
	char path[320], *text;
	bool found;

	snprintf(path, sizeof(path), "/sys/class/mtd/%s/type", mtd);
	if (strncmp(mtd, "mtd", 3) || sysfile_read(path, &text))
		return false;
	found = !strcmp(text, "ubi\n");
	free(text);
	return found;
}

bool ubi_made_into(unsigned int number, char *name, size_t size)
{
	static const char *const folders[] = { "/sys/class/block", "/sys/class/mtd" };
	struct sysfile_names names;
	bool found = false;

	for (int i = 0; !found && i < 2; i++) {
		sysfile_names(folders[i], &names);
		for (int j = 0; !found && j < names.count; j++) {
			const char *entry = names.entry[j]->d_name;

			found = i ? is_gluebi(entry) : ubi_of_disk(entry) == (int)number;
			if (found)
				snprintf(name, size, "%s", entry);
		}
		sysfile_names_free(&names);
	}
	return found;
}

int ubi_holders(unsigned int number, struct holders *holders)
{
	unsigned int major = major_of(number);

	*holders = (struct holders){ NULL, 0 };
	return major ? holders_character(holders, major) : 0;
}

/* A block that cannot be read, or has no header, says nothing. */
static bool read_vid_offset(int fd, u64 at, u64 erase, u32 *offset)
{
	u8 header[EC_SIZE];

	if (pread(fd, header, sizeof(header), (off_t)at) != sizeof(header) ||
	    memcmp(header, "UBI#", 4) ||
	    /* UBI does not invert it at the end. */
	    get_be32(header + EC_CRC) != ~(u32)crc32(0, header, EC_CRC))
		return false;
	*offset = get_be32(header + EC_VID_OFFSET);
	return *offset >= EC_SIZE && *offset < erase;
}

int ubi_find(unsigned int number, struct ubi_device *ubi)
{
	int mtd = blockdev_ubi_mtd(number), fd, ret = -EPROTO;
	u64 erase, bytes;

	memset(ubi, 0, sizeof(*ubi));
	if (mtd < 0)
		return -ENODEV;
	ubi->number = number;
	ubi->mtd = (unsigned int)mtd;
	erase = blockdev_mtd_erase_bytes(ubi->mtd);
	bytes = blockdev_mtd_bytes(ubi->mtd);
	fd = open(sysfile_path("/dev/mtd%uro", ubi->mtd).s, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (u64 at = 0; ret && erase && at < bytes && at < LOOK_AT * erase; at += erase)
		if (read_vid_offset(fd, at, erase, &ubi->vid_offset))
			ret = 0;
	close(fd);
	return ret;
}

static int control(unsigned long request, void *arg)
{
	int fd = open(sysfile_path("/dev/ubi_ctrl").s, O_RDONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, request, arg))
		ret = -errno;
	close(fd);
	return ret;
}

int ubi_detach(struct ubi_device *ubi)
{
	__s32 number = (__s32)ubi->number;
	int ret = control(UBI_IOCDET, &number);

	ubi->detached = !ret;
	return ret;
}

int ubi_attach(struct ubi_device *ubi)
{
	struct ubi_attach_req req = {
		.ubi_num = (__s32)ubi->number, .mtd_num = (__s32)ubi->mtd,
		.vid_hdr_offset = (__s32)ubi->vid_offset,
	};
	int ret = control(UBI_IOCATT, &req);

	if (ret == -EEXIST && blockdev_ubi_mtd(ubi->number) == (int)ubi->mtd)
		ret = 0;
	ubi->detached = ret;
	return ret;
}
