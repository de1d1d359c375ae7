// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctl ABI: what is malformed is refused with the documented errno, before
 * anything is begun. Each test spoils one thing of a call that is right
 * otherwise, as the tests of accepted calls show.
 */
#include <kselftest_harness.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include "target.h"

/* A type that no call of the device uses. */
struct odd {
	__u8 byte[12];
};

/* ---- arguments of MAKESNAP ---- */

FIXTURE(makesnap)
{
	int dev;
	struct flash flash;
	struct snapcap_makesnap arg;
};

FIXTURE_SETUP(makesnap)
{
	struct snapcap_info info;

	self->flash.fd = -1;
	SKIP_UNLESS_READY(self->dev, info);
	SKIP_UNLESS_FLASH(&self->flash, FLASH_MTDRAM);
	ASSERT_EQ(0, flash_blank(&self->flash));
	close(self->dev);
	self->dev = device_open(O_NONBLOCK);
	ASSERT_LE(0, self->dev);
	makesnap_init(&self->arg, self->flash.number);
	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
}

FIXTURE_TEARDOWN(makesnap)
{
	flash_close(&self->flash);
	close(self->dev);
}

TEST_F_TIMEOUT(makesnap, valid_accepted, TAKE_TIMEOUT)
{
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_FALSE(device_quiet(self->dev));
}

TEST_F_TIMEOUT(makesnap, highest_values_accepted, TAKE_TIMEOUT)
{
	/* Paging takes a device first: paging_test. */
	self->arg.flags = SNAPCAP_TAKE_FLAGS & ~SNAPCAP_TAKE_PAGING;
	self->arg.level = 64;
	self->arg.chunk_pages = SNAPCAP_CHUNK_PAGES_LIMIT;
	self->arg.slot = SNAPCAP_SLOT_1;
	memset(self->arg.label, 'x', sizeof(self->arg.label) - 1);
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
}

TEST_F_TIMEOUT(makesnap, lowest_values_accepted, TAKE_TIMEOUT)
{
	self->arg.level = 1;
	self->arg.chunk_pages = 1;
	self->arg.slot = SNAPCAP_SLOT_WHOLE;
	self->arg.label[0] = '\0';
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
}

/* What the kernel wrote to the argument besides the status: nothing. */
TEST_F_TIMEOUT(makesnap, argument_left_alone, TAKE_TIMEOUT)
{
	struct snapcap_makesnap before = self->arg;

	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(0, memcmp(&before, &self->arg, offsetof(struct snapcap_makesnap, status)));
}

/* What the caller leaves in the status does not matter. */
TEST_F_TIMEOUT(makesnap, status_is_output_only, TAKE_TIMEOUT)
{
	memset(&self->arg.status, 0xa5, sizeof(self->arg.status));
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(sizeof(self->arg.status), self->arg.status.size);
	/* This is no NAND flash. */
	EXPECT_EQ(0, self->arg.status.corrected_bits);
	EXPECT_EQ(0, self->arg.status.bad_blocks);
	EXPECT_EQ(0, self->arg.status.grown_blocks);
}

TEST_F(makesnap, label_unterminated_refused)
{
	memset(self->arg.label, 'x', sizeof(self->arg.label));
	EXPECT_EQ(-EINVAL, device_take(self->dev, &self->arg));
	EXPECT_TRUE(device_quiet(self->dev));
}

TEST_F(makesnap, null_pointer_fault)
{
	EXPECT_EQ(-EFAULT, device_take(self->dev, NULL));
	EXPECT_TRUE(device_quiet(self->dev));
}

/* The status lies behind the end of what the caller may access. */
TEST_F(makesnap, argument_half_mapped_fault)
{
	size_t page = getpagesize();
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct snapcap_makesnap *arg;

	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, munmap(map + page, page));
	arg = (void *)(map + page - offsetof(struct snapcap_makesnap, status));
	memcpy(arg, &self->arg, offsetof(struct snapcap_makesnap, status));
	EXPECT_EQ(-EFAULT, device_take(self->dev, arg));
	EXPECT_TRUE(device_quiet(self->dev));
}

/* The take itself is done; only its result has no place to go. */
TEST_F_TIMEOUT(makesnap, status_read_only_fault, TAKE_TIMEOUT)
{
	struct snapcap_makesnap *arg = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, arg);
	*arg = self->arg;
	ASSERT_EQ(0, mprotect(arg, getpagesize(), PROT_READ));
	EXPECT_EQ(-EFAULT, device_take(self->dev, arg));
	EXPECT_FALSE(device_quiet(self->dev));
}

FIXTURE(malformed)
{
	int dev;
	struct flash flash;
	struct snapcap_makesnap arg;
};

FIXTURE_VARIANT(malformed)
{
	size_t offset;
	size_t width;
	__u64 value;
};

#define MALFORMED(name_, member, value_)						\
	FIXTURE_VARIANT_ADD(malformed, name_)						\
	{										\
		.offset = offsetof(struct snapcap_makesnap, member),			\
		.width = sizeof(((struct snapcap_makesnap *)0)->member),		\
		.value = value_,							\
	}

MALFORMED(size_0, size, 0);
MALFORMED(size_small, size, sizeof(struct snapcap_makesnap) - 1);
MALFORMED(size_large, size, sizeof(struct snapcap_makesnap) + 1);
MALFORMED(size_of_status, size, sizeof(struct snapcap_status));
MALFORMED(size_max, size, 0xffffffff);
MALFORMED(flag_unknown, flags, SNAPCAP_TAKE_DRY_RUN | 0x20);
MALFORMED(flag_highest, flags, SNAPCAP_TAKE_DRY_RUN | 0x80000000U);
MALFORMED(flag_once_with_paging, flags, SNAPCAP_TAKE_ONCE | SNAPCAP_TAKE_PAGING);
MALFORMED(slot_2, slot, 2);
MALFORMED(slot_below_free, slot, SNAPCAP_SLOT_FREE - 1);
MALFORMED(codec_fill, codec, SNAPCAP_CODEC_FILL);
MALFORMED(codec_unknown, codec, 3);
MALFORMED(codec_max, codec, 0xffffffff);
MALFORMED(level_65, level, 65);
MALFORMED(level_max, level, 0xffffffff);
MALFORMED(chunk_pages_above_limit, chunk_pages, SNAPCAP_CHUNK_PAGES_LIMIT + 1);
MALFORMED(chunk_pages_max, chunk_pages, 0xffffffff);
MALFORMED(tries, tries, SNAPCAP_TRIES_MAX + 1);
MALFORMED(tries_huge, tries, 0x80000000);
MALFORMED(reserved1_0, reserved1[0], 1);
MALFORMED(reserved1_1, reserved1[1], 1);
MALFORMED(reserved1_2, reserved1[2], 1);
MALFORMED(reserved1_3, reserved1[3], 1ULL << 63);

FIXTURE_SETUP(malformed)
{
	struct snapcap_info info;

	self->flash.fd = -1;
	SKIP_UNLESS_READY(self->dev, info);
	SKIP_UNLESS_FLASH(&self->flash, FLASH_MTDRAM);
	close(self->dev);
	self->dev = device_open(O_NONBLOCK);
	ASSERT_LE(0, self->dev);
	makesnap_init(&self->arg, self->flash.number);
	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
}

FIXTURE_TEARDOWN(malformed)
{
	flash_close(&self->flash);
	close(self->dev);
}

TEST_F_TIMEOUT(malformed, refused, TAKE_TIMEOUT)
{
	struct snapcap_status before, after;
	__u32 value = variant->value;

	ASSERT_EQ(0, device_status(self->dev, &before));
	if (variant->width == sizeof(value))
		memcpy((char *)&self->arg + variant->offset, &value, sizeof(value));
	else
		memcpy((char *)&self->arg + variant->offset, &variant->value, variant->width);

	EXPECT_EQ(-EINVAL, device_take(self->dev, &self->arg));
	/* Refused before a take was begun: no event, the last result untouched. */
	EXPECT_TRUE(device_quiet(self->dev));
	ASSERT_EQ(0, device_status(self->dev, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
}

/* ---- command numbers ---- */

FIXTURE(command)
{
	int dev;
};

FIXTURE_VARIANT(command)
{
	unsigned long cmd;
};

#define COMMAND(name_, cmd_)								\
	FIXTURE_VARIANT_ADD(command, name_)						\
	{										\
		.cmd = cmd_,								\
	}

COMMAND(number_0, _IO(SNAPCAP_IOC_MAGIC, 0));
COMMAND(number_7, _IO(SNAPCAP_IOC_MAGIC, 7));
COMMAND(number_8, _IO(SNAPCAP_IOC_MAGIC, 8));
COMMAND(number_14, _IO(SNAPCAP_IOC_MAGIC, 14));
COMMAND(number_255, _IOWR(SNAPCAP_IOC_MAGIC, 255, struct snapcap_status));
COMMAND(other_magic, _IOR(SNAPCAP_IOC_MAGIC + 1, 2, __u32));
COMMAND(makesnap_size, _IOWR(SNAPCAP_IOC_MAGIC, 1, struct snapcap_status));
COMMAND(makesnap_direction, _IOW(SNAPCAP_IOC_MAGIC, 1, struct snapcap_makesnap));
COMMAND(get_state_size, _IOR(SNAPCAP_IOC_MAGIC, 2, __u64));
COMMAND(get_state_direction, _IOW(SNAPCAP_IOC_MAGIC, 2, __u32));
COMMAND(info_size, _IOWR(SNAPCAP_IOC_MAGIC, 3, struct odd));
COMMAND(info_direction, _IOR(SNAPCAP_IOC_MAGIC, 3, struct snapcap_info));
COMMAND(status_size, _IOWR(SNAPCAP_IOC_MAGIC, 4, struct odd));
COMMAND(status_direction, _IOR(SNAPCAP_IOC_MAGIC, 4, struct snapcap_status));
COMMAND(boot_info_size, _IOWR(SNAPCAP_IOC_MAGIC, 5, struct odd));
COMMAND(boot_info_direction, _IOR(SNAPCAP_IOC_MAGIC, 5, struct snapcap_boot_info));
COMMAND(cancel_size, _IOR(SNAPCAP_IOC_MAGIC, 6, __u32));
COMMAND(request_size, _IOW(SNAPCAP_IOC_MAGIC, 7, __u32));
COMMAND(request_direction, _IOWR(SNAPCAP_IOC_MAGIC, 7, struct snapcap_request));
COMMAND(pager_size, _IOW(SNAPCAP_IOC_MAGIC, 8, __u32));
COMMAND(pager_direction, _IOWR(SNAPCAP_IOC_MAGIC, 8, struct snapcap_pager));
COMMAND(pager_status_size, _IOWR(SNAPCAP_IOC_MAGIC, 9, struct odd));
COMMAND(pager_status_direction, _IOR(SNAPCAP_IOC_MAGIC, 9, struct snapcap_pager_status));
COMMAND(ready_size, _IOR(SNAPCAP_IOC_MAGIC, 10, __u32));
COMMAND(hot_set_size, _IOWR(SNAPCAP_IOC_MAGIC, 11, struct odd));
COMMAND(hot_set_direction, _IOR(SNAPCAP_IOC_MAGIC, 11, struct snapcap_hot_set));

FIXTURE_SETUP(command)
{
	self->dev = device_open(0);
	if (self->dev < 0)
		SKIP(return, "%s: %s", DEVICE_PATH, strerror(-self->dev));
}

FIXTURE_TEARDOWN(command)
{
	close(self->dev);
}

TEST_F(command, unknown_refused)
{
	/* Large enough for whatever the command might be taken for. */
	union {
		__u32 size;
		struct snapcap_makesnap makesnap;
		struct snapcap_boot_info boot_info;
	} arg = { .size = 0 };

	errno = 0;
	EXPECT_EQ(-1, ioctl(self->dev, variant->cmd, &arg));
	EXPECT_EQ(ENOTTY, errno);
}

/* ---- what only tells ---- */

FIXTURE(query)
{
	int dev;
};

FIXTURE_VARIANT(query)
{
	unsigned long cmd;
	__u32 size;
};

#define QUERY(name_, cmd_)								\
	FIXTURE_VARIANT_ADD(query, name_)						\
	{										\
		.cmd = cmd_,								\
		.size = _IOC_SIZE(cmd_),						\
	}

QUERY(info, SNAPCAP_IOC_INFO);
QUERY(status, SNAPCAP_IOC_STATUS);
QUERY(boot_info, SNAPCAP_IOC_BOOT_INFO);

FIXTURE_SETUP(query)
{
	self->dev = device_open(0);
	if (self->dev < 0)
		SKIP(return, "%s: %s", DEVICE_PATH, strerror(-self->dev));
}

FIXTURE_TEARDOWN(query)
{
	close(self->dev);
}

TEST_F(query, accepted_and_in_bounds)
{
	__u8 buf[sizeof(struct snapcap_boot_info) + 16];
	size_t i;

	memset(buf, 0xa5, sizeof(buf));
	memcpy(buf, &variant->size, sizeof(variant->size));
	ASSERT_EQ(0, ioctl(self->dev, variant->cmd, buf));
	EXPECT_EQ(0, memcmp(buf, &variant->size, sizeof(variant->size)));
	for (i = variant->size; i < sizeof(buf); i++)
		EXPECT_EQ(0xa5, buf[i]);
}

static int with_size(int dev, unsigned long cmd, __u32 size)
{
	__u8 buf[sizeof(struct snapcap_boot_info)] = { 0 };

	memcpy(buf, &size, sizeof(size));
	return ioctl(dev, cmd, buf) ? -errno : 0;
}

TEST_F(query, wrong_sizes_refused)
{
	EXPECT_EQ(-EINVAL, with_size(self->dev, variant->cmd, 0));
	EXPECT_EQ(-EINVAL, with_size(self->dev, variant->cmd, 4));
	EXPECT_EQ(-EINVAL, with_size(self->dev, variant->cmd, variant->size - 1));
	EXPECT_EQ(-EINVAL, with_size(self->dev, variant->cmd, variant->size + 1));
	EXPECT_EQ(-EINVAL, with_size(self->dev, variant->cmd, 0xffffffff));
}

TEST_F(query, bad_pointers_fault)
{
	size_t page = getpagesize();
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(-1, ioctl(self->dev, variant->cmd, NULL));
	EXPECT_EQ(EFAULT, errno);

	/* Only the size can be read. */
	ASSERT_EQ(0, munmap(map + page, page));
	memcpy(map + page - 4, &variant->size, 4);
	EXPECT_EQ(-1, ioctl(self->dev, variant->cmd, map + page - 4));
	EXPECT_EQ(EFAULT, errno);

	/* All can be read, nothing be written. */
	memcpy(map, &variant->size, 4);
	ASSERT_EQ(0, mprotect(map, page, PROT_READ));
	EXPECT_EQ(-1, ioctl(self->dev, variant->cmd, map));
	EXPECT_EQ(EFAULT, errno);
}

/* ---- asking the loader ---- */

FIXTURE(request)
{
	int dev;
	bool loader;
	struct snapcap_request arg;
};

FIXTURE_SETUP(request)
{
	struct snapcap_info info;

	self->dev = device_open(0);
	if (self->dev < 0)
		SKIP(return, "%s: %s", DEVICE_PATH, strerror(-self->dev));
	ASSERT_EQ(0, device_info(self->dev, &info));
	self->loader = info.stub_present && info.cause != SNAPCAP_CAUSE_STUB_ABI;
	memset(&self->arg, 0, sizeof(self->arg));
	self->arg.size = sizeof(self->arg);
}

/* Nobody's next start shall be another one because a test was run. */
FIXTURE_TEARDOWN(request)
{
	memset(&self->arg, 0, sizeof(self->arg));
	self->arg.size = sizeof(self->arg);
	device_request(self->dev, &self->arg);
	close(self->dev);
}

TEST_F(request, pending_until_taken_back)
{
	struct snapcap_boot_info info;
	__u32 request;

	if (!self->loader)
		SKIP(return, "no loader to ask");
	for (request = SNAPCAP_REQUEST_COLD; request <= SNAPCAP_REQUEST_MENU; request++) {
		self->arg.request = request;
		ASSERT_EQ(0, device_request(self->dev, &self->arg));
		ASSERT_EQ(0, device_boot_info(self->dev, &info));
		EXPECT_EQ(request, info.request);
	}
	self->arg.request = SNAPCAP_REQUEST_NONE;
	ASSERT_EQ(0, device_request(self->dev, &self->arg));
	ASSERT_EQ(0, device_boot_info(self->dev, &info));
	EXPECT_EQ(SNAPCAP_REQUEST_NONE, info.request);
}

TEST_F(request, needs_a_loader)
{
	self->arg.request = SNAPCAP_REQUEST_COLD;
	EXPECT_EQ(self->loader ? 0 : -ENODEV, device_request(self->dev, &self->arg));
}

TEST_F(request, bad_pointers_fault)
{
	size_t page = getpagesize();
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(-EFAULT, device_request(self->dev, NULL));
	/* Only the size can be read. */
	ASSERT_EQ(0, munmap(map + page, page));
	memcpy(map + page - 4, &self->arg.size, 4);
	EXPECT_EQ(-EFAULT, device_request(self->dev, (void *)(map + page - 4)));
}

FIXTURE(bad_request)
{
	int dev;
	struct snapcap_request arg;
};

FIXTURE_VARIANT(bad_request)
{
	size_t offset;
	__u32 value;
};

#define BAD_REQUEST(name_, offset_, value_)						\
	FIXTURE_VARIANT_ADD(bad_request, name_)						\
	{										\
		.offset = offset_,							\
		.value = value_,							\
	}

BAD_REQUEST(size_0, 0, 0);
BAD_REQUEST(size_small, 0, sizeof(struct snapcap_request) - 1);
BAD_REQUEST(size_large, 0, sizeof(struct snapcap_request) + 1);
BAD_REQUEST(unknown, offsetof(struct snapcap_request, request), SNAPCAP_REQUEST_MENU + 1);
BAD_REQUEST(highest, offsetof(struct snapcap_request, request), 0xffffffff);
BAD_REQUEST(reserved_first, offsetof(struct snapcap_request, reserved0), 1);
BAD_REQUEST(reserved_last, sizeof(struct snapcap_request) - 4, 0x80000000);

FIXTURE_SETUP(bad_request)
{
	self->dev = device_open(0);
	if (self->dev < 0)
		SKIP(return, "%s: %s", DEVICE_PATH, strerror(-self->dev));
	memset(&self->arg, 0, sizeof(self->arg));
	self->arg.size = sizeof(self->arg);
	self->arg.request = SNAPCAP_REQUEST_COLD;
}

FIXTURE_TEARDOWN(bad_request)
{
	close(self->dev);
}

TEST_F(bad_request, refused)
{
	struct snapcap_boot_info info;

	memcpy((char *)&self->arg + variant->offset, &variant->value, sizeof(variant->value));
	EXPECT_EQ(-EINVAL, device_request(self->dev, &self->arg));
	ASSERT_EQ(0, device_boot_info(self->dev, &info));
	EXPECT_EQ(SNAPCAP_REQUEST_NONE, info.request);
}

/* ---- the device as a file ---- */

FIXTURE(device)
{
	int fd;
};

FIXTURE_SETUP(device)
{
	self->fd = device_open(O_NONBLOCK);
	if (self->fd < 0)
		SKIP(return, "%s: %s", DEVICE_PATH, strerror(-self->fd));
}

FIXTURE_TEARDOWN(device)
{
	close(self->fd);
}

TEST_F(device, mode_0600_of_root)
{
	struct stat st;

	ASSERT_EQ(0, stat(DEVICE_PATH, &st));
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(0600, st.st_mode & 07777);
	EXPECT_EQ(0, st.st_uid);
	EXPECT_EQ(0, st.st_gid);
}

TEST_F(device, others_cannot_open)
{
	int status;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(1);
		_exit(open(DEVICE_PATH, O_RDONLY) < 0 && errno == EACCES ? 0 : 2);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(device, get_state_in_range)
{
	__u32 state = 0xffffffff;

	ASSERT_EQ(0, device_state(self->fd, &state));
	EXPECT_LE(state, SNAPCAP_STATE_BOOT);
}

TEST_F(device, get_state_bad_pointer_fault)
{
	void *map = mmap(NULL, getpagesize(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(-EFAULT, device_state(self->fd, NULL));
	EXPECT_EQ(-EFAULT, device_state(self->fd, map));
}

TEST_F(device, cancel_idle_refused)
{
	EXPECT_EQ(-ENOENT, device_cancel(self->fd));
	EXPECT_TRUE(device_quiet(self->fd));
}

TEST_F(device, read_small_buffer_refused)
{
	char buf[sizeof(struct snapcap_event)];

	EXPECT_EQ(-1, read(self->fd, buf, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, read(self->fd, buf, sizeof(buf) - 1));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(device, read_without_event_again)
{
	struct snapcap_event event;
	struct pollfd p = { .fd = self->fd, .events = POLLIN };

	EXPECT_EQ(0, poll(&p, 1, 0));
	EXPECT_EQ(-1, read(self->fd, &event, sizeof(event)));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(device, no_write_seek_map)
{
	struct snapcap_event event = { 0 };

	EXPECT_EQ(-1, write(self->fd, &event, sizeof(event)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(self->fd, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, pread(self->fd, &event, sizeof(event), 0));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, getpagesize(), PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(ENODEV, errno);
}

TEST_F(device, info_tells_this_system)
{
	struct snapcap_info info;
	struct utsname uts;
	size_t i;

	ASSERT_EQ(0, uname(&uts));
	ASSERT_EQ(0, device_info(self->fd, &info));
	EXPECT_EQ(SNAPCAP_ABI_VERSION, info.abi);
	EXPECT_EQ(getpagesize(), info.page_size);
#if defined(__aarch64__)
	EXPECT_EQ(SNAPCAP_ARCH_ARM64, info.arch);
#endif
	EXPECT_STREQ(uts.release, (char *)info.kernel_release);
	EXPECT_LT(0, strnlen((char *)info.module_version, sizeof(info.module_version)));
	EXPECT_GT(sizeof(info.module_version),
		  strnlen((char *)info.module_version, sizeof(info.module_version)));
	EXPECT_LE(info.build_id_size, SNAPCAP_BUILD_ID_SIZE);
	for (i = info.build_id_size; i < SNAPCAP_BUILD_ID_SIZE; i++)
		EXPECT_EQ(0, info.build_id[i]);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, info.reserved0[i]);
	if (!info.stub_present)
		EXPECT_EQ(0, info.os_identity);
	if (!info.download_size)
		EXPECT_EQ(0, info.download_flags);
	if (info.stub_present) {
		EXPECT_NE(0, info.stub_base);
		EXPECT_NE(0, info.stub_size);
		EXPECT_NE(0, info.handoff_base);
	}
	if (info.cause == SNAPCAP_CAUSE_NO_STUB)
		EXPECT_EQ(0, info.stub_present);
}

/* The build id is a note of the kernel, which it shows itself. */
TEST_F(device, info_build_id_of_running_kernel)
{
	struct { __u32 name_size, desc_size, type; } note;
	struct snapcap_info info;
	__u8 notes[4096], *p = notes;
	int fd = open("/sys/kernel/notes", O_RDONLY);
	ssize_t left;

	if (fd < 0)
		SKIP(return, "no /sys/kernel/notes");
	left = read(fd, notes, sizeof(notes));
	close(fd);
	ASSERT_EQ(0, device_info(self->fd, &info));
	while (left >= (ssize_t)sizeof(note)) {
		size_t name, desc;

		memcpy(&note, p, sizeof(note));
		name = (note.name_size + 3) & ~3U;
		desc = (note.desc_size + 3) & ~3U;
		p += sizeof(note);
		left -= sizeof(note);
		if (left < (ssize_t)(name + desc))
			break;
		if (note.type == 3 && note.name_size == 4 && !memcmp(p, "GNU", 4)) {
			ASSERT_EQ(note.desc_size, info.build_id_size);
			EXPECT_EQ(0, memcmp(p + name, info.build_id, note.desc_size));
			return;
		}
		p += name + desc;
		left -= name + desc;
	}
	EXPECT_EQ(0, info.build_id_size);
}

TEST_F(device, boot_info_consistent)
{
	struct snapcap_boot_info info;
	__u32 i;

	ASSERT_EQ(0, device_boot_info(self->fd, &info));
	EXPECT_EQ(SNAPCAP_REQUEST_NONE, info.request);
	ASSERT_LE(info.time_count, SNAPCAP_TIMELINE_MAX);
	for (i = 0; i < SNAPCAP_TIMELINE_MAX; i++) {
		EXPECT_EQ(0, info.time[i].reserved0);
		if (i >= info.time_count) {
			EXPECT_EQ(0, info.time[i].event);
			EXPECT_EQ(0, info.time[i].ns);
		} else if (i) {
			EXPECT_LE(info.time[i - 1].ns, info.time[i].ns);
		}
	}
	EXPECT_GT(sizeof(info.stub_version),
		  strnlen((char *)info.stub_version, sizeof(info.stub_version)));
	EXPECT_GT(sizeof(info.machine), strnlen((char *)info.machine, sizeof(info.machine)));
}

TEST_F(device, status_name_terminated)
{
	struct snapcap_status status;

	ASSERT_EQ(0, device_status(self->fd, &status));
	EXPECT_GT(sizeof(status.name), strnlen((char *)status.name, sizeof(status.name)));
}

/* The image that came over the serial line: there is a file when INFO says so. */
TEST_F(device, downloaded_is_what_info_says)
{
	static const char path[] = "/sys/class/misc/snapcap/downloaded";
	struct snapcap_info info;
	struct stat st;
	char magic[8];
	int fd;

	ASSERT_EQ(0, device_info(self->fd, &info));
	if (!info.download_size) {
		EXPECT_EQ(-1, stat(path, &st));
		EXPECT_EQ(ENOENT, errno);
		return;
	}
	ASSERT_EQ(0, stat(path, &st));
	EXPECT_EQ(0400, st.st_mode & 07777);
	EXPECT_EQ(info.download_size, st.st_size);
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(sizeof(magic), pread(fd, magic, sizeof(magic), 0));
	EXPECT_EQ(0, memcmp(magic, SNAPCAP_OS_MAGIC, sizeof(magic)));
	EXPECT_EQ(1, pread(fd, magic, sizeof(magic), info.download_size - 1));
	EXPECT_EQ(0, pread(fd, magic, sizeof(magic), info.download_size));
	close(fd);
	EXPECT_GT(0, open(path, O_WRONLY));
}

/* Where no loader announced itself a take says so, whatever else it is given. */
TEST_F(device, take_needs_loader)
{
	struct snapcap_makesnap arg;
	struct snapcap_info info;

	ASSERT_EQ(0, device_info(self->fd, &info));
	makesnap_init(&arg, 9999);
	if (info.stub_present) {
		EXPECT_NE(SNAPCAP_CAUSE_NO_STUB, info.cause);
		return;
	}
	EXPECT_EQ(SNAPCAP_CAUSE_NO_STUB, info.cause);
	EXPECT_EQ(-ENODEV, device_take(self->fd, &arg));
	EXPECT_EQ(ENODEV, arg.status.error);
	EXPECT_EQ(SNAPCAP_CAUSE_NO_STUB, arg.status.cause);
	EXPECT_EQ(SNAPCAP_STAGE_CHECK, arg.status.stage);
}

TEST_HARNESS_MAIN
