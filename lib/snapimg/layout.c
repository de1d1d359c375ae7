// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The layout of everything that lies on flash or in the hand-off page, as
 * numbers: a compiler or an edit that moves a field does not get past here. Not
 * in the format headers themselves, because those are C90 and C++ as well.
 */
#include "snapimg_private.h"
#include <linux/snapcap_cpu.h>

#define LAYOUT_SIZE(type, bytes) \
	_Static_assert(sizeof(struct type) == (bytes), "size of " #type)
#define LAYOUT_AT(type, member, bytes) \
	_Static_assert(__builtin_offsetof(struct type, member) == (bytes), #type "." #member)

LAYOUT_SIZE(snapcap_section, 32);
LAYOUT_AT(snapcap_section, type, 0);
LAYOUT_AT(snapcap_section, crc, 4);
LAYOUT_AT(snapcap_section, offset, 8);
LAYOUT_AT(snapcap_section, size, 16);
LAYOUT_AT(snapcap_section, reserved0, 24);

LAYOUT_SIZE(snapcap_image_header, 1024);
LAYOUT_AT(snapcap_image_header, magic, 0);
LAYOUT_AT(snapcap_image_header, header_size, 8);
LAYOUT_AT(snapcap_image_header, version_major, 12);
LAYOUT_AT(snapcap_image_header, version_minor, 14);
LAYOUT_AT(snapcap_image_header, feature_compat, 16);
LAYOUT_AT(snapcap_image_header, feature_incompat, 24);
LAYOUT_AT(snapcap_image_header, sequence, 32);
LAYOUT_AT(snapcap_image_header, image_size, 40);
LAYOUT_AT(snapcap_image_header, page_shift, 48);
LAYOUT_AT(snapcap_image_header, section_count, 52);
LAYOUT_AT(snapcap_image_header, arch, 56);
LAYOUT_AT(snapcap_image_header, stub_abi, 60);
LAYOUT_AT(snapcap_image_header, stream_pages, 64);
LAYOUT_AT(snapcap_image_header, zero_pages, 72);
LAYOUT_AT(snapcap_image_header, created_s, 80);
LAYOUT_AT(snapcap_image_header, stub_base, 88);
LAYOUT_AT(snapcap_image_header, stub_size, 96);
LAYOUT_AT(snapcap_image_header, handoff_base, 104);
LAYOUT_AT(snapcap_image_header, kernel_release, 112);
LAYOUT_AT(snapcap_image_header, machine, 192);
LAYOUT_AT(snapcap_image_header, build_id, 320);
LAYOUT_AT(snapcap_image_header, build_id_size, 340);
LAYOUT_AT(snapcap_image_header, uuid, 344);
LAYOUT_AT(snapcap_image_header, label, 360);
LAYOUT_AT(snapcap_image_header, chunk_pages_max, 392);
LAYOUT_AT(snapcap_image_header, reserved0, 396);
LAYOUT_AT(snapcap_image_header, section, 400);
LAYOUT_AT(snapcap_image_header, pageable_pages, 656);
LAYOUT_AT(snapcap_image_header, os_identity, 664);
LAYOUT_AT(snapcap_image_header, tries, 672);
LAYOUT_AT(snapcap_image_header, wear, 676);
LAYOUT_AT(snapcap_image_header, reserved1, 680);
LAYOUT_AT(snapcap_image_header, header_crc, 1020);

LAYOUT_SIZE(snapcap_commit, 48);
LAYOUT_AT(snapcap_commit, magic, 0);
LAYOUT_AT(snapcap_commit, sequence, 8);
LAYOUT_AT(snapcap_commit, header_crc, 16);
LAYOUT_AT(snapcap_commit, reserved0, 20);
LAYOUT_AT(snapcap_commit, reserved1, 24);
LAYOUT_AT(snapcap_commit, commit_crc, 32);
LAYOUT_AT(snapcap_commit, reserved2, 36);
LAYOUT_AT(snapcap_commit, revoked, 40);

LAYOUT_SIZE(snapcap_choice, 8);
LAYOUT_AT(snapcap_choice, number, 0);
LAYOUT_AT(snapcap_choice, crc, 4);

LAYOUT_SIZE(snapcap_range, 16);
LAYOUT_AT(snapcap_range, base, 0);
LAYOUT_AT(snapcap_range, size, 8);

LAYOUT_SIZE(snapcap_extent, 16);
LAYOUT_AT(snapcap_extent, pfn, 0);
LAYOUT_AT(snapcap_extent, pages, 8);
LAYOUT_AT(snapcap_extent, kind, 12);
LAYOUT_AT(snapcap_extent, reserved0, 14);

LAYOUT_SIZE(snapcap_chunk, 32);
LAYOUT_AT(snapcap_chunk, pages, 0);
LAYOUT_AT(snapcap_chunk, codec, 4);
LAYOUT_AT(snapcap_chunk, reserved0, 6);
LAYOUT_AT(snapcap_chunk, offset, 8);
LAYOUT_AT(snapcap_chunk, stored_size, 16);
LAYOUT_AT(snapcap_chunk, sum, 20);
LAYOUT_AT(snapcap_chunk, fill, 24);

LAYOUT_SIZE(snapcap_timestamp, 16);
LAYOUT_AT(snapcap_timestamp, event, 0);
LAYOUT_AT(snapcap_timestamp, reserved0, 4);
LAYOUT_AT(snapcap_timestamp, counter, 8);

LAYOUT_SIZE(snapcap_handoff, 4096);
LAYOUT_AT(snapcap_handoff, magic, 0);
LAYOUT_AT(snapcap_handoff, abi, 8);
LAYOUT_AT(snapcap_handoff, size, 12);
LAYOUT_AT(snapcap_handoff, boot, 16);
LAYOUT_AT(snapcap_handoff, reason, 20);
LAYOUT_AT(snapcap_handoff, detail, 24);
LAYOUT_AT(snapcap_handoff, slot_offset, 32);
LAYOUT_AT(snapcap_handoff, sequence, 40);
LAYOUT_AT(snapcap_handoff, attempt, 48);
LAYOUT_AT(snapcap_handoff, timestamp_count, 52);
LAYOUT_AT(snapcap_handoff, counter_hz, 56);
LAYOUT_AT(snapcap_handoff, stub_base, 64);
LAYOUT_AT(snapcap_handoff, stub_size, 72);
LAYOUT_AT(snapcap_handoff, stub_version, 80);
LAYOUT_AT(snapcap_handoff, machine, 112);
LAYOUT_AT(snapcap_handoff, range_count, 240);
LAYOUT_AT(snapcap_handoff, seed_size, 244);
LAYOUT_AT(snapcap_handoff, range, 248);
LAYOUT_AT(snapcap_handoff, seed, 504);
LAYOUT_AT(snapcap_handoff, timestamp, 536);
LAYOUT_AT(snapcap_handoff, bytes_stored, 1048);
LAYOUT_AT(snapcap_handoff, bytes_restored, 1056);
LAYOUT_AT(snapcap_handoff, request, 1064);
LAYOUT_AT(snapcap_handoff, request_inverse, 1068);
LAYOUT_AT(snapcap_handoff, download_base, 1072);
LAYOUT_AT(snapcap_handoff, download_size, 1080);
LAYOUT_AT(snapcap_handoff, download_flags, 1088);
LAYOUT_AT(snapcap_handoff, about, 1092);
LAYOUT_AT(snapcap_handoff, reserved0, 1156);
LAYOUT_AT(snapcap_handoff, rank, 4040);
LAYOUT_AT(snapcap_handoff, watchdog, 4048);
LAYOUT_AT(snapcap_handoff, watchdog_ms, 4052);
LAYOUT_AT(snapcap_handoff, watchdog_at, 4056);
LAYOUT_AT(snapcap_handoff, reserved1, 4060);
LAYOUT_AT(snapcap_handoff, given_up, 4064);
LAYOUT_AT(snapcap_handoff, os_identity, 4072);
LAYOUT_AT(snapcap_handoff, medium, 4080);

LAYOUT_SIZE(snapcap_os_part, 40);
LAYOUT_AT(snapcap_os_part, type, 0);
LAYOUT_AT(snapcap_os_part, codec, 4);
LAYOUT_AT(snapcap_os_part, reserved0, 6);
LAYOUT_AT(snapcap_os_part, offset, 8);
LAYOUT_AT(snapcap_os_part, stored_size, 16);
LAYOUT_AT(snapcap_os_part, size, 24);
LAYOUT_AT(snapcap_os_part, sum, 32);
LAYOUT_AT(snapcap_os_part, reserved1, 36);

LAYOUT_SIZE(snapcap_os_header, 512);
LAYOUT_AT(snapcap_os_header, magic, 0);
LAYOUT_AT(snapcap_os_header, header_size, 8);
LAYOUT_AT(snapcap_os_header, version_major, 12);
LAYOUT_AT(snapcap_os_header, version_minor, 14);
LAYOUT_AT(snapcap_os_header, feature_compat, 16);
LAYOUT_AT(snapcap_os_header, feature_incompat, 24);
LAYOUT_AT(snapcap_os_header, version, 32);
LAYOUT_AT(snapcap_os_header, image_size, 40);
LAYOUT_AT(snapcap_os_header, arch, 48);
LAYOUT_AT(snapcap_os_header, part_count, 52);
LAYOUT_AT(snapcap_os_header, kernel_release, 56);
LAYOUT_AT(snapcap_os_header, build_id, 136);
LAYOUT_AT(snapcap_os_header, build_id_size, 156);
LAYOUT_AT(snapcap_os_header, part, 160);
LAYOUT_AT(snapcap_os_header, load_addr, 480);
LAYOUT_AT(snapcap_os_header, load_bias, 488);
LAYOUT_AT(snapcap_os_header, entry, 496);
LAYOUT_AT(snapcap_os_header, reserved0, 504);
LAYOUT_AT(snapcap_os_header, header_crc, 508);

LAYOUT_SIZE(snapcap_cpu_arm64, 72);
LAYOUT_AT(snapcap_cpu_arm64, arch, 0);
LAYOUT_AT(snapcap_cpu_arm64, size, 4);
LAYOUT_AT(snapcap_cpu_arm64, el, 8);
LAYOUT_AT(snapcap_cpu_arm64, boot_el, 12);
LAYOUT_AT(snapcap_cpu_arm64, mair, 16);
LAYOUT_AT(snapcap_cpu_arm64, tcr, 24);
LAYOUT_AT(snapcap_cpu_arm64, ttbr1, 32);
LAYOUT_AT(snapcap_cpu_arm64, entry, 40);
LAYOUT_AT(snapcap_cpu_arm64, arg, 48);
LAYOUT_AT(snapcap_cpu_arm64, mpidr, 56);
LAYOUT_AT(snapcap_cpu_arm64, reserved1, 64);

/* What assembler code knows of the CPU records. */
LAYOUT_AT(snapcap_cpu_arm64, mair, SNAPCAP_ARM64_CPU_MAIR);
LAYOUT_AT(snapcap_cpu_arm64, tcr, SNAPCAP_ARM64_CPU_TCR);
LAYOUT_AT(snapcap_cpu_arm64, ttbr1, SNAPCAP_ARM64_CPU_TTBR1);
LAYOUT_AT(snapcap_cpu_arm64, entry, SNAPCAP_ARM64_CPU_ENTRY);
LAYOUT_AT(snapcap_cpu_arm64, arg, SNAPCAP_ARM64_CPU_ARG);

/* The parts of a slot do not run into each other. */
_Static_assert(sizeof(struct snapcap_image_header) <= SNAPCAP_CHOICE_OFF, "header meets log");
_Static_assert(SNAPCAP_CHOICE_OFF + SNAPCAP_CHOICE_WORDS * sizeof(struct snapcap_choice) <=
	       SNAPCAP_COMMIT_OFF, "log meets mark");
_Static_assert(SNAPCAP_COMMIT_OFF + sizeof(struct snapcap_commit) <= SNAPCAP_TRIAL_OFF,
	       "mark meets log");
_Static_assert(SNAPCAP_TRIAL_OFF + SNAPCAP_TRIAL_WORDS * SNAPCAP_TRIAL_WORD_SIZE <=
	       SNAPCAP_BODY_OFF, "log meets body");
_Static_assert(sizeof(struct snapcap_handoff) == SNAPCAP_HANDOFF_SIZE, "hand-off page");
_Static_assert(sizeof(struct snapcap_os_header) <= SNAPCAP_OS_PART_ALIGN, "header meets part");

#undef LAYOUT_SIZE
#undef LAYOUT_AT
