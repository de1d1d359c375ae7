// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapctl install: write an OS image to flash, beside the one that is booted now
 * wherever there is room.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "device.h"
#include "facts.h"
#include "medium.h"
#include "msg.h"
#include "osplace.h"
#include "units.h"

#define KEY_MTD		0x400
#define KEY_OFFSET	0x401
#define KEY_SLOT	0x402
#define KEY_REPLACE	0x403
#define KEY_FORCE	0x404
#define KEY_DOWNLOADED	0x405
#define KEY_REQUESTED	0x406
#define KEY_STEP	0x407

#define DEFAULT_OS_TARGET	"os"
#define DOWNLOADED_PATH		"/sys/class/misc/" SNAPCAP_DEVICE_NAME "/downloaded"
#define SLOT_AUTO		2

static const struct argp_option install_options[] = {
	{ NULL, 0, NULL, 0, "Where to:", 1 },
	{ "mtd", KEY_MTD, "NAME|FILE", 0, "MTD device or file; default: the one named os", 1 },
	{ "offset", KEY_OFFSET, "BYTES", 0, "Just there (K, M, G allowed)", 1 },
	{ "slot", KEY_SLOT, "SLOT", 0, "0: first half, 1: second half, auto: where the least is "
	  "lost (default)", 1 },
	{ "erase-size", KEY_STEP, "BYTES", 0, "Erase block size of a file; default: 256K", 1 },
	{ NULL, 0, NULL, 0, "What may be lost:", 2 },
	{ "replace", KEY_REPLACE, NULL, 0, "Even the newest valid image, when there is no other "
	  "place", 2 },
	{ "force", KEY_FORCE, NULL, 0, "Also an image that is not newer than the newest", 2 },
	{ NULL, 0, NULL, 0, "What to install:", 3 },
	{ "downloaded", KEY_DOWNLOADED, NULL, 0, "The image that this system was booted from over "
	  "the serial line", 3 },
	{ "if-requested", KEY_REQUESTED, NULL, 0, "Nothing, unless that was asked for at the "
	  "console", 3 },
	{ "dry-run", 'n', NULL, 0, "Check everything, write nothing", 3 },
	{ 0 }
};

/**
 * struct install - arguments
 * @source: image
 * @target: where to
 * @have_offset: @offset was given
 * @offset: of the image in the target
 * @slot: 0, 1, SLOT_AUTO
 * @replace: the newest may go
 * @force: any version
 * @downloaded: the image that the boot loader received
 * @if_requested: only when that was asked for
 * @dry_run: write nothing
 */
struct install {
	struct medium_options source;
	struct medium_options target;
	bool have_offset;
	u64 offset;
	u64 slot;
	bool replace;
	bool force;
	bool downloaded;
	bool if_requested;
	bool dry_run;
};

/**
 * struct work - one installation
 * @in: arguments
 * @source: image
 * @image: what it is
 * @flash: target
 * @images: what is there
 * @slots: snapshots there
 * @place: where it goes
 * @have_place: is it known?
 * @installed: it is there
 */
struct work {
	const struct install *in;
	struct flash *source;
	struct osimage image;
	struct flash *flash;
	struct osimages images;
	struct slots slots;
	struct osplace place;
	bool have_place;
	bool installed;
};

static int parse_number(int key, const char *arg, struct install *in, const char **what)
{
	switch (key) {
	case KEY_OFFSET:
		*what = "an offset";
		in->have_offset = true;
		return options_size(arg, &in->offset);
	case KEY_STEP:
		*what = "an erase block size (a multiple of 4K)";
		return options_size(arg, &in->target.step) || in->target.step < 4096 ||
		       in->target.step % 4096;
	default:
		*what = "a slot (auto, 0, 1)";
		in->slot = SLOT_AUTO;
		return strcmp(arg, "auto") && (options_number(arg, &in->slot) || in->slot > 1);
	}
}

static error_t check_arguments(const struct install *in, struct argp_state *state)
{
	const char *wrong = NULL;

	if (in->downloaded && in->source.target)
		wrong = "--downloaded excludes IMAGE";
	else if (!in->downloaded && !in->source.target)
		wrong = "IMAGE or --downloaded is needed";
	else if (in->if_requested && !in->downloaded)
		wrong = "--if-requested needs --downloaded";
	else if (in->have_offset && in->slot != SLOT_AUTO)
		wrong = "--offset and --slot exclude each other";
	if (!wrong)
		return 0;
	argp_error(state, "%s", wrong);
	return EINVAL;
}

static error_t parse_install(int key, char *arg, struct argp_state *state)
{
	struct install *in = state->input;
	const char *what;

	switch (key) {
	case KEY_MTD:
		in->target.target = arg;
		return 0;
	case KEY_OFFSET:
	case KEY_SLOT:
	case KEY_STEP:
		if (!parse_number(key, arg, in, &what))
			return 0;
		argp_error(state, "not %s: %s", what, arg);
		return EINVAL;
	case KEY_REPLACE:
		in->replace = true;
		return 0;
	case KEY_FORCE:
		in->force = true;
		return 0;
	case KEY_DOWNLOADED:
		in->downloaded = true;
		return 0;
	case KEY_REQUESTED:
		in->if_requested = true;
		return 0;
	case 'n':
		in->dry_run = true;
		return 0;
	case ARGP_KEY_ARG:
		if (in->source.target) {
			argp_error(state, "more than one IMAGE: %s", arg);
			return EINVAL;
		}
		in->source.target = arg;
		return 0;
	case ARGP_KEY_END:
		return check_arguments(in, state);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Is there something to do? Sets the source to what the boot loader received. */
static int find_downloaded(struct install *in, bool *wanted)
{
	struct snapcap_info info;
	int fd, ret = device_open(&fd, &info);

	if (ret)
		return ret;
	close(fd);
	*wanted = !in->if_requested || info.download_flags & SNAPCAP_DOWNLOAD_INSTALL;
	if (!*wanted || info.download_size) {
		in->source.target = DOWNLOADED_PATH;
		return SNAPCTL_OK;
	}
	msg_error("this system was not booted from an image that came over the serial line");
	msg_advice("snapctl reboot --download makes the boot loader wait for one");
	return SNAPCTL_FAILURE;
}

static int open_source(struct work *w)
{
	int ret = medium_open(&w->in->source, false, &w->source);

	if (ret)
		return ret;
	if (osimage_probe(w->source, 0, &w->image))
		return osimage_complain(w->source, &w->image);
	return SNAPCTL_OK;
}

static int open_target(struct work *w)
{
	const struct flash_facts *f;
	char why[FLASH_WHY_SIZE];
	int ret = medium_open(&w->in->target, true, &w->flash);

	if (ret)
		return ret;
	f = flash_facts(w->flash);
	if (f->bad_blocks || !f->write_size || SNAPCAP_OS_PART_ALIGN % f->write_size ||
	    !osplace_unit(w->flash)) {
		msg_error("%s is flash of a kind that OS images cannot be written to", f->name);
		msg_advice("use a partition on NOR flash");
		return SNAPCTL_UNSUPPORTED;
	}
	if (f->mtd >= 0 && flash_mtd_number("mtd:" SNAPCTL_DEFAULT_TARGET, why) == f->mtd) {
		msg_error("%s is the partition of the snapshots", f->name);
		msg_advice("name the partition that the boot loader boots from with --mtd");
		return SNAPCTL_FAILURE;
	}
	return medium_check_idle(w->flash);
}

static u32 machine_arch(void)
{
	struct utsname uts;

	if (uname(&uts))
		return 0;
	if (!strcmp(uts.machine, "aarch64"))
		return SNAPCAP_ARCH_ARM64;
	if (!strncmp(uts.machine, "arm", 3))
		return SNAPCAP_ARCH_ARM;
	if (!strcmp(uts.machine, "riscv64"))
		return SNAPCAP_ARCH_RISCV64;
	return strcmp(uts.machine, "x86_64") ? 0 : SNAPCAP_ARCH_X86_64;
}

/* Flash of this machine takes images for it; a file those that go with what is in it. */
static int check_arch(const struct work *w)
{
	u32 arch = w->image.os.arch;

	if (flash_facts(w->flash)->mtd >= 0)
		arch = machine_arch();
	else if (w->images.newest >= 0)
		arch = w->images.image[w->images.newest].os.arch;
	if (arch == w->image.os.arch)
		return SNAPCTL_OK;
	msg_error("the image is for %s, not for %s", facts_arch(w->image.os.arch),
		  facts_arch(arch));
	return SNAPCTL_INVALID;
}

static bool is_same(const struct osimage *a, const struct osimage *b)
{
	return a->header_crc == b->header_crc && !memcmp(&a->os, &b->os, sizeof(a->os));
}

/* @needed: false when just this image is what the boot loader boots already. */
static int check_version(const struct work *w, bool *needed)
{
	const struct osimage *newest;

	*needed = true;
	if (w->images.newest < 0 || w->in->force)
		return SNAPCTL_OK;
	newest = &w->images.image[w->images.newest];
	if (w->image.os.version > newest->os.version)
		return SNAPCTL_OK;
	*needed = !is_same(&w->image, newest);
	if (!*needed)
		return SNAPCTL_OK;
	msg_error("the image has version %" PRIu64 ", and version %" PRIu64 " is installed at "
		  "offset 0x%" PRIx64, w->image.os.version, newest->os.version, newest->offset);
	msg_advice("make it with a higher --image-version: the boot loader boots the highest. Or "
		   "install it beside that one with --force");
	return SNAPCTL_FAILURE;
}

static struct osplace_area usable_area(const struct work *w)
{
	u64 size = flash_facts(w->flash)->size, unit = osplace_unit(w->flash);
	struct osplace_area area = {
		.flash = w->flash, .images = &w->images, .slots = &w->slots, .end = size,
	};
	u64 half = size / 2 / unit * unit;

	if (w->in->have_offset) {
		area.start = w->in->offset;
		area.fixed = true;
	} else if (w->in->slot == 0) {
		area.end = half;
	} else if (w->in->slot == 1) {
		area.start = half;
	}
	return area;
}

static int find_place(struct work *w)
{
	struct osplace_area area = usable_area(w);
	const char *name = flash_facts(w->flash)->name;
	u64 unit = osplace_unit(w->flash);

	if (area.fixed && (area.start >= area.end || area.start % unit)) {
		msg_error("offset 0x%" PRIx64 " is not in %s or not a multiple of 0x%" PRIx64,
			  area.start, name, unit);
		return SNAPCTL_USAGE;
	}
	switch (osplace_find(&area, w->image.os.image_size, &w->place)) {
	case 0:
		break;
	case -EEXIST:
		msg_error("a snapshot is in the way on %s", name);
		msg_advice("snapctl drop makes room, or another place is named with --offset");
		return SNAPCTL_FAILURE;
	default:
		msg_error("the image, %s, does not fit into %s",
			  units_bytes(w->image.os.image_size).s, name);
		msg_advice("make it smaller with snapctl mkimage --compress");
		return SNAPCTL_NO_SPACE;
	}
	w->have_place = true;
	if (!w->place.loses_newest || w->in->replace)
		return SNAPCTL_OK;
	msg_error("there is no room on %s beside version %" PRIu64 ", the one that is booted now",
		  name, w->images.image[w->images.newest].os.version);
	msg_advice("with --replace that one is overwritten, and a power cut meanwhile leaves "
		   "nothing to boot");
	return SNAPCTL_NO_SPACE;
}

static int scan_target(struct work *w)
{
	if (!osimages_scan(w->flash, &w->images) && !slots_scan(w->flash, &w->slots))
		return SNAPCTL_OK;
	msg_error("out of memory");
	return SNAPCTL_NO_SPACE;
}

static int install(struct work *w)
{
	struct osplace_area area;
	bool needed;
	int ret = open_source(w);

	if (!ret)
		ret = open_target(w);
	if (!ret)
		ret = scan_target(w);
	if (!ret)
		ret = check_arch(w);
	if (!ret)
		ret = check_version(w, &needed);
	if (ret || !needed)
		return ret;
	ret = find_place(w);
	if (ret || w->in->dry_run)
		return ret;
	area = usable_area(w);
	ret = osplace_write(&area, &w->place, w->source, &w->image.os);
	w->installed = !ret;
	return ret;
}

static struct json_object *lost_json(const struct work *w)
{
	struct json_object *list = json_new_list();

	for (size_t i = 0; i < w->images.count; i++) {
		const struct osimage *image = &w->images.image[i];
		struct json_object *entry;

		if (!osplace_meets(&w->place, image))
			continue;
		entry = json_new();
		osimage_json(entry, image);
		json_append(list, entry);
	}
	return list;
}

static int print_json(const struct work *w, int ret)
{
	struct json_object *o = facts_command("install"), *image = NULL, *newest = NULL;

	json_u64(o, "exit_code", (u64)ret);
	json_put(o, "target", w->flash ? medium_json(w->flash) : NULL);
	json_flag(o, "installed", w->installed);
	if (w->source) {
		image = json_new();
		osimage_json(image, &w->image);
	}
	json_put(o, "image", image);
	if (w->have_place)
		json_u64(o, "offset", w->place.offset);
	else
		json_put(o, "offset", NULL);
	json_put(o, "overwritten", w->have_place ? lost_json(w) : NULL);
	if (w->images.newest >= 0) {
		newest = json_new();
		osimage_json(newest, &w->images.image[w->images.newest]);
	}
	json_put(o, "newest_before", newest);
	if (ret) {
		struct json_object *error = json_new();

		json_bytes(error, "text", msg_last_error(), strlen(msg_last_error()));
		json_bytes(error, "advice", msg_last_advice(), strlen(msg_last_advice()));
		json_put(o, "error", error);
	}
	return json_print(o);
}

static void print_text(const struct work *w)
{
	if (options.quiet)
		return;
	if (!w->source) {
		printf("no image was asked to be installed\n");
		return;
	}
	if (!w->have_place) {
		printf("version %" PRIu64 " is installed already\n", w->image.os.version);
		return;
	}
	printf("version %" PRIu64 ", %s, %s %s at offset 0x%" PRIx64 "\n", w->image.os.version,
	       units_bytes(w->image.os.image_size).s, w->installed ? "installed on" :
	       "would go to", flash_facts(w->flash)->name, w->place.offset);
	if (w->place.loses_valid)
		printf("%s version %" PRIu64 "\n", w->installed ? "overwritten:" :
		       "would be overwritten:", w->place.version);
	if (w->images.newest >= 0 && !w->place.loses_newest &&
	    w->images.image[w->images.newest].os.version >= w->image.os.version)
		printf("the boot loader still boots version %" PRIu64 "\n",
		       w->images.image[w->images.newest].os.version);
}

static int conclude(struct work *w, int ret)
{
	if (options.json) {
		if (print_json(w, ret) && !ret)
			ret = SNAPCTL_IO;
	} else if (!ret) {
		print_text(w);
	}
	osimages_free(&w->images);
	slots_free(&w->slots);
	flash_close(w->flash);
	flash_close(w->source);
	return ret;
}

int cmd_install(int argc, char **argv)
{
	static const struct argp_child children[] = { { &options_argp, 0, NULL, -2 }, { 0 } };
	static const struct argp argp = {
		.options = install_options,
		.parser = parse_install,
		.args_doc = "[IMAGE]",
		.doc = "Write an OS image to flash. Its header is written last: wherever the power "
		       "fails, the boot loader boots the old image or the whole new one."
		       "\vIMAGE is made by snapctl mkimage. What is on flash already is kept where "
		       "there is room; of several images the boot loader boots the one with the "
		       "highest version.\n\nExamples:\n"
		       "  snapctl install os.img\n"
		       "  snapctl install --mtd flash.bin --offset 8M os.img\n"
		       "  snapctl install --downloaded --if-requested",
		.children = children,
	};
	struct install in = { .target.target = "mtd:" DEFAULT_OS_TARGET, .slot = SLOT_AUTO };
	struct work w = { .in = &in, .images.newest = -1, .slots.newest = -1 };
	bool wanted = true;
	int ret = options_parse(&argp, argc, argv, &in);

	if (ret)
		return ret;
	if (in.downloaded)
		ret = find_downloaded(&in, &wanted);
	if (!ret && wanted)
		ret = install(&w);
	return conclude(&w, ret);
}
