// SPDX-License-Identifier: GPL-2.0-only
/* Opens the module's device, and says what to do when that fails. */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/snapcap_handoff.h>

#include "cmd.h"
#include "device.h"
#include "facts.h"
#include "kdev.h"
#include "msg.h"
#include "sysfile.h"

int device_open(int *fd, struct snapcap_info *info)
{
	int ret = kdev_open(fd);

	if (!ret) {
		ret = kdev_info(*fd, info);
		if (!ret)
			return SNAPCTL_OK;
		close(*fd);
	}
	switch (-ret) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		msg_error("the kernel module is not loaded: there is no /dev/snapcap");
		msg_advice("modprobe snapcap");
		return SNAPCTL_UNSUPPORTED;
	case EACCES:
	case EPERM:
		msg_error("/dev/snapcap: %s", strerror(-ret));
		msg_advice("run it as root");
		return SNAPCTL_FAILURE;
	case EPROTO:
		msg_error("the kernel module speaks another ABI than this snapctl (%d)",
			  SNAPCAP_ABI_VERSION);
		msg_advice("install a module and a snapctl of the same release");
		return SNAPCTL_UNSUPPORTED;
	default:
		msg_error("/dev/snapcap: %s", strerror(-ret));
		return ret == -EIO ? SNAPCTL_IO : SNAPCTL_FAILURE;
	}
}

bool device_take_runs(void)
{
	struct snapcap_status status;
	bool running;
	int fd;

	if (kdev_open(&fd))
		return false;
	running = !kdev_status(fd, &status) && facts_take_runs(&status);
	close(fd);
	return running;
}

__u64 device_flash_pages(void)
{
	struct snapcap_pager_status status;
	__u64 pages = 0;
	int fd;

	if (kdev_open(&fd))
		return 0;
	if (!kdev_pager_status(fd, &status))
		pages = status.flash_pages;
	close(fd);
	return pages;
}

/* The name of its node is the loader's affair; compatible is the contract. */
#define LOADER_NODES	"/proc/device-tree/reserved-memory/*/compatible"

/* From the device tree: it is there without the module as well. */
bool device_has_loader(void)
{
	bool found = false;
	glob_t nodes;
	char *text;

	if (glob(sysfile_path(LOADER_NODES).s, 0, NULL, &nodes))
		return false;
	for (size_t i = 0; i < nodes.gl_pathc && !found; i++) {
		if (sysfile_read(nodes.gl_pathv[i] + strlen(sysfile_root), &text))
			continue;
		found = !strcmp(text, SNAPCAP_DT_COMPAT_STUB);
		free(text);
	}
	globfree(&nodes);
	return found;
}
