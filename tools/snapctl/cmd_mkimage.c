// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapctl mkimage: what the boot loader boots when there is no snapshot. The same
 * files make the same bytes. The result appears under its name when it is complete.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "facts.h"
#include "kernelid.h"
#include "msg.h"
#include "units.h"

#define KEY_KERNEL	0x300
#define KEY_DTB		0x301
#define KEY_INITRD	0x302
#define KEY_CMDLINE	0x303
#define KEY_VERSION	0x304

/* COMMAND_LINE_SIZE of arm64, with its NUL. */
#define CMDLINE_MAX	2048
/* The loader's flash is smaller still; keeps sums far from wrapping. */
#define PART_SIZE_MAX	(1024U * 1024 * 1024)

static const struct argp_option mkimage_options[] = {
	{ NULL, 0, NULL, 0, "Parts:", 1 },
	{ "kernel", KEY_KERNEL, "FILE", 0, "Uncompressed arm64 Image (needed)", 1 },
	{ "dtb", KEY_DTB, "FILE", 0, "Device tree, default: the machine's own", 1 },
	{ "initrd", KEY_INITRD, "FILE", 0, "Initial RAM disk", 1 },
	{ "cmdline", KEY_CMDLINE, "TEXT", 0, "Kernel command line, default: the machine's own", 1 },
	{ NULL, 0, NULL, 0, "Result:", 2 },
	{ "image-version", KEY_VERSION, "N", 0, "Of several valid images the highest is booted; "
	  "default: 1", 2 },
	{ "version", KEY_VERSION, "N", OPTION_ALIAS, NULL, 2 },
	{ "output", 'o', "FILE", 0, "Where to write it (needed)", 2 },
	{ 0 }
};

/**
 * struct mkimage - an image in the making
 * @file: of each part, indexed by SNAPCAP_OS_PART_*; the text for CMDLINE
 * @output: result
 * @version: of the image
 * @os: its header
 * @data: of each part
 * @id: the kernel
 */
struct mkimage {
	const char *file[SNAPCAP_OS_PART_CMDLINE + 1];
	const char *output;
	u64 version;
	struct snapimg_os os;
	void *data[SNAPCAP_OS_PART_CMDLINE + 1];
	struct kernelid id;
};

static error_t parse_mkimage(int key, char *arg, struct argp_state *state)
{
	struct mkimage *mk = state->input;

	switch (key) {
	case KEY_KERNEL:
		mk->file[SNAPCAP_OS_PART_KERNEL] = arg;
		return 0;
	case KEY_DTB:
		mk->file[SNAPCAP_OS_PART_DTB] = arg;
		return 0;
	case KEY_INITRD:
		mk->file[SNAPCAP_OS_PART_INITRD] = arg;
		return 0;
	case KEY_CMDLINE:
		mk->file[SNAPCAP_OS_PART_CMDLINE] = arg;
		return 0;
	case KEY_VERSION:
		if (!options_number(arg, &mk->version))
			return 0;
		argp_error(state, "not a version number: %s", arg);
		return EINVAL;
	case ARGP_KEY_ARG:
		if (mk->output) {
			argp_error(state, "unexpected argument: %s", arg);
			return EINVAL;
		}
		/* fall through */
	case 'o':
		mk->output = arg;
		return 0;
	case ARGP_KEY_END:
		if (mk->file[SNAPCAP_OS_PART_KERNEL] && mk->output)
			return 0;
		argp_error(state, "--kernel and --output are needed");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

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
	} else if (!st.st_size || st.st_size > PART_SIZE_MAX) {
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

static int check_kernel(struct mkimage *mk)
{
	const char *name = mk->file[SNAPCAP_OS_PART_KERNEL];
	const char *why = kernelid_find(mk->data[SNAPCAP_OS_PART_KERNEL],
					mk->os.part[SNAPCAP_OS_PART_KERNEL].size, &mk->id);

	if (!why)
		return SNAPCTL_OK;
	msg_error("%s cannot be used: %s", name, why);
	msg_advice("a snapshot is bound to the release and the build id of its kernel; use "
		   "arch/arm64/boot/Image of a kernel built with a GNU build id");
	return SNAPCTL_INVALID;
}

static int load_parts(struct mkimage *mk)
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
		if (ret)
			return ret;
	}
	return SNAPCTL_OK;
}

static u64 align_part(u64 offset)
{
	return (offset + SNAPCAP_OS_PART_ALIGN - 1) / SNAPCAP_OS_PART_ALIGN * SNAPCAP_OS_PART_ALIGN;
}

static void lay_out(struct mkimage *mk)
{
	u64 end = sizeof(struct snapcap_os_header);

	for (u32 i = SNAPCAP_OS_PART_KERNEL; i <= SNAPCAP_OS_PART_CMDLINE; i++) {
		struct snapimg_os_part *part = &mk->os.part[i];

		if (!part->size)
			continue;
		part->codec = SNAPCAP_CODEC_RAW;
		part->offset = align_part(end);
		part->stored_size = part->size;
		part->sum = snapimg_sum(mk->data[i], part->size);
		end = part->offset + part->size;
	}
	mk->os.version = mk->version;
	mk->os.image_size = end;
	mk->os.arch = SNAPCAP_ARCH_ARM64;
	memcpy(mk->os.kernel_release, mk->id.release, sizeof(mk->os.kernel_release));
	memcpy(mk->os.build_id, mk->id.build_id, sizeof(mk->os.build_id));
	mk->os.build_id_size = sizeof(mk->os.build_id);
}

static int write_at(FILE *out, u64 offset, const void *data, size_t size)
{
	static const u8 zero[SNAPCAP_OS_PART_ALIGN];
	long at = ftell(out);

	if (at < 0 || (u64)at > offset || offset - (u64)at > sizeof(zero) ||
	    fwrite(zero, 1, (size_t)(offset - (u64)at), out) != offset - (u64)at ||
	    fwrite(data, 1, size, out) != size)
		return -EIO;
	return 0;
}

static int write_image(const struct mkimage *mk, FILE *out)
{
	struct snapcap_os_header header;

	snapimg_os_build(&mk->os, &header);
	if (write_at(out, 0, &header, sizeof(header)))
		return -EIO;
	for (u32 i = SNAPCAP_OS_PART_KERNEL; i <= SNAPCAP_OS_PART_CMDLINE; i++) {
		const struct snapimg_os_part *part = &mk->os.part[i];

		if (part->size && write_at(out, part->offset, mk->data[i], part->size))
			return -EIO;
	}
	return fflush(out) || fsync(fileno(out)) ? -EIO : 0;
}

static int save(const struct mkimage *mk)
{
	size_t room = strlen(mk->output) + 8;
	char *temp = malloc(room);
	mode_t mask = umask(0);
	int fd = -1, ret = 0;
	FILE *out = NULL;

	umask(mask);
	if (!temp)
		return SNAPCTL_FAILURE;
	snprintf(temp, room, "%s.XXXXXX", mk->output);
	fd = mkstemp(temp);
	if (fd >= 0)
		out = fdopen(fd, "wb");
	if (!out || fchmod(fd, 0666 & ~mask) || write_image(mk, out))
		ret = errno ? -errno : -EIO;
	if (out ? fclose(out) : fd >= 0 && close(fd))
		ret = ret ? ret : -errno;
	if (!ret && rename(temp, mk->output))
		ret = -errno;
	if (ret && fd >= 0)
		unlink(temp);
	free(temp);
	if (!ret)
		return SNAPCTL_OK;
	msg_error("%s cannot be written: %s", mk->output, strerror(-ret));
	return ret == -ENOSPC ? SNAPCTL_NO_SPACE : ret == -EIO ? SNAPCTL_IO : SNAPCTL_FAILURE;
}

static int report(const struct mkimage *mk)
{
	struct json_object *o;

	if (!options.json) {
		if (!options.quiet)
			printf("%s: version %" PRIu64 ", kernel %s, build id %s, %s\n", mk->output,
			       mk->version, mk->id.release,
			       units_hex(mk->id.build_id, sizeof(mk->id.build_id)).s,
			       units_bytes(mk->os.image_size).s);
		return SNAPCTL_OK;
	}
	o = facts_command("mkimage");
	json_bytes(o, "output", mk->output, strlen(mk->output));
	json_u64(o, "image_version", mk->version);
	json_u64(o, "image_size", mk->os.image_size);
	json_text(o, "kernel_release", mk->id.release);
	json_text(o, "build_id", units_hex(mk->id.build_id, sizeof(mk->id.build_id)).s);
	return json_print(o) ? SNAPCTL_IO : SNAPCTL_OK;
}

int cmd_mkimage(int argc, char **argv)
{
	static const struct argp_child children[] = { { &options_argp, 0, NULL, -2 }, { 0 } };
	static const struct argp argp = {
		.options = mkimage_options,
		.parser = parse_mkimage,
		.doc = "Make an OS image for the boot loader: what it boots when there is no "
		       "snapshot."
		       "\vThe release and the build id of the kernel are found in the Image; "
		       "without them the image is refused.\n\nExamples:\n"
		       "  snapctl mkimage --kernel Image --cmdline 'root=/dev/vda ro' -o os.img\n"
		       "  snapctl mkimage --kernel Image --initrd initrd.gz --version 2 -o os.img",
		.children = children,
	};
	struct mkimage mk = { .version = 1 };
	int ret = options_parse(&argp, argc, argv, &mk);

	if (ret)
		return ret;
	ret = load_parts(&mk);
	if (!ret) {
		lay_out(&mk);
		ret = save(&mk);
	}
	if (!ret)
		ret = report(&mk);
	for (u32 i = 0; i <= SNAPCAP_OS_PART_CMDLINE; i++)
		free(mk.data[i]);
	return ret;
}
