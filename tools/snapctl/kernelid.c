// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds a kernel's release and build id in its Image, which has no section headers
 * any more. Both are what the running kernel reports: the release of its banner,
 * the build id of /sys/kernel/notes.
 *
 * An Image holds other build ids, those of the vDSOs. They are told apart by lying
 * inside an ELF file: the kernel itself has lost its ELF header.
 */
#include <elf.h>

#include "kernelid.h"

#define BANNER		"Linux version "
#define IMAGE_MAGIC	"ARM\x64"
#define IMAGE_MAGIC_OFF	56
/* The header of an Image, see Documentation/arm64/booting.rst of Linux, 4. */
#define IMAGE_TEXT_OFFSET	8
#define IMAGE_SIZE		16
#define IMAGE_FLAGS		24
#define IMAGE_FLAG_BE		1
/* More than any kernel needs; far from wrapping. */
#define IMAGE_SIZE_MAX		(1ULL << 32)
#define NOTE_ALIGN	4

static u64 get_le64(const u8 *data)
{
	u64 value;

	memcpy(&value, data, sizeof(value));
	return le64_to_cpu(value);
}

static const u8 note_head[] = { 4, 0, 0, 0, SNAPCAP_BUILD_ID_SIZE, 0, 0, 0,
				NT_GNU_BUILD_ID, 0, 0, 0, 'G', 'N', 'U', 0 };

static const char *check_image(const u8 *data, size_t size)
{
	if (size >= 2 && data[0] == 0x1f && data[1] == 0x8b)
		return "it is compressed with gzip: give the uncompressed Image";
	if (size >= 4 && !memcmp(data, "\x28\xb5\x2f\xfd", 4))
		return "it is compressed with zstd: give the uncompressed Image";
	if (size >= 4 && !memcmp(data, ELFMAG, SELFMAG))
		return "it is an ELF file: give arch/arm64/boot/Image, not vmlinux";
	if (size >= 2 && !memcmp(data, "MZ", 2) && size >= 8 && !memcmp(data + 4, "zimg", 4))
		return "it is a compressed EFI image: give the uncompressed Image";
	if (size < IMAGE_MAGIC_OFF + 4 || memcmp(data + IMAGE_MAGIC_OFF, IMAGE_MAGIC, 4))
		return "it is not an arm64 Image: its magic is missing at offset 56";
	return NULL;
}

static const char *read_header(const u8 *data, size_t size, struct kernelid *id)
{
	id->text_offset = get_le64(data + IMAGE_TEXT_OFFSET);
	id->memory_size = get_le64(data + IMAGE_SIZE);
	if (get_le64(data + IMAGE_FLAGS) & IMAGE_FLAG_BE)
		return "it is a big-endian kernel";
	if (!id->memory_size)
		return "it is older than Linux 3.17: its header does not say how much memory it needs";
	if (id->memory_size < size)
		return "it has more bytes than its header says";
	if (id->memory_size > IMAGE_SIZE_MAX || id->text_offset >= IMAGE_ALIGN)
		return "its header is damaged";
	return NULL;
}

/* Length of the release at @text, 0 when it is none. */
static size_t release_length(const u8 *text, size_t left)
{
	size_t len = 0;

	while (len < left && text[len] > ' ' && text[len] < 0x7f && text[len] != '%')
		len++;
	/* The banner goes on with who built it: "6.1.0-1-arm64 (root@host) ..." */
	if (len + 1 >= left || text[len] != ' ' || text[len + 1] != '(' ||
	    len >= SNAPCAP_RELEASE_SIZE)
		return 0;
	return len;
}

static const char *find_release(const u8 *data, size_t size, char *release)
{
	const u8 *at = data, *end = data + size;
	size_t found = 0;

	while ((at = memmem(at, (size_t)(end - at), BANNER, strlen(BANNER)))) {
		size_t len;

		at += strlen(BANNER);
		len = release_length(at, (size_t)(end - at));
		if (!len)
			continue;
		if (found && (found != len || memcmp(release, at, len)))
			return "it holds the banners of two kernels";
		memcpy(release, at, len);
		release[len] = '\0';
		found = len;
	}
	return found ? NULL : "no kernel release (\"Linux version ...\") is in it";
}

/* Bytes of the ELF file at @data, 0 when it is none that makes sense. */
static u64 elf_extent(const u8 *data, size_t left)
{
	Elf64_Ehdr e64;
	Elf32_Ehdr e32;
	u64 shoff, shsize;

	if (left < sizeof(e64) || memcmp(data, ELFMAG, SELFMAG) ||
	    data[EI_DATA] != ELFDATA2LSB || data[EI_VERSION] != EV_CURRENT)
		return 0;
	if (data[EI_CLASS] == ELFCLASS64) {
		memcpy(&e64, data, sizeof(e64));
		shoff = le64_to_cpu(e64.e_shoff);
		shsize = (u64)le16_to_cpu(e64.e_shnum) * le16_to_cpu(e64.e_shentsize);
	} else {
		memcpy(&e32, data, sizeof(e32));
		shoff = le32_to_cpu(e32.e_shoff);
		shsize = (u64)le16_to_cpu(e32.e_shnum) * le16_to_cpu(e32.e_shentsize);
	}
	/* The section headers come last in what the linker writes. */
	return shoff <= left && shsize <= left - shoff ? shoff + shsize : 0;
}

static const char *find_build_id(const u8 *data, size_t size, u8 *build_id)
{
	bool found = false;
	size_t at = 0;

	while (size - at >= sizeof(note_head) + SNAPCAP_BUILD_ID_SIZE) {
		u64 elf = elf_extent(data + at, size - at);

		if (elf) {
			at += (size_t)((elf + NOTE_ALIGN - 1) / NOTE_ALIGN * NOTE_ALIGN);
			if (at > size)
				break;
			continue;
		}
		if (!memcmp(data + at, note_head, sizeof(note_head))) {
			const u8 *id = data + at + sizeof(note_head);

			if (found && memcmp(build_id, id, SNAPCAP_BUILD_ID_SIZE))
				return "it holds the build ids of two kernels";
			memcpy(build_id, id, SNAPCAP_BUILD_ID_SIZE);
			found = true;
		}
		at += NOTE_ALIGN;
	}
	return found ? NULL : "no GNU build id is in it: link the kernel with --build-id=sha1";
}

const char *kernelid_find(const void *data, size_t size, struct kernelid *id)
{
	struct kernelid found = { .release = "" };
	const char *why = check_image(data, size);

	if (!why)
		why = read_header(data, size, &found);
	if (!why)
		why = find_release(data, size, found.release);
	if (!why)
		why = find_build_id(data, size, found.build_id);
	if (!why)
		*id = found;
	return why;
}
