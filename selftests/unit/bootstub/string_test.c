// SPDX-License-Identifier: GPL-2.0-only
/* The loader's own memory functions; the build gives them other names. */
#include <string.h>
#include "../test.h"

#define SIZE	400

static unsigned char a[SIZE], b[SIZE];

/* Both hold the same, and no two neighbours are equal. */
static int setup(void **state)
{
	int i;

	for (i = 0; i < SIZE; i++)
		a[i] = b[i] = (unsigned char)(i * 7 + i / 256);
	return 0;
}

static void is_shifted(const unsigned char *p, int dst, int src, int n)
{
	int i;

	for (i = 0; i < SIZE; i++) {
		int from = i >= dst && i < dst + n ? i - dst + src : i;

		assert_int_equal(p[i], (unsigned char)(from * 7 + from / 256));
	}
}

static void test_memcpy_any_size_and_alignment(void **state)
{
	static unsigned char out[SIZE];
	int n, d, s, i;

	for (n = 0; n < 150; n++)
		for (d = 0; d < 9; d++)
			for (s = 0; s < 9; s++) {
				for (i = 0; i < SIZE; i++)
					out[i] = 0xee;
				assert_ptr_equal(memcpy(out + d, a + s, n), out + d);
				for (i = 0; i < SIZE; i++)
					assert_int_equal(out[i], i >= d && i < d + n ?
							 a[i - d + s] : 0xee);
			}
}

static void test_memmove_overlapping(void **state)
{
	int n, d, s;

	for (n = 0; n < 200; n += 1 + n / 20)
		for (d = 0; d < 140; d += 1 + d / 10)
			for (s = 0; s < 140; s += 1 + s / 10) {
				setup(state);
				assert_ptr_equal(memmove(b + d, b + s, n), b + d);
				is_shifted(b, d, s, n);
			}
}

static void test_memset_any_size_and_alignment(void **state)
{
	int n, d, i;

	for (n = 0; n < 200; n++)
		for (d = 0; d < 9; d++) {
			setup(state);
			assert_ptr_equal(memset(b + d, 0x1c3, n), b + d);
			for (i = 0; i < SIZE; i++)
				assert_int_equal(b[i], i >= d && i < d + n ? 0xc3 : a[i]);
		}
}

static void test_memcmp_orders_by_first_difference(void **state)
{
	assert_int_equal(memcmp(a, b, SIZE), 0);
	b[200] = 0xff;
	a[200] = 1;
	b[201] = 0;
	assert_true(memcmp(a, b, SIZE) < 0);
	assert_true(memcmp(b, a, SIZE) > 0);
	assert_int_equal(memcmp(a, b, 200), 0);
}

static void test_searches(void **state)
{
	static const char text[] = "a/b/c";

	assert_ptr_equal(memchr(text, '/', 5), text + 1);
	assert_null(memchr(text, '/', 1));
	assert_ptr_equal(strrchr(text, '/'), text + 3);
	assert_null(strrchr(text, 'x'));
	assert_ptr_equal(strrchr(text, 0), text + 5);
	assert_int_equal(strlen(text), 5);
	assert_int_equal(strnlen(text, 3), 3);
	assert_int_equal(strnlen(text, 9), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_memcpy_any_size_and_alignment, setup),
		cmocka_unit_test_setup(test_memmove_overlapping, setup),
		cmocka_unit_test_setup(test_memset_any_size_and_alignment, setup),
		cmocka_unit_test_setup(test_memcmp_orders_by_first_difference, setup),
		cmocka_unit_test(test_searches),
	};

	return cmocka_run_group_tests_name("bootstub/string", tests, NULL, NULL);
}
