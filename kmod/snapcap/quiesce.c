// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system brought to rest and back: tasks and devices through
 * hibernate_quiet_exec(), secondary CPUs, core. All failures before the
 * capture are undone by what follows; after it nothing can fail.
 *
 * The secondary CPUs go down inside, as mainline hibernation does it and for
 * its reason: tasks are frozen, so that none of them is moved and loses the
 * CPUs it is bound to. remove_cpu() cannot be used there, because it takes the
 * device-hotplug lock that hibernate_quiet_exec() holds; the CPU subsystem's
 * own operations, which it calls with that lock held, can.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/kmsg_dump.h>
#include <linux/limits.h>
#include <linux/notifier.h>
#include <linux/pm.h>
#include <linux/reboot.h>
#include <linux/sched/signal.h>
#include <linux/suspend.h>
#include <linux/syscore_ops.h>
#include "paging.h"
#include "snapcap.h"

struct quiesce {
	struct snapcap_session *s;
	int (*capture)(struct snapcap_session *s);
	struct notifier_block begin;
	struct task_struct *task;
	cpumask_var_t down;
	bool begun, entered;
};

/* What hibernate_quiet_exec() does not tell: which device refused. */
struct pm_failures {
	unsigned long count;
	char device[64];
};

static const char * const failure_counters[] = {
	"failed_prepare", "failed_suspend", "failed_suspend_late", "failed_suspend_noirq",
};

static void read_pm_failures(struct pm_failures *f)
{
	char path[64], text[24];
	unsigned int i;
	size_t n;

	memset(f, 0, sizeof(*f));
	for (i = 0; i < ARRAY_SIZE(failure_counters); i++) {
		unsigned long value;

		snprintf(path, sizeof(path), "/sys/power/suspend_stats/%s", failure_counters[i]);
		n = snapcap_read_file(path, text, sizeof(text) - 1);
		text[n] = '\0';
		if (!kstrtoul(strim(text), 10, &value))
			f->count += value;
	}
	n = snapcap_read_file("/sys/power/suspend_stats/last_failed_dev", f->device,
			      sizeof(f->device) - 1);
	f->device[n] = '\0';
	strreplace(f->device, '\n', '\0');
}

/*
 * A refusal in .prepare is counted nowhere and told in the kernel's log alone;
 * its name is looked for among the lines since @since.
 */
#define NOT_PREPARED	": PM: not prepared for power transition"

static bool read_unprepared(u64 since, struct pm_failures *f)
{
	struct kmsg_dump_iter iter;
	bool found = false;
	char line[256];
	size_t len;

	kmsg_dump_rewind(&iter);
	iter.cur_seq = max(iter.cur_seq, since);
	while (kmsg_dump_get_line(&iter, false, line, sizeof(line) - 1, &len)) {
		char *end, *name;

		line[len] = '\0';
		end = strstr(line, NOT_PREPARED);
		if (!end)
			continue;
		*end = '\0';
		/* Behind the driver's name; the device's has no blank. */
		name = strrchr(line, ' ');
		strscpy(f->device, name ? name + 1 : line, sizeof(f->device));
		found = true;
	}
	return found;
}

static int secondary_cpus_down(struct quiesce *q)
{
	unsigned int cpu;
	int ret;

	/* The sleep notifiers forbade hotplug for everybody; this is the one user. */
	cpu_hotplug_enable();
	if (!cpu_online(0))
		return snapcap_fail(q->s, -EBUSY, SNAPCAP_CAUSE_CPU_DOWN, 0, "boot CPU is offline");

	for (cpu = nr_cpu_ids - 1; cpu > 0; cpu--) {
		if (!cpu_online(cpu))
			continue;
		ret = cpu_subsys.offline(get_cpu_device(cpu));
		if (ret)
			return snapcap_fail(q->s, ret, SNAPCAP_CAUSE_CPU_DOWN, cpu, NULL);
		cpumask_set_cpu(cpu, q->down);
	}
	return 0;
}

static void secondary_cpus_up(struct quiesce *q)
{
	unsigned int cpu;
	int ret;

	for_each_cpu(cpu, q->down) {
		ret = cpu_subsys.online(get_cpu_device(cpu));
		if (ret)
			pr_err("snapcap: CPU %u did not come back: %d\n", cpu, ret);
	}
	cpu_hotplug_disable();
}

/*
 * Not called: hibernate_quiet_exec() found another sleep transition in its way.
 * That one's notifiers are called in the context of another task.
 */
static int note_begin(struct notifier_block *nb, unsigned long event, void *data)
{
	struct quiesce *q = container_of(nb, struct quiesce, begin);

	if (q->task == current && event == PM_HIBERNATION_PREPARE) {
		q->begun = true;
		snapcap_transition_begin();
	}
	return NOTIFY_OK;
}

static int call_capture(void *arg)
{
	struct quiesce *q = arg;

	return q->capture(q->s);
}

/*
 * A system that hands out the random numbers of the restore before is worse than
 * one that boots cold: keys, tokens and sequence numbers would repeat.
 */
static void make_unique(void)
{
	int ret = snapcap_stub_seed();

	if (ret) {
		pr_emerg("snapcap: no fresh random numbers (%d): restarting to a cold boot\n", ret);
		snapcap_stub_request(SNAPCAP_REQUEST_COLD);
		emergency_restart();
	}
	snapcap_timeline_add(SNAPCAP_EVENT_SEEDED);
	snapcap_generation_restored();
}

/* Devices were really off: their restore callbacks, which a thaw would not call. */
static void resume_devices_restored(struct snapcap_session *s)
{
	int ret;

	dpm_resume_start(PMSG_RESTORE);
	dpm_resume_end(PMSG_RESTORE);
	snapcap_timeline_add(SNAPCAP_EVENT_DEVICES);

	/* Devices work, user tasks are frozen: what must be done before the thaw. */
	snapcap_fingerprint_restored(s);
	snapcap_clock_restored();
	make_unique();
	snapcap_pager_restored(s, snapcap_stub_slot_offset(), snapcap_stub_bytes_restored());
	snapcap_callbacks_restore();
	snapcap_watchdog_restored();

	/*
	 * hibernate_quiet_exec() will call dpm_resume_start(PMSG_THAW). Its
	 * device lists are empty, but it releases the wake IRQs and the device
	 * IRQs, which this takes, so that the counts balance.
	 */
	ret = dpm_suspend_end(PMSG_FREEZE);
	if (ret)
		pr_err("snapcap: balancing the device resume failed: %d\n", ret);
}

static int with_devices_quiet(void *data)
{
	struct quiesce *q = data;
	struct snapcap_session *s = q->s;
	unsigned long flags;
	int ret;

	q->entered = true;
	if (snapcap_session_cancelled())
		return snapcap_fail(s, -ECANCELED, SNAPCAP_CAUSE_CANCELLED, 0, NULL);
	if (!q->capture)
		return 0;

	ret = secondary_cpus_down(q);
	if (ret)
		goto out_cpus;

	local_irq_save(flags);
	/* As mainline does: the core's resume may call what looks like sleeping. */
	system_state = SYSTEM_SUSPEND;
	s->atomic_start = snapcap_arch_counter();

	/* Also runs the CPU and CPU-cluster PM notifiers (kernel/cpu_pm.c). */
	ret = syscore_suspend();
	if (ret) {
		ret = snapcap_fail(s, ret, SNAPCAP_CAUSE_SYSCORE, 0, NULL);
		goto out_irq;
	}

	ret = snapcap_arch_suspend(call_capture, q);
	if (ret == SNAPCAP_ARCH_RESTORED) {
		s->restored = true;
		ret = 0;
		snapcap_timeline_reset();
		snapcap_timeline_add(SNAPCAP_EVENT_CPU);
		snapcap_free_pages_restore(&s->map);
		snapcap_pager_restored_early(s);
		snapcap_watchdog_restored_early();
		snapcap_transition_restored();
		snapcap_callbacks_restore_early();
	} else {
		s->status.atomic_ns = snapcap_counter_ns(snapcap_arch_counter() - s->atomic_start);
	}

	syscore_resume();
out_irq:
	system_state = SYSTEM_RUNNING;
	local_irq_restore(flags);
out_cpus:
	secondary_cpus_up(q);
	if (s->restored) {
		snapcap_timeline_add(SNAPCAP_EVENT_CPUS);
		resume_devices_restored(s);
	}
	return ret;
}

/**
 * snapcap_forget_freezer() - what looks like a signal is none
 *
 * Another sleep transition that came first has tried to freeze this task, as it
 * waited for its end, by waking it as for a signal, which would end the take.
 *
 * Context: process context; the other transition has ended.
 */
void snapcap_forget_freezer(void)
{
	/* A task's own cannot go away. */
	struct sighand_struct *sighand = rcu_dereference_raw(current->sighand);

	spin_lock_irq(&sighand->siglock);
	recalc_sigpending();
	spin_unlock_irq(&sighand->siglock);
}

/**
 * snapcap_quiesce() - bring the system to rest and call @capture; returns twice
 * @s: session; s->restored tells the two returns apart
 * @capture: called with one CPU, interrupts off, devices suspended; NULL: a rehearsal,
 *	which has nothing to do there and returns once
 *
 * Context: process context of the task that takes the snapshot, the only user
 * task that is not frozen meanwhile.
 * Return: 0, what @capture returned, or the reason that the system could not
 * be brought to rest (cause set); the system runs again in every case
 */
int snapcap_quiesce(struct snapcap_session *s, int (*capture)(struct snapcap_session *s))
{
	struct quiesce q = {
		.s = s,
		.capture = capture,
		/* First of all, or who refuses would keep it from being called. */
		.begin = { .notifier_call = note_begin, .priority = INT_MAX },
		.task = current,
	};
	struct pm_failures before, after;
	struct kmsg_dump_iter log;
	u64 start;
	int ret;

	if (!zalloc_cpumask_var(&q.down, GFP_KERNEL))
		return snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_NO_MEMORY, cpumask_size(), NULL);

	ret = register_pm_notifier(&q.begin);
	if (ret) {
		free_cpumask_var(q.down);
		return ret;
	}
	read_pm_failures(&before);
	kmsg_dump_rewind(&log);
	start = snapcap_arch_counter();
	ret = hibernate_quiet_exec(with_devices_quiet, &q);
	snapcap_transition_end();
	snapcap_forget_freezer();
	if (s->restored)
		snapcap_timeline_add(SNAPCAP_EVENT_THAW);
	else
		s->status.frozen_ns = snapcap_counter_ns(snapcap_arch_counter() - start);

	unregister_pm_notifier(&q.begin);
	if (ret && !q.begun) {
		snapcap_fail(s, ret, SNAPCAP_CAUSE_BUSY, 0, NULL);
	} else if (ret && !q.entered) {
		read_pm_failures(&after);
		if (after.count != before.count || read_unprepared(log.next_seq, &after))
			snapcap_fail(s, ret, SNAPCAP_CAUSE_DEVICE, 0, after.device);
		else
			snapcap_fail(s, ret, SNAPCAP_CAUSE_FREEZE_TASKS, 0, NULL);
	}
	free_cpumask_var(q.down);
	return ret;
}
