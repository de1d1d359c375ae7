// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include <linux/snapcap_reason.h>

#include "../test.h"
#include "advice.h"
#include "cmd.h"
#include "snapimg.h"

/* The last of the UAPI header: a new cause makes this test fail until it has its entry. */
#define LAST_CAUSE	SNAPCAP_CAUSE_NO_PLACE

static void fill(const char *form, const struct snapcap_status *status, char *buf, size_t size)
{
	cause_text(form, status, "snapshot", buf, size);
}

static void test_every_cause_has_its_entry(void **state)
{
	for (u32 i = 0; i <= LAST_CAUSE; i++) {
		const struct cause *cause = cause_get(i);

		if (!cause)
			fail_msg("cause %u has no entry", i);
		assert_true(*cause->name && *cause->text);
		assert_true(i == SNAPCAP_CAUSE_NONE || (*cause->advice && cause->exit));
		for (u32 j = 0; j < i; j++)
			assert_string_not_equal(cause->name, cause_get(j)->name);
	}
	assert_null(cause_get(LAST_CAUSE + 1));
	assert_null(cause_get(UINT32_MAX));
}

static void test_every_reason_has_advice(void **state)
{
	const char *unknown = snapimg_reason_name(1000);
	unsigned int count = 0;

	for (int i = 0; i < 200; i++) {
		bool known = strcmp(snapimg_reason_name(i), unknown);

		if (known != !!reason_advice(i))
			fail_msg("reason %d (%s): known to one only", i, snapimg_reason_name(i));
		assert_ptr_equal(reason_advice(i), reason_advice(-i));
		count += known;
	}
	assert_true(count > 30);
	assert_null(reason_advice(INT32_MIN));
}

static void test_every_text_can_be_filled_in(void **state)
{
	struct snapcap_status full = { .detail = 0x1000, .name = "virtio1" }, empty = { 0 };
	char buf[400];

	for (u32 i = 0; i <= LAST_CAUSE; i++) {
		const struct cause *cause = cause_get(i);
		const char *forms[] = { cause->text, cause->advice };

		for (size_t k = 0; k < ARRAY_SIZE(forms); k++) {
			fill(forms[k], &full, buf, sizeof(buf));
			assert_null(strpbrk(buf, "%[]"));
			fill(forms[k], &empty, buf, sizeof(buf));
			assert_null(strpbrk(buf, "%[]"));
			assert_null(strstr(buf, ": ;"));
			assert_null(strstr(buf, "  "));
		}
	}
}

static void test_text_names_the_thing(void **state)
{
	struct snapcap_status status = { .detail = 3 << 20, .name = "virtio1" };
	char buf[400];

	fill(cause_get(SNAPCAP_CAUSE_DEVICE)->text, &status, buf, sizeof(buf));
	assert_string_equal(buf, "a device refused to suspend: virtio1");
	fill(cause_get(SNAPCAP_CAUSE_NO_MEMORY)->text, &status, buf, sizeof(buf));
	assert_string_equal(buf, "not enough memory for the compressed copy: 3.0 MiB are missing; "
			    "nothing was erased");
	fill(cause_get(SNAPCAP_CAUSE_WRITE)->text, &status, buf, sizeof(buf));
	assert_string_equal(buf, "writing snapshot failed at offset 0x300000");
}

static void test_nothing_erased_is_only_said_when_true(void **state)
{
	struct snapcap_status status = { .detail = 4096, .stage = SNAPCAP_STAGE_VERIFY };
	char buf[400];

	fill(cause_get(SNAPCAP_CAUSE_NO_MEMORY)->text, &status, buf, sizeof(buf));
	assert_null(strstr(buf, "nothing was erased"));
	status.stage = SNAPCAP_STAGE_THAW;
	fill(cause_get(SNAPCAP_CAUSE_NO_MEMORY)->text, &status, buf, sizeof(buf));
	assert_non_null(strstr(buf, "nothing was erased"));
}

static void test_text_never_overruns(void **state)
{
	struct snapcap_status status = { .detail = UINT64_MAX };
	char buf[400];

	memset(status.name, 'x', sizeof(status.name));
	for (size_t size = 1; size < 120; size++) {
		buf[size] = 'E';
		fill("%n and %t, %b, %x", &status, buf, size);
		assert_int_equal(buf[size], 'E');
		assert_true(strlen(buf) < size);
	}
}

static void test_errno_without_a_cause_has_an_exit_code(void **state)
{
	static const struct {
		int err, exit;
	} cases[] = {
		{ EINVAL, 4 }, { ENOTTY, 4 }, { EPERM, 1 }, { EBUSY, 5 }, { ENODEV, 4 },
		{ ENXIO, 1 }, { EROFS, 1 }, { EOPNOTSUPP, 4 }, { EFBIG, 7 }, { EEXIST, 1 },
		{ ENOMEM, 7 },
		{ EINTR, 130 }, { ECANCELED, 130 }, { EIO, 6 }, { ENOSYS, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(cause_from_errno(cases[i].err)->exit, cases[i].exit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cause_has_its_entry),
		cmocka_unit_test(test_every_reason_has_advice),
		cmocka_unit_test(test_every_text_can_be_filled_in),
		cmocka_unit_test(test_text_names_the_thing),
		cmocka_unit_test(test_nothing_erased_is_only_said_when_true),
		cmocka_unit_test(test_text_never_overruns),
		cmocka_unit_test(test_errno_without_a_cause_has_an_exit_code),
	};

	return cmocka_run_group_tests_name("advice", tests, NULL, NULL);
}
