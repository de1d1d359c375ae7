/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the swap device of a two-pass take offers the rest of the module. In a
 * kernel that does not swap there is none, and nothing of it.
 */
#ifndef SNAPCAP_PAGING_H
#define SNAPCAP_PAGING_H

#include "snapcap.h"

#ifdef SNAPCAP_PAGING
extern struct mutex snapcap_pager_lock;

int snapcap_pager_control(const struct snapcap_pager *arg);
void snapcap_pager_status(struct snapcap_pager_status *status);
void snapcap_pager_ready(void);
int snapcap_pager_hot_set(struct snapcap_hot_set *set, void __user *entries);
int snapcap_pager_begin(struct snapcap_session *s);
void snapcap_pager_end(void);
u64 snapcap_pager_section(u32 type, u64 off, void *buf, size_t len);
const void *snapcap_pager_table(void);
void snapcap_pager_own(struct snapcap_session *s,
		       void (*leave_out)(struct snapcap_session *s, unsigned long pfn));
unsigned long snapcap_pager_own_pages(const struct snapcap_session *s);
void snapcap_pager_restored_early(struct snapcap_session *s);
void snapcap_pager_restored(struct snapcap_session *s, u64 slot_offset, u64 bytes);
void snapcap_pager_release(void);
void snapcap_pager_exit(void);
#else
static inline int snapcap_pager_control(const struct snapcap_pager *arg)
{
	return -EOPNOTSUPP;
}

static inline void snapcap_pager_status(struct snapcap_pager_status *status) { }
static inline void snapcap_pager_ready(void) { }

static inline int snapcap_pager_hot_set(struct snapcap_hot_set *set, void __user *entries)
{
	return -EOPNOTSUPP;
}

static inline int snapcap_pager_begin(struct snapcap_session *s)
{
	return s->arg.flags & SNAPCAP_TAKE_PAGING ?
	       snapcap_fail(s, -EOPNOTSUPP, SNAPCAP_CAUSE_NO_PAGER, 0, NULL) : 0;
}

static inline void snapcap_pager_end(void) { }

static inline u64 snapcap_pager_section(u32 type, u64 off, void *buf, size_t len)
{
	return 0;
}

static inline const void *snapcap_pager_table(void)
{
	return NULL;
}

static inline void snapcap_pager_own(struct snapcap_session *s,
				     void (*leave_out)(struct snapcap_session *s,
						       unsigned long pfn)) { }

static inline unsigned long snapcap_pager_own_pages(const struct snapcap_session *s)
{
	return 0;
}

static inline void snapcap_pager_restored_early(struct snapcap_session *s) { }

static inline void snapcap_pager_restored(struct snapcap_session *s, u64 slot_offset, u64 bytes) { }
static inline void snapcap_pager_release(void) { }
static inline void snapcap_pager_exit(void) { }
#endif

#endif /* SNAPCAP_PAGING_H */
