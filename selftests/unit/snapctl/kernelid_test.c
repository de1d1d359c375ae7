// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <stdio.h>

#include "../test.h"
#include "kernelid.h"

#define SIZE	65536

static u8 image[SIZE];
static struct kernelid id;

static void put_banner(size_t at, const char *release)
{
	sprintf((char *)image + at, "Linux version %s (root@host) #1 SMP", release);
}

static void put_note(size_t at, u8 seed)
{
	static const u8 head[] = { 4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0 };

	memcpy(image + at, head, sizeof(head));
	for (int i = 0; i < 20; i++)
		image[at + sizeof(head) + (size_t)i] = (u8)(seed + i);
}

static void put_elf(size_t at, size_t size)
{
	Elf64_Ehdr ehdr = { .e_shoff = size - 4 * sizeof(Elf64_Shdr), .e_shnum = 4,
			    .e_shentsize = sizeof(Elf64_Shdr) };

	memcpy(ehdr.e_ident, ELFMAG, SELFMAG);
	ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	ehdr.e_ident[EI_VERSION] = EV_CURRENT;
	memcpy(image + at, &ehdr, sizeof(ehdr));
}

static void put_le64(size_t at, u64 value)
{
	value = cpu_to_le64(value);
	memcpy(image + at, &value, sizeof(value));
}

static int setup(void **state)
{
	memset(image, 0x11, sizeof(image));
	memcpy(image + 56, "ARM\x64", 4);
	put_le64(8, 0x80000);
	put_le64(16, SIZE + 4096);
	put_le64(24, 0xa);
	put_banner(4096, "6.1.99-arm64");
	put_note(8192, 40);
	memset(&id, 0, sizeof(id));
	return 0;
}

static void test_finds_release_and_build_id(void **state)
{
	assert_null(kernelid_find(image, SIZE, &id));
	assert_string_equal(id.release, "6.1.99-arm64");
	assert_int_equal(id.build_id[0], 40);
	assert_int_equal(id.build_id[19], 59);
	assert_int_equal(id.text_offset, 0x80000);
	assert_int_equal(id.memory_size, SIZE + 4096);
}

static void expect_header(size_t at, u64 value, const char *text)
{
	const char *why;

	setup(NULL);
	put_le64(at, value);
	why = kernelid_find(image, SIZE, &id);
	if (!text) {
		assert_null(why);
		return;
	}
	assert_non_null(why);
	assert_non_null(strstr(why, text));
}

static void test_header_is_checked(void **state)
{
	expect_header(24, 0xb, "big-endian");
	expect_header(16, 0, "older than Linux 3.17");
	expect_header(16, SIZE - 1, "more bytes than its header says");
	expect_header(16, SIZE, NULL);
	expect_header(16, 1ULL << 32, NULL);
	expect_header(16, (1ULL << 32) + 1, "damaged");
	expect_header(16, ~0ULL, "damaged");
	expect_header(8, 0x1fffff, NULL);
	expect_header(8, 0x200000, "damaged");
	expect_header(8, ~0ULL, "damaged");
}

static void test_finds_them_at_the_very_end(void **state)
{
	memset(image + 4096, 0x11, 8192);
	put_note(SIZE - 36, 7);
	put_banner(SIZE - 100, "6.12.1");
	assert_null(kernelid_find(image, SIZE, &id));
	assert_string_equal(id.release, "6.12.1");
	assert_int_equal(id.build_id[0], 7);
}

static void test_same_banner_twice_is_fine(void **state)
{
	put_banner(20000, "6.1.99-arm64");
	put_note(24000, 40);
	assert_null(kernelid_find(image, SIZE, &id));
}

static void test_format_string_is_no_banner(void **state)
{
	strcpy((char *)image + 2048, "Linux version %s (%s)");
	strcpy((char *)image + 2200, "Linux version ");
	assert_null(kernelid_find(image, SIZE, &id));
	assert_string_equal(id.release, "6.1.99-arm64");
}

static void test_note_of_the_vdso_is_passed_over(void **state)
{
	put_elf(7168, 1024);
	put_note(7168 + 512, 99);
	assert_null(kernelid_find(image, SIZE, &id));
	assert_int_equal(id.build_id[0], 40);
}

static void test_elf_beyond_the_end_is_none(void **state)
{
	put_elf(SIZE - 2048, 4096);
	put_note(SIZE - 1024, 99);
	assert_string_equal(kernelid_find(image, SIZE, &id),
			    "it holds the build ids of two kernels");
}

static void expect_refused(const char *part)
{
	const char *why = kernelid_find(image, SIZE, &id);

	assert_non_null(why);
	if (!strstr(why, part))
		fail_msg("refused with: %s", why);
	assert_int_equal(id.release[0], 0);
}

static void test_no_release_refused(void **state)
{
	memset(image + 4096, 0x11, 200);
	expect_refused("no kernel release");
}

static void test_no_build_id_refused(void **state)
{
	image[8192 + 8] = 2;
	expect_refused("no GNU build id");
}

static void test_misaligned_note_is_none(void **state)
{
	memset(image + 8192, 0x11, 64);
	put_note(8194, 40);
	expect_refused("no GNU build id");
}

static void test_too_long_release_refused(void **state)
{
	char release[SNAPCAP_RELEASE_SIZE + 1];

	memset(release, 'a', SNAPCAP_RELEASE_SIZE);
	release[SNAPCAP_RELEASE_SIZE] = '\0';
	put_banner(4096, release);
	expect_refused("no kernel release");
	release[SNAPCAP_RELEASE_SIZE - 1] = '\0';
	put_banner(4096, release);
	assert_null(kernelid_find(image, SIZE, &id));
}

static void test_two_kernels_refused(void **state)
{
	put_banner(20000, "5.10.0");
	expect_refused("banners of two kernels");
}

static void test_other_files_refused_by_name(void **state)
{
	memcpy(image, "\x1f\x8b", 2);
	expect_refused("gzip");
	memcpy(image, "\x28\xb5\x2f\xfd", 4);
	expect_refused("zstd");
	memcpy(image, ELFMAG, SELFMAG);
	expect_refused("ELF");
	memcpy(image, "MZ\0\0zimg", 8);
	expect_refused("EFI");
	memset(image, 0, 64);
	expect_refused("not an arm64 Image");
}

static void test_short_files_are_safe(void **state)
{
	for (size_t size = 0; size < 200; size++) {
		/* A copy of that very size, so that the sanitizer sees a step too far. */
		u8 *copy = test_malloc(size ? size : 1);

		memcpy(copy, image, size);
		assert_non_null(kernelid_find(copy, size, &id));
		test_free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_finds_release_and_build_id, setup),
		cmocka_unit_test_setup(test_header_is_checked, setup),
		cmocka_unit_test_setup(test_finds_them_at_the_very_end, setup),
		cmocka_unit_test_setup(test_same_banner_twice_is_fine, setup),
		cmocka_unit_test_setup(test_format_string_is_no_banner, setup),
		cmocka_unit_test_setup(test_note_of_the_vdso_is_passed_over, setup),
		cmocka_unit_test_setup(test_elf_beyond_the_end_is_none, setup),
		cmocka_unit_test_setup(test_no_release_refused, setup),
		cmocka_unit_test_setup(test_no_build_id_refused, setup),
		cmocka_unit_test_setup(test_misaligned_note_is_none, setup),
		cmocka_unit_test_setup(test_too_long_release_refused, setup),
		cmocka_unit_test_setup(test_two_kernels_refused, setup),
		cmocka_unit_test_setup(test_other_files_refused_by_name, setup),
		cmocka_unit_test_setup(test_short_files_are_safe, setup),
	};

	return cmocka_run_group_tests_name("kernelid", tests, NULL, NULL);
}
