/* SPDX-License-Identifier: GPL-2.0-only */
/* Plays /dev/snapcap: what the kernel module would answer. */
#ifndef SNAPCTL_MODULE_H
#define SNAPCTL_MODULE_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/snapcap.h>

/**
 * struct module - the played module; reset by module_reset()
 * @open_error: errno of opening the device, 0: it opens
 * @info_error: errno of INFO
 * @status_error: errno of STATUS
 * @boot_error: errno of BOOT_INFO
 * @info: answer of INFO
 * @status: answer of STATUS
 * @boot: answer of BOOT_INFO
 * @request_error: errno of REQUEST
 * @request: what was asked for last
 * @requests: calls of REQUEST that went well
 * @take: what MAKESNAP does; returns a negative errno or 0
 * @seen: the argument of the last MAKESNAP
 * @takes: calls of MAKESNAP
 * @cancels: calls of CANCEL
 * @pager: answer of PAGER_STATUS; SETUP, REMOVE, RECORD and FILL change its flags
 * @pager_status_error: errno of PAGER_STATUS
 * @pager_error: errno of PAGER, by SNAPCAP_PAGER_*
 * @pager_bytes: what SETUP was given
 * @pager_ops: operations in their order, a digit each
 * @ready_error: errno of READY
 * @readies: calls of READY that went well
 * @confirm: answer of CONFIRM; one that is on trial is confirmed by it
 * @confirm_error: errno of CONFIRM
 * @confirm_busy: so many calls of it find a take running
 * @confirms: calls of it that were no queries and went well
 * @hot: answer of HOT_SET
 * @hot_count: entries of it
 * @rehearse: what REHEARSE does; returns a negative errno or 0
 * @rehearsals: calls of REHEARSE
 * @rehearsed_state: what the last of them was to let drivers see
 * @device: answer of DEVICES
 * @device_count: entries of it
 * @device_calls: calls of DEVICES
 * @devices_more: as many come after the first call
 * @devices_lie: as many more are told than were written
 * @devices_error: errno of DEVICES
 * @watched: what SET of FINGERPRINT was given, answer of the others
 * @watched_count: entries of it
 * @watches: calls of SET
 * @watched_total: where SET fails; as many more than there are, the others tell
 * @watch_error: errno of FINGERPRINT
 * @cancel_misses: that many calls of CANCEL come too early
 */
struct module {
	int open_error;
	int info_error;
	int status_error;
	int boot_error;
	int request_error;
	__u32 request;
	unsigned int requests;
	struct snapcap_info info;
	struct snapcap_status status;
	struct snapcap_boot_info boot;
	int (*take)(struct snapcap_makesnap *arg);
	struct snapcap_makesnap seen;
	unsigned int takes;
	struct snapcap_pager_status pager;
	int pager_status_error;
	int pager_error[SNAPCAP_PAGER_FILL_STOP + 1];
	__u64 pager_bytes;
	char pager_ops[32];
	int ready_error;
	unsigned int readies;
	struct snapcap_confirm confirm;
	int confirm_error;
	unsigned int confirm_busy;
	unsigned int confirms;
	struct snapcap_hot_page hot[64];
	__u32 hot_count;
	int (*rehearse)(struct snapcap_rehearse *arg);
	unsigned int rehearsals;
	__u32 rehearsed_state;
	struct snapcap_device device[128];
	__u32 device_count;
	unsigned int device_calls;
	__u32 devices_more;
	__u32 devices_lie;
	int devices_error;
	struct snapcap_fingerprint watched[SNAPCAP_FINGERPRINTS_MAX];
	__u32 watched_count;
	unsigned int watches;
	__u32 watched_total;
	int watch_error;
	volatile unsigned int cancels;
	volatile unsigned int cancel_misses;
};

extern struct module module;

/** module_reset() - a module in a cold-booted system with a loader, all figures set */
void module_reset(void);

/** module_post() - an event for all who have the device open */
void module_post(__u32 stage, __u32 percent);

/** module_post_ready() - READY was called, for all who have the device open */
void module_post_ready(void);

#endif /* SNAPCTL_MODULE_H */
