// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapctl mkimage: what the boot loader boots when there is no snapshot. The same
 * files make the same bytes. The result appears under its name when it is complete.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "facts.h"
#include "mkimage.h"
#include "msg.h"
#include "units.h"
#include "unlz4.h"

#define KEY_KERNEL	0x300
#define KEY_DTB		0x301
#define KEY_INITRD	0x302
#define KEY_CMDLINE	0x303
#define KEY_VERSION	0x304
#define KEY_COMPRESS	0x305
#define KEY_PARTS	0x306
#define KEY_LOAD_ADDR	0x307
#define KEY_LOAD_BIAS	0x308
#define KEY_ENTRY	0x309

static const struct argp_option mkimage_options[] = {
	{ NULL, 0, NULL, 0, "Parts:", 1 },
	{ "kernel", KEY_KERNEL, "FILE", 0, "Uncompressed arm64 Image (needed)", 1 },
	{ "dtb", KEY_DTB, "FILE", 0, "Device tree, default: the machine's own", 1 },
	{ "initrd", KEY_INITRD, "FILE", 0, "Initial RAM disk", 1 },
	{ "cmdline", KEY_CMDLINE, "TEXT", 0, "Kernel command line, default: the machine's own", 1 },
	{ "compress", KEY_COMPRESS, "LEVEL", OPTION_ARG_OPTIONAL,
	  "Compress with LZ4 what becomes smaller, 1 to 12 (smallest); default: 9", 1 },
	{ "compress-parts", KEY_PARTS, "LIST", 0,
	  "Which parts: kernel, initrd, dtb, with commas; default: kernel,initrd", 1 },
	{ NULL, 0, NULL, 0, "Place in memory (default: one that suits the kernel's header):", 2 },
	{ "load-addr", KEY_LOAD_ADDR, "ADDR", 0, "Physical address of the kernel", 2 },
	{ "load-bias", KEY_LOAD_BIAS, "[-]BYTES", 0,
	  "What this board's memory is moved by against that", 2 },
	{ "entry", KEY_ENTRY, "OFFSET", 0, "First instruction, from the kernel's start", 2 },
	{ NULL, 0, NULL, 0, "Result:", 3 },
	{ "image-version", KEY_VERSION, "N", 0, "Of several valid images the highest is booted; "
	  "default: 1", 3 },
	{ "version", KEY_VERSION, "N", OPTION_ALIAS, NULL, 3 },
	{ "output", 'o', "FILE", 0, "Where to write it (needed)", 3 },
	{ 0 }
};

static int parse_parts(const char *text, u32 *parts)
{
	static const struct {
		const char *name;
		u32 type;
	} known[] = {
		{ "kernel", SNAPCAP_OS_PART_KERNEL },
		{ "initrd", SNAPCAP_OS_PART_INITRD },
		{ "dtb", SNAPCAP_OS_PART_DTB },
	};

	*parts = 0;
	while (*text) {
		size_t len = strcspn(text, ","), i = 0;

		while (i < 3 && (strlen(known[i].name) != len || strncmp(known[i].name, text, len)))
			i++;
		if (i == 3)
			return -EINVAL;
		*parts |= 1U << known[i].type;
		text += len + (text[len] == ',');
	}
	return *parts ? 0 : -EINVAL;
}

/* In two's complement, as the header has it. */
static int parse_bias(const char *text, u64 *bias)
{
	bool down = *text == '-';

	if (options_size(text + down, bias) || *bias > INT64_MAX)
		return -EINVAL;
	if (down)
		*bias = 0 - *bias;
	return *bias % SNAPCAP_OS_PART_ALIGN ? -EINVAL : 0;
}

static int parse_level(const char *text, int *level)
{
	u64 number = LZ4_PACK_LEVEL;

	if (text && (options_number(text, &number) || !number || number > LZ4_PACK_LEVEL_MAX))
		return -EINVAL;
	*level = (int)number;
	return 0;
}

/* Options with a value that can be wrong; @what is what it should have been. */
static int parse_value(int key, const char *arg, struct mkimage *mk, const char **what)
{
	switch (key) {
	case KEY_VERSION:
		*what = "a version number";
		/* The highest is refused by the format. */
		return options_number(arg, &mk->os.version) || mk->os.version == UINT64_MAX;
	case KEY_COMPRESS:
		*what = "a level (1 to 12)";
		return parse_level(arg, &mk->level);
	case KEY_PARTS:
		*what = "a list of parts (kernel, initrd, dtb)";
		return parse_parts(arg, &mk->packed);
	case KEY_LOAD_ADDR:
		*what = "an address (a multiple of 4K)";
		return options_size(arg, &mk->os.load_addr) ||
		       mk->os.load_addr % SNAPCAP_OS_PART_ALIGN;
	case KEY_LOAD_BIAS:
		*what = "a distance (a multiple of 4K)";
		return parse_bias(arg, &mk->os.load_bias);
	default:
		*what = "an offset";
		return options_size(arg, &mk->os.entry);
	}
}

/* The sum of the two, as a signed one, is an address. */
static bool place_wraps(const struct snapimg_os *os)
{
	u64 base = os->load_addr + os->load_bias;

	return os->load_bias >> 63 ? base >= os->load_addr : base < os->load_addr;
}

static error_t check_options(const struct mkimage *mk, struct argp_state *state)
{
	if (!mk->file[SNAPCAP_OS_PART_KERNEL] || !mk->output) {
		argp_error(state, "--kernel and --output are needed");
		return EINVAL;
	}
	if (mk->os.load_addr != SNAPCAP_OS_LOAD_ANY) {
		if (!place_wraps(&mk->os))
			return 0;
		argp_error(state, "--load-bias moves --load-addr out of the addresses there are");
		return EINVAL;
	}
	if (!mk->os.load_bias && !mk->os.entry)
		return 0;
	argp_error(state, "--load-bias and --entry need --load-addr");
	return EINVAL;
}

static error_t parse_mkimage(int key, char *arg, struct argp_state *state)
{
	struct mkimage *mk = state->input;
	const char *what;

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
	case KEY_COMPRESS:
	case KEY_PARTS:
	case KEY_LOAD_ADDR:
	case KEY_LOAD_BIAS:
	case KEY_ENTRY:
		if (!parse_value(key, arg, mk, &what))
			return 0;
		argp_error(state, "not %s: %s", what, arg);
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
		return check_options(mk, state);
	default:
		return ARGP_ERR_UNKNOWN;
	}
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
		part->offset = align_part(end);
		end = part->offset + part->stored_size;
	}
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

		if (part->size && write_at(out, part->offset, mk->data[i], part->stored_size))
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
			       mk->os.version, mk->id.release,
			       units_hex(mk->id.build_id, sizeof(mk->id.build_id)).s,
			       units_bytes(mk->os.image_size).s);
		return SNAPCTL_OK;
	}
	o = facts_command("mkimage");
	json_bytes(o, "output", mk->output, strlen(mk->output));
	json_u64(o, "image_version", mk->os.version);
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
		       "  snapctl mkimage --kernel Image --initrd initrd --compress --version 2 "
		       "-o os.img",
		.children = children,
	};
	struct mkimage mk = {
		.packed = 1U << SNAPCAP_OS_PART_KERNEL | 1U << SNAPCAP_OS_PART_INITRD,
		.os = { .version = 1, .load_addr = SNAPCAP_OS_LOAD_ANY },
	};
	int ret = options_parse(&argp, argc, argv, &mk);

	if (ret)
		return ret;
	ret = mkimage_load(&mk);
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
