// SPDX-License-Identifier: GPL-2.0-only
/*
 * A table of filesystems. The offsets are those of their on-disk formats, as Linux
 * describes them: fs/squashfs/squashfs_fs.h, fs/erofs/erofs_fs.h, fs/ext4/ext4.h,
 * include/linux/f2fs_fs.h, uapi/linux/btrfs_tree.h, fs/xfs/libxfs/xfs_format.h,
 * uapi/linux/msdos_fs.h, uapi/linux/cramfs_fs.h, uapi/linux/romfs_fs.h,
 * uapi/linux/iso_fs.h, uapi/linux/jffs2.h, drivers/mtd/ubi/ubi-media.h.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fsprobe.h"

/* The end of an image has its tables: where each file lies, how large and how old it is. */
#define TAIL	65536

/**
 * struct fs - what is known of a filesystem
 * @type: its name
 * @magic_at: where it is to be recognised
 * @magic: by what
 * @magic_size: bytes of that
 * @end: where it ends, read from its superblock; 0: not known; NULL: not asked
 * @written: it can be written
 * @whole: parts that change when it is written to, by a mount or by a new image; those
 *	without a length are not used
 * @identity: parts that never change while it is the same one
 */
struct fs {
	const char *type;
	u64 magic_at;
	const char *magic;
	size_t magic_size;
	u64 (*end)(int fd);
	bool written;
	struct snapcap_fingerprint_range whole[3];
	struct snapcap_fingerprint_range identity[3];
};

static bool read_at(int fd, u64 at, void *buf, size_t len)
{
	return pread(fd, buf, len, (off_t)at) == (ssize_t)len;
}

static u64 squashfs_end(int fd)
{
	__le64 bytes_used;

	return read_at(fd, 40, &bytes_used, sizeof(bytes_used)) ? le64_to_cpu(bytes_used) : 0;
}

static u64 erofs_end(int fd)
{
	__le32 blocks;
	u8 bits;

	if (!read_at(fd, 1024 + 12, &bits, sizeof(bits)) || bits < 9 || bits > 16 ||
	    !read_at(fd, 1024 + 36, &blocks, sizeof(blocks)))
		return 0;
	return (u64)le32_to_cpu(blocks) << bits;
}

static const struct fs table[] = {
	/* Flash first: what lies there at the place of another's magic is anything. */
	/* Of the first block's header, which is written anew with each erase, what stays. */
	{ "ubi", 0, "UBI#", 4, NULL, true, { { 0, TAIL } }, { { 16, 12 } } },
	/* Little-endian. It has nothing that stays when it is written. */
	{ "jffs2", 0, "\x85\x19", 2, NULL, true, { { 0, TAIL } }, { { 0, 0 } } },
	{ "squashfs", 0, "hsqs", 4, squashfs_end, false, { { 0, 4096 } }, { { 0, 96 } } },
	{ "erofs", 1024, "\xe2\xe1\xf5\xe0", 4, erofs_end, false,
	  /* the superblock and, mostly, the root's inode behind it */
	  { { 0, 4096 } }, { { 1024 + 48, 16 } } },
	/* The superblock has a checksum of all of it, and there is nothing behind. */
	{ "cramfs", 0, "\x45\x3d\xcd\x28", 4, NULL, false, { { 0, 4096 } }, { { 0, 64 } } },
	{ "romfs", 0, "-rom1fs-", 8, NULL, false, { { 0, 4096 } }, { { 0, 32 } } },
	/* Volume descriptor, with four times of day. */
	{ "iso9660", 32769, "CD001", 5, NULL, false, { { 32768, 4096 } }, { { 32768, 2048 } } },
	/*
	 * The whole superblock, with the times and counts of mounts and writes, and the
	 * first descriptors of groups, with their counts and checksums. Identity: UUID,
	 * hash seed and time of mkfs. Copies of an image have the same UUID.
	 */
	{ "ext4", 1024 + 56, "\x53\xef", 2, NULL, true, { { 1024, 1024 }, { 4096, 4096 } },
	  { { 1024 + 0x68, 16 }, { 1024 + 0xec, 16 }, { 1024 + 0x108, 4 } } },
	/* The superblock and both checkpoints, at their place in segments of 2 MiB. */
	{ "f2fs", 1024, "\x10\x20\xf5\xf2", 4, NULL, true,
	  { { 1024, 3072 }, { 2 << 20, 4096 }, { 4 << 20, 4096 } },
	  { { 1024 + 108, 16 } } },
	/* With the generation, which each commit counts. Identity: UUID of the filesystem. */
	{ "btrfs", 65536 + 64, "_BHRfS_M", 8, NULL, true, { { 65536, 4096 } },
	  { { 65536 + 32, 16 } } },
	{ "xfs", 0, "XFSB", 4, NULL, true, { { 0, 4096 } }, { { 32, 16 } } },
	/*
	 * With the first sectors of the FAT. Identity: serial number and label, at the
	 * place of FAT12 and FAT16 and at that of FAT32, where the others have what never
	 * changes; not the bytes before them, which a mount sets.
	 */
	{ "vfat", 82, "FAT32", 5, NULL, true, { { 0, TAIL } }, { { 39, 23 }, { 67, 23 } } },
	{ "vfat", 54, "FAT1", 4, NULL, true, { { 0, TAIL } }, { { 39, 23 }, { 67, 23 } } },
};

#define COUNT	(sizeof(table) / sizeof(table[0]))

int fsprobe(int fd, u64 bytes, const char **type)
{
	char magic[8];

	for (size_t i = 0; i < COUNT; i++) {
		const struct fs *fs = &table[i];

		if (fs->magic_at + fs->magic_size > bytes)
			continue;
		if (!read_at(fd, fs->magic_at, magic, fs->magic_size))
			return -EIO;
		if (memcmp(magic, fs->magic, fs->magic_size))
			continue;
		*type = fs->type;
		return 0;
	}
	return -ENODATA;
}

static const struct fs *find(const char *type)
{
	for (size_t i = 0; i < COUNT; i++)
		if (!strcmp(table[i].type, type))
			return &table[i];
	return NULL;
}

bool fsprobe_never_written(const char *type)
{
	const struct fs *fs = find(type);

	return fs && !fs->written;
}

/* Cut to the device; nothing of it may be left. */
static void add(struct snapcap_fingerprint_range *range, u32 *count, u64 offset, u64 length,
		u64 bytes)
{
	if (offset >= bytes || !length)
		return;
	range[*count].offset = offset;
	range[*count].length = length < bytes - offset ? length : bytes - offset;
	++*count;
}

int fsprobe_ranges(int fd, const char *type, bool immutable, u64 bytes,
		   struct snapcap_fingerprint_range *range, u32 *count)
{
	const struct fs *fs = find(type);
	u64 end = bytes;

	*count = 0;
	memset(range, 0, SNAPCAP_FINGERPRINT_RANGES * sizeof(*range));
	if (!fs)
		return -ENODATA;
	if (!immutable) {
		for (size_t i = 0; i < sizeof(fs->identity) / sizeof(fs->identity[0]); i++)
			add(range, count, fs->identity[i].offset, fs->identity[i].length, bytes);
		return *count ? 0 : -ENODATA;
	}
	for (size_t i = 0; i < sizeof(fs->whole) / sizeof(fs->whole[0]); i++)
		add(range, count, fs->whole[i].offset, fs->whole[i].length, bytes);
	/* What is behind the image says nothing; where that ends is not to be believed. */
	if (!fs->written && fs->end)
		end = fs->end(fd);
	if (!fs->written && (!end || end > bytes))
		end = bytes;
	if (!fs->written)
		add(range, count, end > TAIL ? end - TAIL : 0, end > TAIL ? TAIL : end, bytes);
	return *count ? 0 : -ENODATA;
}
