// SPDX-License-Identifier: GPL-2.0-only
/* Wraps the ioctls: sizes in, errno out. Decides nothing and prints nothing. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kdev.h"

int kdev_open(int *fd)
{
	*fd = open("/dev/" SNAPCAP_DEVICE_NAME, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	return *fd < 0 ? -errno : 0;
}

static int call(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

int kdev_info(int fd, struct snapcap_info *info)
{
	int ret;

	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	ret = call(fd, SNAPCAP_IOC_INFO, info);
	/* A module of another ABI may have other sizes, hence other numbers. */
	if (ret == -ENOTTY || ret == -EINVAL)
		return -EPROTO;
	if (!ret && info->abi != SNAPCAP_ABI_VERSION)
		return -EPROTO;
	return ret;
}

int kdev_status(int fd, struct snapcap_status *status)
{
	memset(status, 0, sizeof(*status));
	status->size = sizeof(*status);
	return call(fd, SNAPCAP_IOC_STATUS, status);
}

int kdev_boot_info(int fd, struct snapcap_boot_info *boot)
{
	memset(boot, 0, sizeof(*boot));
	boot->size = sizeof(*boot);
	return call(fd, SNAPCAP_IOC_BOOT_INFO, boot);
}

int kdev_take(int fd, struct snapcap_makesnap *take)
{
	take->size = sizeof(*take);
	memset(&take->status, 0, sizeof(take->status));
	return call(fd, SNAPCAP_IOC_MAKESNAP, take);
}

int kdev_cancel(int fd)
{
	return call(fd, SNAPCAP_IOC_CANCEL, NULL);
}

int kdev_request(int fd, uint32_t request)
{
	struct snapcap_request arg = { .size = sizeof(arg), .request = request };

	return call(fd, SNAPCAP_IOC_REQUEST, &arg);
}

int kdev_pager(int fd, uint32_t op, uint64_t bytes)
{
	struct snapcap_pager arg = { .size = sizeof(arg), .op = op, .bytes = bytes };

	return call(fd, SNAPCAP_IOC_PAGER, &arg);
}

int kdev_pager_status(int fd, struct snapcap_pager_status *status)
{
	memset(status, 0, sizeof(*status));
	status->size = sizeof(*status);
	return call(fd, SNAPCAP_IOC_PAGER_STATUS, status);
}

int kdev_ready(int fd)
{
	return call(fd, SNAPCAP_IOC_READY, NULL);
}

int kdev_confirm(int fd, struct snapcap_confirm *c)
{
	c->size = sizeof(*c);
	return call(fd, SNAPCAP_IOC_CONFIRM, c);
}

int kdev_hot_set(int fd, struct snapcap_hot_page *entries, uint32_t *count, uint64_t *total)
{
	struct snapcap_hot_set arg = {
		.size = sizeof(arg), .count = *count, .entries = (uintptr_t)entries,
	};
	int ret = call(fd, SNAPCAP_IOC_HOT_SET, &arg);

	if (ret)
		return ret;
	/* What is not believed cannot lead beyond the end of the array. */
	if (arg.count > *count)
		return -EPROTO;
	*count = arg.count;
	*total = arg.total;
	return 0;
}

int kdev_rehearse(int fd, uint32_t state, struct snapcap_status *status)
{
	struct snapcap_rehearse arg = { .size = sizeof(arg), .state = state };
	int ret = call(fd, SNAPCAP_IOC_REHEARSE, &arg);

	*status = arg.status;
	return ret;
}

int kdev_devices(int fd, struct snapcap_device *entries, uint32_t *count, uint64_t *total)
{
	struct snapcap_devices arg = {
		.size = sizeof(arg), .count = *count, .entries = (uintptr_t)entries,
	};
	int ret = call(fd, SNAPCAP_IOC_DEVICES, &arg);

	if (ret)
		return ret;
	/* What is not believed cannot lead beyond the end of the array. */
	if (arg.count > *count)
		return -EPROTO;
	*count = arg.count;
	*total = arg.total;
	return 0;
}

int kdev_fingerprint(int fd, uint32_t op, struct snapcap_fingerprint *entries, uint32_t *count,
		     uint32_t *total, uint64_t *ns)
{
	struct snapcap_fingerprints arg = {
		.size = sizeof(arg), .op = op, .count = *count, .entries = (uintptr_t)entries,
	};
	int ret = call(fd, SNAPCAP_IOC_FINGERPRINT, &arg);

	*total = arg.total;
	if (ret)
		return ret;
	/* What is not believed cannot lead beyond the end of the array. */
	if (arg.count > *count)
		return -EPROTO;
	*count = arg.count;
	if (ns)
		*ns = arg.ns;
	return 0;
}

int kdev_events(int fd, struct snapcap_event *events, size_t count)
{
	ssize_t got = read(fd, events, count * sizeof(*events));

	if (got < 0)
		return -errno;
	return (int)((size_t)got / sizeof(*events));
}
