// SPDX-License-Identifier: GPL-2.0-only
/* The parts of an OS image: reads, checks and compresses them. Decides no offset. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "mkimage.h"
#include "msg.h"
#include "unlz4.h"

/* COMMAND_LINE_SIZE of arm64, with its NUL. */
#define CMDLINE_MAX	2048

static int read_all(int fd, u8 *data, size_t size)
{
	while (size) {
		ssize_t got = read(fd, data, size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -EIO;
		data += got;
		size -= (size_t)got;
	}
	return 0;
}

static int load_file(const char *name, void **data, u64 *size)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC), ret = 0;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		ret = -errno;
	} else if (!S_ISREG(st.st_mode)) {
		ret = -EINVAL;
	} else if (!st.st_size || st.st_size > SNAPCAP_OS_PART_SIZE_MAX) {
		ret = -EFBIG;
	} else {
		*size = (u64)st.st_size;
		*data = malloc(*size);
		ret = *data ? read_all(fd, *data, *size) : -ENOMEM;
	}
	if (fd >= 0)
		close(fd);
	if (!ret)
		return SNAPCTL_OK;
	if (ret == -EFBIG)
		msg_error("%s is empty or too large", name);
	else if (ret == -EINVAL)
		msg_error("%s is not a regular file", name);
	else
		msg_error("%s cannot be read: %s", name, strerror(-ret));
	return ret == -EIO ? SNAPCTL_IO : SNAPCTL_FAILURE;
}

static int load_cmdline(const char *text, void **data, u64 *size)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
			msg_error("the command line has a control character in it");
			return SNAPCTL_USAGE;
		}
	}
	if (!len || len >= CMDLINE_MAX) {
		msg_error("the command line has %zu bytes, 1 to %d are possible", len,
			  CMDLINE_MAX - 1);
		return SNAPCTL_USAGE;
	}
	*data = strdup(text);
	*size = len;
	return *data ? SNAPCTL_OK : SNAPCTL_FAILURE;
}

static int check_dtb(const char *name, const u8 *data, u64 size)
{
	static const u8 magic[] = { 0xd0, 0x0d, 0xfe, 0xed };
	u64 total;

	if (size >= 40 && !memcmp(data, magic, sizeof(magic))) {
		total = (u64)data[4] << 24 | data[5] << 16 | data[6] << 8 | data[7];
		if (total <= size)
			return SNAPCTL_OK;
	}
	msg_error("%s is not a device tree blob, or cut short", name);
	return SNAPCTL_INVALID;
}

/*
 * Documentation/arm64/booting.rst of Linux, 4.: the Image goes text_offset bytes above
 * a 2 MiB boundary, and its first instruction is its first byte.
 */
static int check_place(const struct mkimage *mk)
{
	u64 size = mk->os.part[SNAPCAP_OS_PART_KERNEL].size;
	u64 base = mk->os.load_addr + mk->os.load_bias;

	if (mk->os.load_addr == SNAPCAP_OS_LOAD_ANY)
		return SNAPCTL_OK;
	if (mk->os.entry >= size) {
		msg_error("--entry is behind the end of the kernel, which has %" PRIu64 " bytes",
			  size);
		return SNAPCTL_USAGE;
	}
	if ((base - mk->id.text_offset) % IMAGE_ALIGN) {
		msg_error("the kernel cannot be loaded to 0x%" PRIx64 ": it wants to be 0x%" PRIx64
			  " bytes above a multiple of 2 MiB", base, mk->id.text_offset);
		return SNAPCTL_USAGE;
	}
	if (mk->id.memory_size > ~0ULL - base) {
		msg_error("the kernel does not fit between 0x%" PRIx64 " and the end of the "
			  "addresses", base);
		return SNAPCTL_USAGE;
	}
	return SNAPCTL_OK;
}

static int check_kernel(struct mkimage *mk)
{
	const char *name = mk->file[SNAPCAP_OS_PART_KERNEL];
	const char *why = kernelid_find(mk->data[SNAPCAP_OS_PART_KERNEL],
					mk->os.part[SNAPCAP_OS_PART_KERNEL].size, &mk->id);

	if (!why)
		return check_place(mk);
	msg_error("%s cannot be used: %s", name, why);
	msg_advice("a snapshot is bound to the release and the build id of its kernel; use "
		   "arch/arm64/boot/Image of a kernel built with a GNU build id");
	return SNAPCTL_INVALID;
}

/* Compress a part where that makes it smaller, and sum up what is stored. */
static int pack_part(struct mkimage *mk, u32 type)
{
	struct snapimg_os_part *part = &mk->os.part[type];
	size_t size;
	void *packed;

	part->codec = SNAPCAP_CODEC_RAW;
	part->stored_size = part->size;
	if (mk->level && mk->packed & 1U << type) {
		packed = malloc(part->size);
		if (!packed) {
			msg_error("out of memory");
			return SNAPCTL_NO_SPACE;
		}
		size = lz4_pack(mk->data[type], part->size, packed, part->size - 1, mk->level);
		if (size) {
			free(mk->data[type]);
			mk->data[type] = packed;
			part->codec = SNAPCAP_CODEC_LZ4;
			part->stored_size = size;
		} else {
			free(packed);
		}
	}
	part->sum = snapimg_sum(mk->data[type], part->stored_size);
	return SNAPCTL_OK;
}

int mkimage_load(struct mkimage *mk)
{
	for (u32 i = SNAPCAP_OS_PART_KERNEL; i <= SNAPCAP_OS_PART_CMDLINE; i++) {
		struct snapimg_os_part *part = &mk->os.part[i];
		int ret;

		if (!mk->file[i])
			continue;
		if (i == SNAPCAP_OS_PART_CMDLINE)
			ret = load_cmdline(mk->file[i], &mk->data[i], &part->size);
		else
			ret = load_file(mk->file[i], &mk->data[i], &part->size);
		if (!ret && i == SNAPCAP_OS_PART_KERNEL)
			ret = check_kernel(mk);
		if (!ret && i == SNAPCAP_OS_PART_DTB)
			ret = check_dtb(mk->file[i], mk->data[i], part->size);
		if (!ret)
			ret = pack_part(mk, i);
		if (ret)
			return ret;
	}
	return SNAPCTL_OK;
}
