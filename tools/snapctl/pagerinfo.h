/* SPDX-License-Identifier: GPL-2.0-only */
/* The swap device and snapshot paging, for snapctl status. */
#ifndef SNAPCTL_PAGERINFO_H
#define SNAPCTL_PAGERINFO_H

#include <linux/snapcap.h>

#include "snapimg_glue.h"

/** pagerinfo_print() - what a person wants to know; nothing when there is no paging here */
void pagerinfo_print(const struct snapcap_pager_status *pager, u64 page_size);

#endif /* SNAPCTL_PAGERINFO_H */
