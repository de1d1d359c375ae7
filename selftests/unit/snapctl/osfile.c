// SPDX-License-Identifier: GPL-2.0-only
#include "../test.h"
#include "osfile.h"

#define CMDLINE	"console=ttyAMA0 ro"

static void add_part(struct osfile *file, u32 type, const void *data, size_t size)
{
	struct snapimg_os_part *part = &file->os.part[type];
	u64 offset = (file->size + SNAPCAP_OS_PART_ALIGN - 1) / SNAPCAP_OS_PART_ALIGN *
		     SNAPCAP_OS_PART_ALIGN;

	assert_true(offset + size <= sizeof(file->bytes));
	if (data)
		memcpy(file->bytes + offset, data, size);
	part->offset = offset;
	part->size = size;
	part->stored_size = size;
	file->size = offset + size;
}

void osfile_seal(struct osfile *file)
{
	for (u32 i = SNAPCAP_OS_PART_KERNEL; i <= SNAPCAP_OS_PART_CMDLINE; i++) {
		struct snapimg_os_part *part = &file->os.part[i];

		if (part->size)
			part->sum = snapimg_sum(file->bytes + part->offset, part->stored_size);
	}
	file->os.image_size = file->size;
	snapimg_os_build(&file->os, (void *)file->bytes);
}

void osfile_init(struct osfile *file, u64 version, size_t kernel)
{
	memset(file, 0, sizeof(*file));
	file->size = sizeof(struct snapcap_os_header);
	file->os.version = version;
	file->os.arch = SNAPCAP_ARCH_ARM64;
	file->os.load_addr = SNAPCAP_OS_LOAD_ANY;
	strcpy(file->os.kernel_release, "6.1.0-test");
	memset(file->os.build_id, (int)version, 20);
	file->os.build_id_size = 20;
	for (size_t i = 0; i < kernel; i++)
		file->bytes[SNAPCAP_OS_PART_ALIGN + i] = (u8)(i * 7 + i / 256 + version);
	add_part(file, SNAPCAP_OS_PART_KERNEL, NULL, kernel);
	add_part(file, SNAPCAP_OS_PART_CMDLINE, CMDLINE, strlen(CMDLINE));
	osfile_seal(file);
}
