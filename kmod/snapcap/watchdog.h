/* SPDX-License-Identifier: GPL-2.0-only */
/* The hardware behind the watchdog that the loader arms. */
#ifndef SNAPCAP_WATCHDOG_H
#define SNAPCAP_WATCHDOG_H

#include <linux/errno.h>
#include <linux/types.h>

/* In place of a device's number: whichever there is. */
#define SNAPCAP_ESB_ANY		(~0U)

/**
 * struct snapcap_watchdog_driver - what Linux's own driver of the device believes
 * @active: somebody has opened it, and pings
 * @nowayout: it must not be stopped then
 * @timeout_s: time that the hardware was given, in seconds
 */
struct snapcap_watchdog_driver {
	bool active;
	bool nowayout;
	unsigned int timeout_s;
};

#ifdef SNAPCAP_WATCHDOG_PCI
/* i6300esb.c */
int snapcap_esb_open(u32 at);
void snapcap_esb_close(void);
bool snapcap_esb_driver(struct snapcap_watchdog_driver *driver);
void snapcap_esb_setup(unsigned int timeout_s);
void snapcap_esb_reload(void);
void snapcap_esb_start(bool nowayout);
bool snapcap_esb_stop(void);
#else
static inline int snapcap_esb_open(u32 at)
{
	return -ENODEV;
}

static inline void snapcap_esb_close(void) { }

static inline bool snapcap_esb_driver(struct snapcap_watchdog_driver *driver)
{
	return false;
}

static inline void snapcap_esb_setup(unsigned int timeout_s) { }
static inline void snapcap_esb_reload(void) { }
static inline void snapcap_esb_start(bool nowayout) { }

static inline bool snapcap_esb_stop(void)
{
	return true;
}
#endif

#endif /* SNAPCAP_WATCHDOG_H */
