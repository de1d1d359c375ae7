// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * What all media have in common: bounds are checked here, once for all drivers,
 * and no request of a paged medium is longer than the wait for it was made for.
 */
#include <linux/snapcap_reason.h>
#include "media.h"

static bool is_inside(const struct media *m, u64 off, u64 len)
{
	return off <= m->size && len <= m->size - off;
}

int media_open(struct media *m, const void *fdt)
{
	if (!m->open || m->is_open)
		return 0;
	if (m->error)
		return m->error;
	/* An exception in there must not happen again in the next stage of the boot. */
	m->error = -SNAPCAP_REASON_READ;
	m->error = m->open(m, fdt);
	m->is_open = !m->error;
	return m->error;
}

void media_close(struct media *m)
{
	if (!m->open || !(m->is_open || m->error))
		return;
	m->is_open = false;
	m->close(m);
}

const void *media_map(const struct media *m, u64 off, size_t len)
{
	return m->map && is_inside(m, off, len) ? m->map(m, off, len) : NULL;
}

int media_begin(struct media *m, u64 off, void *buf, size_t len)
{
	if (!m->begin || !len || len > MEDIA_REQUEST_MAX || !is_inside(m, off, len))
		return -SNAPCAP_REASON_READ;
	return m->begin(m, off, buf, len);
}

int media_end(struct media *m)
{
	return m->end(m);
}

static int read_paged(struct media *m, u64 off, u8 *buf, size_t len)
{
	while (len) {
		size_t n = len < MEDIA_REQUEST_MAX ? len : MEDIA_REQUEST_MAX;
		int err = media_begin(m, off, buf, n);

		if (!err)
			err = media_end(m);
		if (err)
			return err;
		off += n;
		buf += n;
		len -= n;
	}
	return 0;
}

int media_read(struct media *m, u64 off, void *buf, size_t len)
{
	const void *p;

	if (!is_inside(m, off, len))
		return -SNAPCAP_REASON_READ;
	if (!m->map)
		return read_paged(m, off, buf, len);
	p = media_map(m, off, len);
	if (!p)
		return -SNAPCAP_REASON_READ;
	memcpy(buf, p, len);
	return 0;
}

int media_program(struct media *m, u64 off, const void *data, size_t len)
{
	if (!m->program || (off | len) & 7 || !is_inside(m, off, len))
		return -SNAPCAP_REASON_READ;
	return m->program(m, off, data, len);
}
