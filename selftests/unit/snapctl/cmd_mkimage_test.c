// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../test.h"
#include "cmd.h"
#include "run.h"
#include "snapimg.h"

#define KERNEL_SIZE	20000
#define DTB_SIZE	100
#define INITRD_SIZE	5000

static char kernel[256], dtb[256], initrd[256], output[256];
static u8 kernel_data[KERNEL_SIZE];
static u8 image[65536];
static size_t image_size;

static void write_file(const char *path, const void *data, size_t size)
{
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, size, out), size);
	fclose(out);
}

static void read_image(void)
{
	FILE *in = fopen(output, "rb");

	assert_non_null(in);
	image_size = fread(image, 1, sizeof(image), in);
	fclose(in);
}

static void put_le64(size_t at, u64 value)
{
	value = cpu_to_le64(value);
	memcpy(kernel_data + at, &value, sizeof(value));
}

static int setup(void **state)
{
	static const u8 note[] = { 4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0,
				   1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
				   19, 20 };
	u8 blob[INITRD_SIZE] = { 0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, DTB_SIZE };

	strcpy(kernel, temp_path("Image"));
	strcpy(dtb, temp_path("dtb"));
	strcpy(initrd, temp_path("initrd"));
	strcpy(output, temp_path("os.img"));
	unlink(output);
	memset(kernel_data, 0x22, sizeof(kernel_data));
	memset(kernel_data + 8, 0, 24);
	put_le64(8, 0x80000);
	put_le64(16, 2 * KERNEL_SIZE);
	memcpy(kernel_data + 56, "ARM\x64", 4);
	strcpy((char *)kernel_data + 400, "Linux version 6.1.7-demo (me@here) #1");
	memcpy(kernel_data + 800, note, sizeof(note));
	write_file(kernel, kernel_data, sizeof(kernel_data));
	write_file(dtb, blob, DTB_SIZE);
	memset(blob, 0x33, sizeof(blob));
	write_file(initrd, blob, sizeof(blob));
	return 0;
}

static void test_image_passes_the_library(void **state)
{
	struct snapimg_os os;
	const struct snapimg_os_part *p;

	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--dtb", dtb, "--initrd", initrd,
			     "--cmdline", "root=/dev/vda ro", "--version", "42", "-o", output,
			     NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "version 42, kernel 6.1.7-demo, build id 0102030405"));
	read_image();
	assert_int_equal(snapimg_os_check(image, image_size, image_size, &os), 0);
	assert_int_equal(os.version, 42);
	assert_int_equal(os.arch, SNAPCAP_ARCH_ARM64);
	assert_int_equal(os.image_size, image_size);
	assert_string_equal(os.kernel_release, "6.1.7-demo");
	assert_int_equal(os.build_id_size, 20);
	assert_int_equal(os.build_id[19], 20);
	p = &os.part[SNAPCAP_OS_PART_KERNEL];
	assert_int_equal(p->size, KERNEL_SIZE);
	assert_int_equal(p->stored_size, KERNEL_SIZE);
	assert_int_equal(p->codec, SNAPCAP_CODEC_RAW);
	assert_int_equal(p->offset % SNAPCAP_OS_PART_ALIGN, 0);
	assert_memory_equal(image + p->offset, kernel_data, KERNEL_SIZE);
	assert_int_equal(p->sum, snapimg_sum(kernel_data, KERNEL_SIZE));
	assert_int_equal(os.part[SNAPCAP_OS_PART_DTB].size, DTB_SIZE);
	assert_int_equal(os.part[SNAPCAP_OS_PART_INITRD].size, INITRD_SIZE);
	p = &os.part[SNAPCAP_OS_PART_CMDLINE];
	assert_int_equal(p->size, strlen("root=/dev/vda ro"));
	assert_memory_equal(image + p->offset, "root=/dev/vda ro", p->size);
}

static const struct snapimg_os *made(void)
{
	static struct snapimg_os os;

	read_image();
	assert_int_equal(snapimg_os_check(image, image_size, image_size, &os), 0);
	return &os;
}

/* Noise, which LZ4 cannot make smaller. */
static void make_noise(const char *path, size_t size)
{
	static u8 noise[INITRD_SIZE];
	u32 state = 1;

	for (size_t i = 0; i < size; i++) {
		state = state * 1103515245 + 12345;
		noise[i] = (u8)(state >> 16);
	}
	write_file(path, noise, size);
}

static void test_parts_are_compressed_where_it_pays(void **state)
{
	static u8 plain[KERNEL_SIZE];
	const struct snapimg_os_part *p;

	make_noise(initrd, INITRD_SIZE);
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--initrd", initrd, "--dtb", dtb,
			     "--cmdline", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			     "--compress", output, NULL), SNAPCTL_OK);
	p = made()->part;
	assert_int_equal(p[SNAPCAP_OS_PART_KERNEL].codec, SNAPCAP_CODEC_LZ4);
	assert_int_equal(p[SNAPCAP_OS_PART_KERNEL].size, KERNEL_SIZE);
	assert_in_range(p[SNAPCAP_OS_PART_KERNEL].stored_size, 1, KERNEL_SIZE / 10);
	assert_int_equal(snapimg_lz4_decode(image + p[SNAPCAP_OS_PART_KERNEL].offset,
					    p[SNAPCAP_OS_PART_KERNEL].stored_size, plain,
					    KERNEL_SIZE), KERNEL_SIZE);
	assert_memory_equal(plain, kernel_data, KERNEL_SIZE);
	assert_int_equal(p[SNAPCAP_OS_PART_INITRD].codec, SNAPCAP_CODEC_RAW);
	assert_int_equal(p[SNAPCAP_OS_PART_INITRD].stored_size, INITRD_SIZE);
	assert_int_equal(p[SNAPCAP_OS_PART_DTB].codec, SNAPCAP_CODEC_RAW);
	assert_int_equal(p[SNAPCAP_OS_PART_CMDLINE].codec, SNAPCAP_CODEC_RAW);
	assert_int_equal(run(cmd_verify, output, NULL), SNAPCTL_OK);
}

static void test_parts_to_compress_are_chosen(void **state)
{
	const struct snapimg_os_part *p;

	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--initrd", initrd, "--dtb", dtb,
			     "--compress=12", "--compress-parts=dtb,initrd", output, NULL),
			 SNAPCTL_OK);
	p = made()->part;
	assert_int_equal(p[SNAPCAP_OS_PART_KERNEL].codec, SNAPCAP_CODEC_RAW);
	assert_int_equal(p[SNAPCAP_OS_PART_INITRD].codec, SNAPCAP_CODEC_LZ4);
	assert_int_equal(p[SNAPCAP_OS_PART_DTB].codec, SNAPCAP_CODEC_LZ4);
}

static void test_place_is_in_the_header(void **state)
{
	const struct snapimg_os *os;
	struct json_object *o;

	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, output, NULL), SNAPCTL_OK);
	assert_true(made()->load_addr == SNAPCAP_OS_LOAD_ANY);
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--load-addr", "0x40280000",
			     "--load-bias", "-512M", "--entry", "0x40", output, NULL), SNAPCTL_OK);
	os = made();
	assert_int_equal(os->load_addr, 0x40280000);
	assert_true(os->load_bias == -0x20000000ULL);
	assert_int_equal(os->entry, 0x40);
	assert_int_equal(run(cmd_info, "-j", output, NULL), SNAPCTL_OK);
	o = run_json();
	assert_int_equal(json_number(o, "load_addr"), 0x40280000);
	assert_int_equal(json_number(o, "entry"), 0x40);
	assert_int_equal(run(cmd_info, output, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "0x20280000 (0x40280000, moved by 0xffffffffe0000000)"));
}

/* What info says of the image at @output. */
static const char *identity(void)
{
	assert_int_equal(run(cmd_info, "-j", output, NULL), SNAPCTL_OK);
	return json_string(run_json(), "os_identity");
}

/* It is what a snapshot of the system that is booted from the image is bound to. */
static void test_identity_is_of_the_parts(void **state)
{
	char first[17], line[40];

	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--initrd", initrd, "--version", "1",
			     "-o", output, NULL), SNAPCTL_OK);
	snprintf(first, sizeof(first), "%s", identity());
	assert_int_equal(strspn(first, "0123456789abcdef"), 16);
	assert_int_equal(run(cmd_info, output, NULL), SNAPCTL_OK);
	snprintf(line, sizeof(line), "Identity        %s\n", first);
	assert_non_null(strstr(run_out, line));
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--initrd", initrd, "--version", "2",
			     "-o", output, NULL), SNAPCTL_OK);
	assert_string_equal(identity(), first);
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--initrd", initrd, "--dtb", dtb,
			     "-o", output, NULL), SNAPCTL_OK);
	assert_string_not_equal(identity(), first);
	make_noise(initrd, INITRD_SIZE);
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--initrd", initrd, "-o", output,
			     NULL), SNAPCTL_OK);
	assert_string_not_equal(identity(), first);
}

static void expect_usage(const char *text, const char *a, const char *b, const char *c)
{
	unlink(output);
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "-o", output, a, b, c, NULL),
			 SNAPCTL_USAGE);
	if (!strstr(run_err, text))
		fail_msg("%s not in: %s", text, run_err);
	assert_int_equal(access(output, F_OK), -1);
}

static void test_impossible_places_are_usage(void **state)
{
	put_le64(16, 4 << 20);
	write_file(kernel, kernel_data, sizeof(kernel_data));
	expect_usage("2 MiB", "--load-addr=0x40000000", NULL, NULL);
	expect_usage("2 MiB", "--load-addr=0x40280000", "--load-bias=0x100000", NULL);
	expect_usage("multiple of 4K", "--load-addr=0x40280800", NULL, NULL);
	expect_usage("multiple of 4K", "--load-addr=-1", NULL, NULL);
	expect_usage("multiple of 4K", "--load-bias=2K", "--load-addr=0x40280000", NULL);
	expect_usage("moves --load-addr out", "--load-bias=-2G", "--load-addr=0x40280000", NULL);
	expect_usage("end of the addresses", "--load-addr=0xfffffffffffff000",
		     "--load-bias=-0x17f000", NULL);
	expect_usage("behind the end of the kernel", "--load-addr=0x40280000", "--entry=20000",
		     NULL);
	expect_usage("need --load-addr", "--load-bias=0x200000", NULL, NULL);
	expect_usage("need --load-addr", "--entry=0x40", NULL, NULL);
	expect_usage("not a level", "--compress=0", NULL, NULL);
	expect_usage("not a level", "--compress=13", NULL, NULL);
	expect_usage("not a list of parts", "--compress-parts=kernel,cmdline", NULL, NULL);
	expect_usage("not a list of parts", "--compress-parts=", NULL, NULL);
}

static void test_part_that_does_not_decode_is_told(void **state)
{
	struct snapcap_os_header *hdr = (void *)image;
	struct snapimg_os os;

	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--compress", output, NULL),
			 SNAPCTL_OK);
	os = *made();
	os.part[SNAPCAP_OS_PART_KERNEL].size++;
	snapimg_os_build(&os, hdr);
	write_file(output, image, image_size);
	assert_int_equal(run(cmd_verify, "-j", output, NULL), SNAPCTL_INVALID);
	assert_string_equal(json_string(run_json(), "results.0.reason_name"), "part-decode");
	assert_string_equal(json_string(run_json(), "results.0.part"), "kernel");
}

/* A sum proves nothing of the length that goes with it. */
static void test_sum_of_a_wrong_length_is_told(void **state)
{
	struct snapcap_os_header *hdr = (void *)image;
	struct snapimg_os_part *part;
	struct snapimg_os os;

	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--compress", output, NULL),
			 SNAPCTL_OK);
	os = *made();
	part = &os.part[SNAPCAP_OS_PART_KERNEL];
	part->stored_size--;
	part->sum = snapimg_sum(image + part->offset, part->stored_size);
	os.image_size--;
	snapimg_os_build(&os, hdr);
	write_file(output, image, os.image_size);
	assert_int_equal(run(cmd_verify, "-j", output, NULL), SNAPCTL_INVALID);
	assert_string_equal(json_string(run_json(), "results.0.reason_name"), "part-decode");
}

static void test_kernel_alone_is_enough(void **state)
{
	struct snapimg_os os;

	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, output, NULL), SNAPCTL_OK);
	read_image();
	assert_int_equal(snapimg_os_check(image, image_size, image_size, &os), 0);
	assert_int_equal(os.version, 1);
	assert_int_equal(os.part[SNAPCAP_OS_PART_DTB].size, 0);
	assert_int_equal(os.part[SNAPCAP_OS_PART_CMDLINE].size, 0);
}

static void test_same_parts_make_the_same_bytes(void **state)
{
	static u8 first[sizeof(image)];

	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "-o", output, NULL), SNAPCTL_OK);
	read_image();
	memcpy(first, image, sizeof(image));
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "-o", output, NULL), SNAPCTL_OK);
	read_image();
	assert_memory_equal(first, image, image_size);
}

static void test_json_names_the_kernel(void **state)
{
	struct json_object *o;

	assert_int_equal(run(cmd_mkimage, "-j", "--kernel", kernel, "-o", output, NULL), 0);
	o = run_json();
	assert_string_equal(json_string(o, "command"), "mkimage");
	assert_string_equal(json_string(o, "output"), output);
	assert_int_equal(json_number(o, "image_version"), 1);
	assert_int_equal(json_number(o, "image_size"), 4096 + KERNEL_SIZE);
	assert_string_equal(json_string(o, "kernel_release"), "6.1.7-demo");
	assert_string_equal(json_string(o, "build_id"), "0102030405060708090a0b0c0d0e0f1011121314");
}

static void test_info_and_verify_know_it(void **state)
{
	struct json_object *o;

	run(cmd_mkimage, "--kernel", kernel, "--cmdline", "quiet", "-o", output, NULL);
	assert_int_equal(run(cmd_verify, output, NULL), SNAPCTL_OK);
	assert_int_equal(run(cmd_info, "-j", output, NULL), SNAPCTL_OK);
	o = run_json();
	assert_string_equal(json_string(o, "kind"), "os-image");
	assert_string_equal(json_string(o, "kernel_release"), "6.1.7-demo");
	assert_int_equal(json_number(o, "parts.kernel.size"), KERNEL_SIZE);
	assert_int_equal(json_number(o, "parts.cmdline.size"), 5);
	assert_int_equal(run(cmd_info, output, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "6.1.7-demo"));
}

static void test_damage_is_found_in_every_part(void **state)
{
	static const u64 at[] = { 40, 100, 4096, 4096 + KERNEL_SIZE - 1 };
	struct json_object *o;

	run(cmd_mkimage, "--kernel", kernel, "-o", output, NULL);
	read_image();
	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		image[at[i]] ^= 1;
		write_file(output, image, image_size);
		image[at[i]] ^= 1;
		assert_int_equal(run(cmd_verify, "-j", output, NULL), SNAPCTL_INVALID);
		o = run_json();
		assert_string_equal(json_string(o, "kind"), "os-image");
		assert_string_equal(json_string(o, "results.0.reason_name"),
				    at[i] < 4096 ? "header-crc" : "part-sum");
		assert_int_equal(run(cmd_info, output, NULL), SNAPCTL_INVALID);
	}
	write_file(output, image, image_size - 1);
	assert_int_equal(run(cmd_verify, "-j", output, NULL), SNAPCTL_INVALID);
	assert_string_equal(json_string(run_json(), "results.0.reason_name"), "truncated");
}

static void expect_no_output(void)
{
	assert_int_equal(access(output, F_OK), -1);
	assert_true(*run_err);
}

static void test_kernel_without_identity_is_refused(void **state)
{
	kernel_data[400] = 'l';
	write_file(kernel, kernel_data, sizeof(kernel_data));
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "-o", output, NULL), SNAPCTL_INVALID);
	assert_non_null(strstr(run_err, "no kernel release"));
	assert_non_null(strstr(run_err, kernel));
	expect_no_output();
	kernel_data[400] = 'L';
	kernel_data[812] = 'g';
	write_file(kernel, kernel_data, sizeof(kernel_data));
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "-o", output, NULL), SNAPCTL_INVALID);
	assert_non_null(strstr(run_err, "no GNU build id"));
	expect_no_output();
}

static void test_other_files_are_refused(void **state)
{
	assert_int_equal(run(cmd_mkimage, "--kernel", "/nowhere", "-o", output, NULL), 1);
	expect_no_output();
	assert_int_equal(run(cmd_mkimage, "--kernel", "/tmp", "-o", output, NULL), 1);
	expect_no_output();
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--dtb", initrd, "-o", output, NULL),
			 SNAPCTL_INVALID);
	assert_non_null(strstr(run_err, "not a device tree"));
	expect_no_output();
	assert_int_equal(truncate(dtb, DTB_SIZE - 1), 0);
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--dtb", dtb, "-o", output, NULL),
			 SNAPCTL_INVALID);
	assert_non_null(strstr(run_err, "cut short"));
	expect_no_output();
	write_file(initrd, "", 0);
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--initrd", initrd, output, NULL), 1);
	expect_no_output();
}

static void test_command_line_is_bounded(void **state)
{
	char text[2100];

	memset(text, 'a', sizeof(text));
	text[2048] = '\0';
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--cmdline", text, output, NULL),
			 SNAPCTL_USAGE);
	expect_no_output();
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--cmdline", "a\nb", output, NULL),
			 SNAPCTL_USAGE);
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--cmdline", "", "-o", output, NULL),
			 SNAPCTL_USAGE);
	expect_no_output();
	text[2047] = '\0';
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--cmdline", text, output, NULL),
			 SNAPCTL_OK);
}

static void test_missing_arguments_are_usage(void **state)
{
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_mkimage, "-o", output, NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--version", "x", "-o", output, NULL),
			 SNAPCTL_USAGE);
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "--version", "18446744073709551615",
			     "-o", output, NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "-o", output, "more", NULL),
			 SNAPCTL_USAGE);
	expect_no_output();
}

static void test_failed_write_leaves_the_old_file(void **state)
{
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "-o", "/nowhere/os.img", NULL), 1);
	assert_non_null(strstr(run_err, "/nowhere/os.img cannot be written"));
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "-o", output, NULL), SNAPCTL_OK);
	kernel_data[400] = 'l';
	write_file(kernel, kernel_data, sizeof(kernel_data));
	assert_int_equal(run(cmd_mkimage, "--kernel", kernel, "-o", output, NULL), SNAPCTL_INVALID);
	assert_int_equal(run(cmd_verify, output, NULL), SNAPCTL_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_image_passes_the_library, setup),
		cmocka_unit_test_setup(test_parts_are_compressed_where_it_pays, setup),
		cmocka_unit_test_setup(test_parts_to_compress_are_chosen, setup),
		cmocka_unit_test_setup(test_place_is_in_the_header, setup),
		cmocka_unit_test_setup(test_identity_is_of_the_parts, setup),
		cmocka_unit_test_setup(test_impossible_places_are_usage, setup),
		cmocka_unit_test_setup(test_part_that_does_not_decode_is_told, setup),
		cmocka_unit_test_setup(test_sum_of_a_wrong_length_is_told, setup),
		cmocka_unit_test_setup(test_kernel_alone_is_enough, setup),
		cmocka_unit_test_setup(test_same_parts_make_the_same_bytes, setup),
		cmocka_unit_test_setup(test_json_names_the_kernel, setup),
		cmocka_unit_test_setup(test_info_and_verify_know_it, setup),
		cmocka_unit_test_setup(test_damage_is_found_in_every_part, setup),
		cmocka_unit_test_setup(test_kernel_without_identity_is_refused, setup),
		cmocka_unit_test_setup(test_other_files_are_refused, setup),
		cmocka_unit_test_setup(test_command_line_is_bounded, setup),
		cmocka_unit_test_setup(test_missing_arguments_are_usage, setup),
		cmocka_unit_test_setup(test_failed_write_leaves_the_old_file, setup),
	};

	return cmocka_run_group_tests_name("cmd_mkimage", tests, NULL, NULL);
}
