// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who the running kernel is: its GNU build id, from /sys/kernel/notes (the
 * symbol itself is not exported). And reading a small file, for that and for
 * the name of a device that refused to suspend.
 */
#include <linux/elf.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include "snapcap.h"

#define NOTES_MAX	4096

/**
 * snapcap_read_file() - read the beginning of a small file
 * @path: absolute
 * @buf: for its contents, not terminated
 * @size: bytes at @buf
 *
 * Context: process context, sleeps.
 * Return: bytes read, 0 on any error
 */
size_t snapcap_read_file(const char *path, void *buf, size_t size)
{
	struct file *file = filp_open(path, O_RDONLY, 0);
	loff_t pos = 0;
	ssize_t n;

	if (IS_ERR(file))
		return 0;
	n = kernel_read(file, buf, size, &pos);
	filp_close(file, NULL);
	return n > 0 ? n : 0;
}

/**
 * snapcap_kernel_build_id() - GNU build id of the running kernel
 * @id: SNAPCAP_BUILD_ID_SIZE bytes
 * @size: bytes of it that are used
 *
 * Context: process context, sleeps.
 * Return: 0, -ENOMEM, -ENOENT (no /sys/kernel/notes, or no build id in it)
 */
int snapcap_kernel_build_id(u8 *id, u32 *size)
{
	size_t len, off = 0;
	int ret = -ENOENT;
	u8 *notes;

	notes = kmalloc(NOTES_MAX, GFP_KERNEL);
	if (!notes)
		return -ENOMEM;
	len = snapcap_read_file("/sys/kernel/notes", notes, NOTES_MAX);

	while (len - off >= sizeof(struct elf32_note)) {
		const struct elf32_note *note = (void *)(notes + off);
		size_t name = ALIGN(min_t(size_t, note->n_namesz, NOTES_MAX), 4);
		size_t desc = ALIGN(min_t(size_t, note->n_descsz, NOTES_MAX), 4);

		off += sizeof(*note);
		if (name > len - off || desc > len - off - name)
			break;
		if (note->n_type == 3 /* NT_GNU_BUILD_ID */ && note->n_namesz == 4 &&
		    !memcmp(notes + off, "GNU", 4) && note->n_descsz &&
		    note->n_descsz <= SNAPCAP_BUILD_ID_SIZE) {
			*size = note->n_descsz;
			memset(id, 0, SNAPCAP_BUILD_ID_SIZE);
			memcpy(id, notes + off + name, *size);
			ret = 0;
			break;
		}
		off += name + desc;
	}
	kfree(notes);
	return ret;
}
