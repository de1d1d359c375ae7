/* SPDX-License-Identifier: GPL-2.0-only */
/* Names for the numbers of the UAPI, and its structures as JSON. */
#ifndef SNAPCTL_FACTS_H
#define SNAPCTL_FACTS_H

#include <linux/snapcap.h>

#include "json.h"
#include "snapimg.h"

/** facts_state() - name of a SNAPCAP_STATE_* */
const char *facts_state(u32 state);

/** facts_stage() - name of a SNAPCAP_STAGE_* */
const char *facts_stage(u32 stage);

/** facts_slot() - "0", "1", "whole" or "auto" */
const char *facts_slot(u32 slot);

/** facts_previous() - "none", "kept" or "lost" */
const char *facts_previous(u32 previous);

/** facts_event() - name of a SNAPCAP_EVENT_* */
const char *facts_event(u32 event);

/** facts_arch() - name of a SNAPCAP_ARCH_* */
const char *facts_arch(u32 arch);

/** facts_codec() - name of a SNAPCAP_CODEC_* */
const char *facts_codec(u32 codec);

/** facts_boot() - "cold" or "restore" */
const char *facts_boot(u32 boot);

/** facts_request() - name of a SNAPCAP_REQUEST_*, which is the option of snapctl reboot */
const char *facts_request(u32 request);

/** facts_cause() - short name of a SNAPCAP_CAUSE_* */
const char *facts_cause(u32 cause);

/** facts_status_json() - a status */
struct json_object *facts_status_json(const struct snapcap_status *status);

/** facts_pager_json() - the swap device and what was read from flash */
struct json_object *facts_pager_json(const struct snapcap_pager_status *pager);

/** facts_info_json() - what does not change */
struct json_object *facts_info_json(const struct snapcap_info *info);

/** facts_boot_json() - how the system came up, with its timeline */
struct json_object *facts_boot_json(const struct snapcap_boot_info *boot);

/** facts_image_json() - a header */
struct json_object *facts_image_json(const struct snapimg *img);

/** facts_reason_json() - @object gets reason, reason_name and reason_text */
void facts_reason_json(struct json_object *object, int reason);

/** facts_command() - an object that names the command that it comes from */
struct json_object *facts_command(const char *command);

/** facts_take_runs() - is a take running? */
bool facts_take_runs(const struct snapcap_status *status);

/** facts_time_count() - entries of the timeline that can be trusted */
u32 facts_time_count(const struct snapcap_boot_info *boot);

#endif /* SNAPCTL_FACTS_H */
