// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <limits.h>
#include "../test.h"
#include "snapimg.h"

static const int reasons[] = {
	SNAPCAP_REASON_NONE, SNAPCAP_REASON_EMPTY, SNAPCAP_REASON_VERSION,
	SNAPCAP_REASON_HEADER_SIZE, SNAPCAP_REASON_HEADER_CRC, SNAPCAP_REASON_FEATURE,
	SNAPCAP_REASON_RESERVED, SNAPCAP_REASON_FIELD, SNAPCAP_REASON_SECTION,
	SNAPCAP_REASON_TRUNCATED, SNAPCAP_REASON_NOT_COMMITTED, SNAPCAP_REASON_COMMIT,
	SNAPCAP_REASON_REVOKED, SNAPCAP_REASON_SECTION_CRC, SNAPCAP_REASON_CPU,
	SNAPCAP_REASON_MEMMAP, SNAPCAP_REASON_PAGETABLE, SNAPCAP_REASON_OVERLAP,
	SNAPCAP_REASON_CHUNK_TABLE, SNAPCAP_REASON_CHUNK_SUM, SNAPCAP_REASON_CHUNK_CODEC,
	SNAPCAP_REASON_CHUNK_DECODE, SNAPCAP_REASON_ARCH, SNAPCAP_REASON_MACHINE,
	SNAPCAP_REASON_MEMORY, SNAPCAP_REASON_STUB_ABI, SNAPCAP_REASON_KERNEL_RELEASE,
	SNAPCAP_REASON_BUILD_ID, SNAPCAP_REASON_PAGE_SIZE, SNAPCAP_REASON_READ,
	SNAPCAP_REASON_NO_SPACE, SNAPCAP_REASON_EXCEPTION, SNAPCAP_REASON_FORCED,
	SNAPCAP_REASON_OS_IMAGE, SNAPCAP_REASON_PART_SUM, SNAPCAP_REASON_PART_DECODE,
	SNAPCAP_REASON_PLACE, SNAPCAP_REASON_KERNEL, SNAPCAP_REASON_DEVTREE,
	SNAPCAP_REASON_CHANGED, SNAPCAP_REASON_ONCE, SNAPCAP_REASON_OS_CHANGED,
	SNAPCAP_REASON_ATTEMPTS,
};

static void test_reason_words_exist_and_differ(void **state)
{
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		const char *name = snapimg_reason_name(reasons[i]);

		assert_string_not_equal(name, "unknown");
		assert_true(strlen(snapimg_reason_text(reasons[i])) > strlen(name));
		for (j = 0; j < i; j++) {
			assert_string_not_equal(name, snapimg_reason_name(reasons[j]));
			assert_string_not_equal(snapimg_reason_text(reasons[i]),
						snapimg_reason_text(reasons[j]));
		}
	}
}

/* The list above is complete: no other number has words. */
static void test_reason_list_is_complete(void **state)
{
	size_t known = 0;
	int i;

	for (i = 0; i < 1000; i++)
		known += strcmp(snapimg_reason_name(i), "unknown") != 0;
	assert_int_equal(known, ARRAY_SIZE(reasons));
}

static void test_reason_names_are_one_word(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		const char *c;

		for (c = snapimg_reason_name(reasons[i]); *c; c++)
			assert_true(islower((unsigned char)*c) || *c == '-');
	}
}

static void test_reason_negated_is_the_same(void **state)
{
	assert_string_equal(snapimg_reason_name(-SNAPCAP_REASON_CHUNK_SUM), "chunk-sum");
	assert_string_equal(snapimg_reason_name(SNAPCAP_REASON_CHUNK_SUM), "chunk-sum");
	assert_ptr_equal(snapimg_reason_text(-SNAPCAP_REASON_CHUNK_SUM),
			 snapimg_reason_text(SNAPCAP_REASON_CHUNK_SUM));
}

static void test_reason_unknown_has_words(void **state)
{
	static const int unknown[] = { 13, 999, -999, INT_MAX, INT_MIN };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		assert_string_equal(snapimg_reason_name(unknown[i]), "unknown");
		assert_true(strlen(snapimg_reason_text(unknown[i])) > 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reason_words_exist_and_differ),
		cmocka_unit_test(test_reason_list_is_complete),
		cmocka_unit_test(test_reason_names_are_one_word),
		cmocka_unit_test(test_reason_negated_is_the_same),
		cmocka_unit_test(test_reason_unknown_has_words),
	};

	return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
