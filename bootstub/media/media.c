// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * What all media have in common: bounds are checked here, once for all drivers,
 * and no request of a paged medium is longer than the wait for it was made for.
 */
#include <linux/snapcap_reason.h>
#include "media.h"

#define AHEAD_MAX	8

/* Sectors of the places that come next in a scan. */
static struct {
	const struct media *media;	/* NULL: none */
	u64 off;			/* of the first */
	u32 count;
	int error[AHEAD_MAX];
	u8 sector[AHEAD_MAX][MEDIA_SECTOR] __attribute__((aligned(8)));
} ahead;

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
	if (ahead.media == m)
		ahead.media = NULL;
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

void media_stride(struct media *m, u64 step)
{
	ahead.media = NULL;
	m->stride = step % MEDIA_SECTOR ? 0 : step;
}

/* Read the sector at @off, and those that are likely to be asked for next. */
static void read_ahead(struct media *m, u64 off)
{
	u32 i, n = m->depth < AHEAD_MAX ? m->depth : AHEAD_MAX;

	ahead.media = m;
	ahead.off = off;
	for (i = 0; i < n; i++) {
		if (i && m->stride >= m->size - off)
			break;
		off += i ? m->stride : 0;
		if (media_begin(m, off, ahead.sector[i], MEDIA_SECTOR))
			break;
	}
	ahead.count = i;
	for (i = 0; i < ahead.count; i++)
		ahead.error[i] = media_end(m);
}

/* Bytes within a sector of a scan. */
static int read_place(struct media *m, u64 off, u8 *buf, size_t len)
{
	u64 sector = off & ~(u64)(MEDIA_SECTOR - 1);
	/* One before is as far away as can be. */
	u64 i = (sector - ahead.off) / m->stride;

	if (ahead.media != m || i >= ahead.count || (sector - ahead.off) % m->stride) {
		read_ahead(m, sector);
		i = 0;
	}
	if (i >= ahead.count || ahead.error[i])
		return -SNAPCAP_REASON_READ;
	memcpy(buf, ahead.sector[i] + (off - sector), len);
	return 0;
}

int media_read(struct media *m, u64 off, void *buf, size_t len)
{
	const void *p;

	if (!is_inside(m, off, len))
		return -SNAPCAP_REASON_READ;
	if (!m->map && m->stride && off % MEDIA_SECTOR + len <= MEDIA_SECTOR)
		return read_place(m, off, buf, len);
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
