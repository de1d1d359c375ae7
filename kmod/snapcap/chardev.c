// SPDX-License-Identifier: GPL-2.0-only
/* /dev/snapcap: copy, check sizes, flags and reserved fields, dispatch. */
#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>
#include "paging.h"
#include "snapcap.h"

static int device_open(struct inode *inode, struct file *file)
{
	struct snapcap_reader *reader = kzalloc(sizeof(*reader), GFP_KERNEL);

	if (!reader)
		return -ENOMEM;
	snapcap_event_open(reader);
	file->private_data = reader;
	return stream_open(inode, file);
}

static int device_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static ssize_t device_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	return snapcap_event_read(file, buf, size);
}

static int check_makesnap(void *data)
{
	struct snapcap_makesnap *arg = data;

	if (!capable(CAP_SYS_ADMIN) || !capable(CAP_SYS_BOOT))
		return -EPERM;
	/* Copied again: may be another one than was looked at. */
	if (arg->size != sizeof(*arg) || arg->flags & ~SNAPCAP_TAKE_FLAGS ||
	    arg->tries > SNAPCAP_TRIES_MAX ||
	    memchr_inv(arg->reserved1, 0, sizeof(arg->reserved1)))
		return -EINVAL;
	/* A pageable part is looked up on flash after the restore, where a used one is revoked. */
	if (arg->flags & SNAPCAP_TAKE_ONCE && arg->flags & SNAPCAP_TAKE_PAGING)
		return -EINVAL;
	/* It is gone with the first restore: there is nothing to try again. */
	if (arg->flags & SNAPCAP_TAKE_ONCE && arg->tries)
		return -EINVAL;
	if (arg->slot != SNAPCAP_SLOT_AUTO && arg->slot != SNAPCAP_SLOT_WHOLE &&
	    arg->slot != SNAPCAP_SLOT_FREE && arg->slot > SNAPCAP_SLOT_1)
		return -EINVAL;
	if (arg->codec != SNAPCAP_CODEC_RAW && arg->codec != SNAPCAP_CODEC_LZ4)
		return -EINVAL;
	if (arg->level > 64 || arg->chunk_pages > SNAPCAP_CHUNK_PAGES_LIMIT)
		return -EINVAL;
	/* Terminated and padded, as the format wants it. */
	if (strnlen(arg->label, sizeof(arg->label)) == sizeof(arg->label))
		return -EINVAL;
	strscpy_pad(arg->label, arg->label, sizeof(arg->label));

	if (!arg->level)
		arg->level = SNAPCAP_LZ4_LEVEL_DEFAULT;
	if (!arg->chunk_pages)
		arg->chunk_pages = SNAPCAP_CHUNK_PAGES_DEFAULT;
	return 0;
}

static int run_makesnap(void *arg)
{
	return snapcap_take(arg);
}

/* The size that every argument starts with. */
static long check_size(void __user *argp, size_t expected)
{
	__u32 size;

	if (get_user(size, (__u32 __user *)argp))
		return -EFAULT;
	return size == expected ? 0 : -EINVAL;
}

/* The argument, whose first word is its size. */
static long copy_arg(void *arg, void __user *argp, size_t size)
{
	long ret = check_size(argp, size);

	if (ret)
		return ret;
	if (copy_from_user(arg, argp, size))
		return -EFAULT;
	/* Copied again: may be another one than was looked at. */
	return *(__u32 *)arg == size ? 0 : -EINVAL;
}

/*
 * What has a status in its argument. The status is filled in whatever comes of it, once
 * the argument could be read; refused by @check, it is that of before with the errno.
 */
static long run_with_status(void __user *argp, size_t size, size_t status_at,
			    int (*check)(void *arg), int (*run)(void *arg))
{
	struct snapcap_status *status;
	void *arg;
	long ret;

	ret = check_size(argp, size);
	if (ret)
		return ret;
	arg = memdup_user(argp, size);
	if (IS_ERR(arg))
		return PTR_ERR(arg);
	status = arg + status_at;
	ret = check(arg);
	if (ret) {
		snapcap_session_status(status);
		status->error = -ret;
		status->cause = SNAPCAP_CAUSE_NONE;
	} else {
		memset(status, 0, sizeof(*status));
		ret = run(arg);
	}
	if (copy_to_user(argp + status_at, status, sizeof(*status)) && !ret)
		ret = -EFAULT;
	kfree(arg);
	return ret;
}

static int check_rehearse(void *data)
{
	const struct snapcap_rehearse *arg = data;

	if (!capable(CAP_SYS_ADMIN) || !capable(CAP_SYS_BOOT))
		return -EPERM;
	/* Copied again: may be another one than was looked at. */
	if (arg->size != sizeof(*arg) || memchr_inv(arg->reserved0, 0, sizeof(arg->reserved0)))
		return -EINVAL;
	if (arg->state != SNAPCAP_STATE_PASS1 && arg->state != SNAPCAP_STATE_PASS2)
		return -EINVAL;
	return 0;
}

static int run_rehearse(void *arg)
{
	return snapcap_rehearse(arg);
}

static long ioctl_devices(void __user *argp)
{
	struct snapcap_device *entries;
	struct snapcap_devices arg;
	long ret;

	ret = copy_arg(&arg, argp, sizeof(arg));
	if (ret)
		return ret;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	ret = snapcap_devices_list(&arg, &entries);
	if (ret)
		return ret;
	if (copy_to_user(u64_to_user_ptr(arg.entries), entries,
			 array_size(arg.count, sizeof(*entries))) ||
	    copy_to_user(argp, &arg, sizeof(arg)))
		ret = -EFAULT;
	kvfree(entries);
	return ret;
}

static long ioctl_info(void __user *argp)
{
	const char *kind = NULL;
	struct snapcap_info info;
	long ret;

	ret = check_size(argp, sizeof(info));
	if (ret)
		return ret;
	memset(&info, 0, sizeof(info));
	info.size = sizeof(info);
	info.abi = SNAPCAP_ABI_VERSION;
	info.arch = snapcap_arch_id();
	info.page_size = PAGE_SIZE;
	strscpy(info.module_version, SNAPCAP_MODULE_VERSION, sizeof(info.module_version));
	strscpy(info.kernel_release, init_utsname()->release, sizeof(info.kernel_release));
	snapcap_kernel_build_id(info.build_id, &info.build_id_size);
	snapcap_stub_info(&info);
	info.cause = snapcap_take_refusal(&kind);
	return copy_to_user(argp, &info, sizeof(info)) ? -EFAULT : 0;
}

static long ioctl_status(void __user *argp)
{
	struct snapcap_status status;
	long ret;

	ret = check_size(argp, sizeof(status));
	if (ret)
		return ret;
	snapcap_session_status(&status);
	return copy_to_user(argp, &status, sizeof(status)) ? -EFAULT : 0;
}

static long ioctl_boot_info(void __user *argp)
{
	struct snapcap_boot_info *info;
	long ret;

	ret = check_size(argp, sizeof(*info));
	if (ret)
		return ret;
	info = kzalloc(sizeof(*info), GFP_KERNEL);
	if (!info)
		return -ENOMEM;
	info->size = sizeof(*info);
	snapcap_stub_boot_info(info);
	if (copy_to_user(argp, info, sizeof(*info)))
		ret = -EFAULT;
	kfree(info);
	return ret;
}

static long ioctl_request(void __user *argp)
{
	struct snapcap_request arg;
	long ret;

	ret = copy_arg(&arg, argp, sizeof(arg));
	if (ret)
		return ret;
	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	if (arg.request > SNAPCAP_REQUEST_MENU ||
	    memchr_inv(arg.reserved0, 0, sizeof(arg.reserved0)))
		return -EINVAL;
	return snapcap_stub_request(arg.request);
}

static long ioctl_pager(void __user *argp)
{
	struct snapcap_pager arg;
	long ret;

	ret = copy_arg(&arg, argp, sizeof(arg));
	if (ret)
		return ret;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (memchr_inv(arg.reserved0, 0, sizeof(arg.reserved0)))
		return -EINVAL;
	return snapcap_pager_control(&arg);
}

static long ioctl_pager_status(void __user *argp)
{
	struct snapcap_pager_status status = { .size = sizeof(status) };
	long ret;

	ret = check_size(argp, sizeof(status));
	if (ret)
		return ret;
	snapcap_pager_status(&status);
	return copy_to_user(argp, &status, sizeof(status)) ? -EFAULT : 0;
}

static long ioctl_ready(void)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	snapcap_pager_ready();
	snapcap_event_post(SNAPCAP_NOTE_READY, 0);
	return 0;
}

/* Page frame numbers tell where memory is: not for everybody. */
static long ioctl_hot_set(void __user *argp)
{
	struct snapcap_hot_set set;
	long ret;

	ret = copy_arg(&set, argp, sizeof(set));
	if (ret)
		return ret;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	ret = snapcap_pager_hot_set(&set, u64_to_user_ptr(set.entries));
	if (ret)
		return ret;
	return copy_to_user(argp, &set, sizeof(set)) ? -EFAULT : 0;
}

static long ioctl_fingerprint(void __user *argp)
{
	struct snapcap_fingerprints arg;
	long ret;

	ret = copy_arg(&arg, argp, sizeof(arg));
	if (ret)
		return ret;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (arg.op < SNAPCAP_FINGERPRINT_SET || arg.op > SNAPCAP_FINGERPRINT_CHECK ||
	    memchr_inv(arg.reserved0, 0, sizeof(arg.reserved0)))
		return -EINVAL;
	ret = snapcap_fingerprint(&arg);
	/* Also which entry was wrong. */
	if (copy_to_user(argp, &arg, sizeof(arg)) && !ret)
		ret = -EFAULT;
	return ret;
}

static long ioctl_confirm(void __user *argp)
{
	struct snapcap_confirm arg;
	long ret;

	ret = copy_arg(&arg, argp, sizeof(arg));
	if (ret)
		return ret;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (arg.flags & ~SNAPCAP_CONFIRM_QUERY ||
	    memchr_inv(arg.reserved0, 0, sizeof(arg.reserved0)))
		return -EINVAL;
	ret = snapcap_trial_confirm(&arg);
	/* Also which snapshot it was about. */
	if (copy_to_user(argp, &arg, sizeof(arg)) && !ret)
		ret = -EFAULT;
	return ret;
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *argp = (void __user *)arg;

	switch (cmd) {
	case SNAPCAP_IOC_MAKESNAP:
		return run_with_status(argp, sizeof(struct snapcap_makesnap),
				       offsetof(struct snapcap_makesnap, status),
				       check_makesnap, run_makesnap);
	case SNAPCAP_IOC_GET_STATE:
		return put_user(snapcap_state(), (__u32 __user *)argp);
	case SNAPCAP_IOC_INFO:
		return ioctl_info(argp);
	case SNAPCAP_IOC_STATUS:
		return ioctl_status(argp);
	case SNAPCAP_IOC_BOOT_INFO:
		return ioctl_boot_info(argp);
	case SNAPCAP_IOC_CANCEL:
		return capable(CAP_SYS_ADMIN) ? snapcap_session_cancel() : -EPERM;
	case SNAPCAP_IOC_REQUEST:
		return ioctl_request(argp);
	case SNAPCAP_IOC_PAGER:
		return ioctl_pager(argp);
	case SNAPCAP_IOC_PAGER_STATUS:
		return ioctl_pager_status(argp);
	case SNAPCAP_IOC_READY:
		return ioctl_ready();
	case SNAPCAP_IOC_HOT_SET:
		return ioctl_hot_set(argp);
	case SNAPCAP_IOC_REHEARSE:
		return run_with_status(argp, sizeof(struct snapcap_rehearse),
				       offsetof(struct snapcap_rehearse, status),
				       check_rehearse, run_rehearse);
	case SNAPCAP_IOC_DEVICES:
		return ioctl_devices(argp);
	case SNAPCAP_IOC_FINGERPRINT:
		return ioctl_fingerprint(argp);
	case SNAPCAP_IOC_CONFIRM:
		return ioctl_confirm(argp);
	default:
		return -ENOTTY;
	}
}

const struct file_operations snapcap_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.read = device_read,
	.poll = snapcap_event_poll,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = no_llseek,
};
