// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may still hold what, and until when:
 *
 * - A hit runs with preemption off, from the kernel's finding us to the
 *   handler's return. It may go on behind disarming, but not behind a grace
 *   period, which the reaper waits for before it frees a probe with all that is
 *   part of it (probe.c).
 * - A class is unlinked and freed by call_rcu(): a hit that found it is over
 *   by then.
 * - An event is off the per-CPU lists (pmu->del) before its destroy(), which
 *   drops the class; perf frees the event itself after a grace period.
 * - The last thing that destroy() touches of ours is class->users. From then
 *   on the worker may free the class, and with it the probe, at any time.
 * - The trace event's listener is a pointer; the trace event itself goes with
 *   the probe, behind the same grace period.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "attach.h"
#include "compat.h"
#include "probe.h"

/*
 * Closing 256 events of an -a recording shall be one disarming, and perf, which
 * opens and closes events to find out what the kernel can do, shall not patch
 * the text each time.
 */
#define SWEEP_DELAY_MS 100

/* The kernel makes a jump within some hundred milliseconds, or not at all. */
#define JUMP_WAIT_MS 2000
#define JUMP_POLL_MS 20

static void sweep_work(struct work_struct *work);

static DEFINE_MUTEX(arm_mutex);
static LIST_HEAD(armed_list); /* arm mutex */
static DECLARE_DELAYED_WORK(sweep_later, sweep_work);

static const struct kpx_mech *const mechs[KPX_NR_MECHS] = {
	[KPX_MECH_ANCHOR] = &kpx_mech_anchor,
	[KPX_MECH_INT3] = &kpx_mech_int3,
	[KPX_MECH_JUMP] = &kpx_mech_jump,
	[KPX_MECH_FTRACE] = &kpx_mech_ftrace,
	[KPX_MECH_ENTRY] = &kpx_mech_entry,
	[KPX_MECH_RETURN] = &kpx_mech_return,
	[KPX_MECH_FPROBE] = &kpx_mech_fprobe,
};

/* Partner of the release in find_or_create_locked(). */
static struct kpx_attach *attach_at(const struct kpx_probe *probe, int i)
{
	return smp_load_acquire(&probe->attach[i]);
}

static int refuse(struct kpx_error *err, enum kpx_error_code code, int ret)
{
	kpx_error_set(err, code, 0, NULL, 0);
	return ret;
}

/*
 * What is reached through a return hook has no choice of mechanism: a probe has
 * one for all its life, also when few are left of many targets. Two would write
 * to the same counters of its book.
 */
static int choose_return(const struct kpx_probe *probe,
			 const struct kpx_want *want, bool wants_kprobe,
			 struct kpx_error *err)
{
	if (want->mode == KPX_MODE_INT3 || want->mode == KPX_MODE_JUMP)
		return refuse(err, KPX_ERR_MODE_RETURN, -EOPNOTSUPP);
	if (!KPX_COMPAT_HAS_FPROBE || !kpx_target_is_many(&probe->target) ||
	    attach_at(probe, KPX_MECH_RETURN))
		return KPX_MECH_RETURN;
	if (!wants_kprobe)
		return KPX_MECH_FPROBE;
	if (attach_at(probe, KPX_MECH_FPROBE))
		return refuse(err, KPX_ERR_BPF_HOOKED, -EBUSY);
	return KPX_MECH_RETURN;
}

/*
 * At a function's entry programs that ask kprobes where they are have the
 * kernel's kprobe there, and so has whoever else listens, for as long as that is
 * armed: two hooks would run each program twice.
 */
static int choose_auto(const struct kpx_probe *probe, bool wants_kprobe)
{
	const struct kpx_attach *kprobe = attach_at(
		probe, kpx_target_is_many(&probe->target) ? KPX_MECH_ENTRY :
							    KPX_MECH_ANCHOR);

	if (probe->target.is_fentry && !wants_kprobe &&
	    (!kprobe || list_empty(&kprobe->armed_node)))
		return KPX_MECH_FTRACE;
	return kpx_target_is_many(&probe->target) ? KPX_MECH_ENTRY :
						    KPX_MECH_ANCHOR;
}

/* Its trace event's programs of type KPROBE are to find what they know. */
static bool probe_wants_kprobe(const struct kpx_probe *probe)
{
	return probe->flags & KPX_PROBE_KPROBE_BPF ||
	       kpx_programs_want_kprobe(&probe->programs);
}

static bool wants_kprobe(const struct kpx_probe *probe,
			 const struct kpx_want *want)
{
	return (want->key.set && kpx_program_set_wants_kprobe(want->key.set)) ||
	       kpx_programs_want_kprobe(&probe->programs);
}

/* enum kpx_mech_kind, or a negative errno. */
static int choose(const struct kpx_probe *probe, const struct kpx_want *want,
		  bool wants_kprobe, struct kpx_error *err)
{
	const struct kpx_target *target = &probe->target;

	if (probe->spec->is_return || want->key.unit == KPX_UNIT_NS)
		return choose_return(probe, want, wants_kprobe, err);
	switch (want->mode) {
	case KPX_MODE_AUTO:
		return choose_auto(probe, wants_kprobe);
	case KPX_MODE_FTRACE:
		if (!target->is_fentry)
			return refuse(err, KPX_ERR_MODE_FTRACE, -EOPNOTSUPP);
		if (wants_kprobe)
			return refuse(err, KPX_ERR_BPF_MODE, -EOPNOTSUPP);
		return KPX_MECH_FTRACE;
	case KPX_MODE_INT3:
	case KPX_MODE_JUMP:
		if (target->nr_sites > 1)
			return refuse(err, KPX_ERR_MODE_MANY, -EOPNOTSUPP);
		return want->mode == KPX_MODE_INT3 ? KPX_MECH_INT3 :
						     KPX_MECH_JUMP;
	default:
		return -EINVAL;
	}
}

static struct kpx_attach *find_or_create_locked(struct kpx_probe *probe,
						enum kpx_mech_kind kind)
{
	struct kpx_attach *attach = probe->attach[kind];

	lockdep_assert_held(&arm_mutex);
	if (attach)
		return attach;
	attach = kzalloc(sizeof(*attach), GFP_KERNEL);
	if (!attach)
		return NULL;
	/* zeroed, and a zeroed hlist_head is an empty one */
	attach->active = alloc_percpu(struct kpx_active);
	if (!attach->active) {
		kfree(attach);
		return NULL;
	}
	attach->spec = probe->spec;
	attach->book = probe->book;
	attach->programs = &probe->programs.array;
	attach->probe = probe;
	attach->mech = mechs[kind];
	attach->is_timed = probe->spec->uses_duration;
	INIT_LIST_HEAD(&attach->classes);
	INIT_LIST_HEAD(&attach->armed_node);
	INIT_LIST_HEAD(&attach->idle_node);
	/* partner of attach_at(), which may run without the mutex */
	smp_store_release(&probe->attach[kind], attach);
	/* partner of the one in kpx_attach_set_programs(): one sees the other */
	smp_mb();
	if (rcu_access_pointer(probe->programs.array))
		set_bit(KPX_EXTRA_PROGRAMS, &attach->extras);
	return attach;
}

void kpx_attach_free(struct kpx_probe *probe)
{
	int i;

	for (i = 0; i < KPX_NR_MECHS; i++) {
		if (probe->attach[i])
			free_percpu(probe->attach[i]->active);
		kfree(probe->attach[i]);
	}
}

/* The kernel counts misses of everybody at the address, also while we're disarmed. */
static struct kpx_misses kernel_missed(const struct kpx_attach *attach)
{
	const struct kpx_mech *mech = attach->mech;
	struct kpx_misses missed = { .hits = mech->missed(attach) };

	if (mech->missed_returns)
		missed.returns = mech->missed_returns(attach);
	return missed;
}

struct kpx_misses kpx_attach_missed(const struct kpx_attach *attach)
{
	struct kpx_misses sum = attach->missed, now;

	if (!READ_ONCE(attach->is_armed))
		return sum;
	now = kernel_missed(attach);
	sum.hits += now.hits - attach->missed_base.hits;
	sum.returns += now.returns - attach->missed_base.returns;
	return sum;
}

struct kpx_misses kpx_attach_missed_of(const struct kpx_probe *probe)
{
	struct kpx_misses sum = {};
	int i;

	for (i = 0; i < KPX_NR_MECHS; i++) {
		const struct kpx_attach *attach = attach_at(probe, i);
		struct kpx_misses one = {};

		if (attach)
			one = kpx_attach_missed(attach);
		sum.hits += one.hits;
		sum.returns += one.returns;
	}
	return sum;
}

/* Any number of them, and then disarm_end_locked(). */
static void disarm_locked(struct kpx_attach *attach)
{
	lockdep_assert_held(&arm_mutex);
	if (!attach->is_armed)
		return;
	attach->missed = kpx_attach_missed(attach);
	WRITE_ONCE(attach->is_armed, false);
	attach->mech->disarm(attach);
}

static void disarm_end_locked(void)
{
	int i;

	lockdep_assert_held(&arm_mutex);
	for (i = 0; i < KPX_NR_MECHS; i++)
		if (mechs[i]->disarm_end)
			mechs[i]->disarm_end();
}

static int arm_locked(struct kpx_attach *attach, struct kpx_error *err)
{
	int ret;

	lockdep_assert_held(&arm_mutex);
	if (attach->is_armed)
		return attach->mech->is_deaf(attach) ?
			       refuse(err, KPX_ERR_DEAF, -EIO) :
			       0;
	attach->saves_regs = attach->probe->saves_regs ||
			     rcu_access_pointer(*attach->programs);
	attach->is_upgraded = false;
	ret = attach->mech->arm(attach, err);
	if (ret)
		return ret;
	if (attach->mech->is_deaf(attach)) {
		attach->mech->disarm(attach);
		disarm_end_locked();
		return refuse(err, KPX_ERR_DEAF, -EIO);
	}
	attach->missed_base = kernel_missed(attach);
	WRITE_ONCE(attach->is_armed, true);
	return 0;
}

/* Takes the armed list's reference on the probe. */
static void list_armed_locked(struct kpx_attach *attach)
{
	lockdep_assert_held(&arm_mutex);
	if (!list_empty(&attach->armed_node))
		return;
	kpx_probe_hold(attach->probe);
	list_add_tail(&attach->armed_node, &armed_list);
}

static struct kpx_class *find_class_locked(struct kpx_attach *attach,
					   const struct kpx_class_key *key)
{
	struct kpx_class *class;

	lockdep_assert_held(&arm_mutex);
	list_for_each_entry(class, &attach->classes, node)
		if (kpx_class_is(class, key))
			return class;
	return NULL;
}

/* With the attachment armed: the class, old or new, with one more user. */
static struct kpx_class *join_locked(struct kpx_attach *attach,
				     const struct kpx_class_key *key)
{
	struct kpx_class *class = find_class_locked(attach, key);

	if (!class) {
		class = kpx_class_create(attach, key);
		if (!class)
			return ERR_PTR(-ENOMEM);
		list_add_tail_rcu(&class->node, &attach->classes);
	}
	atomic_inc(&class->users);
	return class;
}

/* For BPF programs, before they are attached: a context of all registers. */
static int save_regs_locked(struct kpx_probe *probe, struct kpx_error *err)
{
	int i, ret = 0;

	lockdep_assert_held(&arm_mutex);
	probe->saves_regs = true;
	for (i = 0; i < KPX_NR_MECHS && !ret; i++) {
		struct kpx_attach *attach = probe->attach[i];

		if (attach && attach->is_armed && attach->mech->save_regs &&
		    !attach->saves_regs && !attach->is_upgraded)
			ret = attach->mech->save_regs(attach, err);
	}
	return ret;
}

static u64 nr_users(const struct kpx_attach *attach)
{
	const struct kpx_class *class;
	u64 users = READ_ONCE(attach->face) ? 1 : 0;

	rcu_read_lock();
	list_for_each_entry_rcu(class, &attach->classes, node)
		users += atomic_read(&class->users);
	rcu_read_unlock();
	return users;
}

static bool is_in_use(const struct kpx_attach *attach)
{
	return attach && (nr_users(attach) || attach->program_users);
}

/* Who listens through ftrace has no kprobe, and can't be moved without a gap. */
static int check_hook_locked(const struct kpx_probe *probe, bool wants_kprobe,
			     struct kpx_error *err)
{
	lockdep_assert_held(&arm_mutex);
	if (wants_kprobe && (is_in_use(probe->attach[KPX_MECH_FTRACE]) ||
			     is_in_use(probe->attach[KPX_MECH_FPROBE])))
		return refuse(err, KPX_ERR_BPF_HOOKED, -EBUSY);
	return 0;
}

/*
 * Also when it fails the attachment gets on the list of those that are swept,
 * once it is armed: so it is disarmed if nobody else wants it.
 */
static struct kpx_class *open_locked(struct kpx_attach *attach,
				     const struct kpx_want *want,
				     const struct kpx_class_key *key,
				     struct kpx_error *err)
{
	int ret;

	lockdep_assert_held(&arm_mutex);
	/* before it is armed, so that the first call is captured */
	if (want->key.unit == KPX_UNIT_NS)
		WRITE_ONCE(attach->is_timed, true);
	if (want->key.unit == KPX_UNIT_NS && want->is_sampling)
		WRITE_ONCE(attach->captures, true);
	ret = arm_locked(attach, err);
	if (ret)
		return ERR_PTR(ret);
	list_armed_locked(attach);
	return join_locked(attach, key);
}

/* The programs that come with the event first: it sees no hit without. */
static struct kpx_class *open_with_set_locked(struct kpx_attach *attach,
					      const struct kpx_want *want,
					      struct kpx_error *err)
{
	struct kpx_class_key key = want->key;
	struct kpx_class *class;
	int ret;

	lockdep_assert_held(&arm_mutex);
	if (!key.set)
		return open_locked(attach, want, &key, err);
	ret = save_regs_locked(attach->probe, err);
	if (ret)
		return ERR_PTR(ret);
	key.set = kpx_program_set_open(&attach->probe->programs, key.set, err);
	if (IS_ERR(key.set))
		return ERR_CAST(key.set);
	class = open_locked(attach, want, &key, err);
	if (IS_ERR(class))
		kpx_program_set_close(key.set);
	return class;
}

static void sweep_soon(void)
{
	queue_delayed_work(system_unbound_wq, &sweep_later,
			   msecs_to_jiffies(SWEEP_DELAY_MS));
}

static bool is_number(const struct kpx_spec *spec, unsigned int field)
{
	struct kpx_spec_field info;

	if (field >= spec->nr_args)
		return false;
	info = kpx_spec_field(spec, KPX_UNIT_HITS, KPX_COMMON_FIELDS + field);
	return !info.count && !(info.flags & KPX_FIELD_STRING);
}

static int check_want(const struct kpx_probe *probe,
		      const struct kpx_want *want, struct kpx_error *err)
{
	int ret = security_locked_down(LOCKDOWN_KPROBES);

	if (ret)
		return ret;
	if (want->key.unit == KPX_UNIT_FIELD &&
	    !is_number(probe->spec, want->key.field))
		return refuse(err, KPX_ERR_UNIT_FIELD, -EINVAL);
	return 0;
}

struct kpx_class *kpx_attach_open(struct kpx_probe *probe,
				  const struct kpx_want *want,
				  struct kpx_error *err)
{
	bool is_kprobe = wants_kprobe(probe, want);
	struct kpx_attach *attach;
	struct kpx_class *class;
	int kind, ret;

	kind = check_want(probe, want, err);
	if (!kind)
		kind = choose(probe, want, is_kprobe, err);
	if (kind < 0)
		return ERR_PTR(kind);
	mutex_lock(&arm_mutex);
	ret = check_hook_locked(probe, is_kprobe, err);
	attach = ret ? ERR_PTR(ret) : find_or_create_locked(probe, kind);
	if (!attach)
		attach = ERR_PTR(-ENOMEM);
	class = IS_ERR(attach) ? ERR_CAST(attach) :
				 open_with_set_locked(attach, want, err);
	mutex_unlock(&arm_mutex);
	if (IS_ERR(class))
		sweep_soon();
	return class;
}

int kpx_attach_wait(const struct kpx_class *class, struct kpx_error *err)
{
	const struct kpx_attach *attach = class->attach;
	unsigned int polls;

	if (attach->mech != &kpx_mech_jump)
		return 0;
	/*
	 * The caller's class keeps it armed. Where the machine stood still the
	 * optimizer hasn't run, whatever the clock says: so polls are counted.
	 */
	for (polls = 0; !kpx_mech_jump_is_there(attach); polls++) {
		if (polls == JUMP_WAIT_MS / JUMP_POLL_MS)
			return refuse(err, KPX_ERR_MODE_JUMP, -EOPNOTSUPP);
		if (msleep_interruptible(JUMP_POLL_MS))
			return -EINTR;
	}
	return 0;
}

void kpx_attach_get(struct kpx_class *class)
{
	if (class->key.set)
		kpx_program_set_hold(class->key.set);
	atomic_inc(&class->users);
}

void kpx_attach_put(struct kpx_class *class)
{
	if (class->key.set)
		kpx_program_set_close(class->key.set);
	if (atomic_dec_and_test(&class->users))
		sweep_soon();
}

/* Where the trace event listens, and programs that have no event. */
static int choose_plain(const struct kpx_probe *probe, bool wants_kprobe,
			struct kpx_error *err)
{
	const struct kpx_want want = { .mode = KPX_MODE_AUTO };

	return choose(probe, &want, wants_kprobe || probe_wants_kprobe(probe),
		      err);
}

int kpx_attach_face_on(struct kpx_probe *probe, struct kpx_face *face)
{
	struct kpx_error err = {};
	struct kpx_attach *attach;
	int ret, kind;

	ret = security_locked_down(LOCKDOWN_KPROBES);
	if (ret)
		return ret;
	mutex_lock(&arm_mutex);
	/* programs that are being attached have armed their hook by now, or will
	   find ours */
	kind = choose_plain(probe, false, &err);
	if (kind < 0) {
		mutex_unlock(&arm_mutex);
		return kind;
	}
	/* its module isn't there: arming would go to what is at the address now */
	if (kpx_target_is_gone(&probe->target)) {
		mutex_unlock(&arm_mutex);
		return -ENOENT;
	}
	/* all its users are at one */
	attach = probe->face_attach ?: find_or_create_locked(probe, kind);
	ret = attach ? arm_locked(attach, &err) : -ENOMEM;
	if (!ret) {
		list_armed_locked(attach);
		probe->face_attach = attach;
		attach->face_users++;
		WRITE_ONCE(attach->face, face);
		set_bit(KPX_EXTRA_FACE, &attach->extras);
	}
	mutex_unlock(&arm_mutex);
	return ret;
}

void kpx_attach_face_off(struct kpx_probe *probe)
{
	struct kpx_attach *attach;

	mutex_lock(&arm_mutex);
	attach = probe->face_attach;
	if (attach && !--attach->face_users) {
		clear_bit(KPX_EXTRA_FACE, &attach->extras);
		WRITE_ONCE(attach->face, NULL);
		probe->face_attach = NULL;
	}
	mutex_unlock(&arm_mutex);
	sweep_soon();
	kpx_probe_face_idle(probe);
}

static int programs_on_locked(struct kpx_probe *probe, int kind,
			      struct kpx_error *err)
{
	struct kpx_attach *attach;
	int ret;

	lockdep_assert_held(&arm_mutex);
	attach = probe->programs_attach ?: find_or_create_locked(probe, kind);
	if (!attach)
		return -ENOMEM;
	ret = save_regs_locked(probe, err);
	if (!ret)
		ret = arm_locked(attach, err);
	if (ret)
		return ret;
	list_armed_locked(attach);
	probe->programs_attach = attach;
	attach->program_users++;
	set_bit(KPX_EXTRA_HOME, &attach->extras);
	return 0;
}

int kpx_attach_programs_on(struct kpx_probe *probe, bool wants_kprobe,
			   struct kpx_error *err)
{
	int kind, ret = security_locked_down(LOCKDOWN_KPROBES);

	if (ret)
		return ret;
	kind = choose_plain(probe, wants_kprobe, err);
	if (kind < 0)
		return kind;
	mutex_lock(&arm_mutex);
	ret = check_hook_locked(probe, wants_kprobe, err);
	if (!ret)
		ret = programs_on_locked(probe, kind, err);
	mutex_unlock(&arm_mutex);
	return ret;
}

void kpx_attach_programs_off(struct kpx_probe *probe, unsigned int nr)
{
	struct kpx_attach *attach;

	if (!nr)
		return;
	mutex_lock(&arm_mutex);
	attach = probe->programs_attach;
	attach->program_users -= nr;
	if (!attach->program_users) {
		clear_bit(KPX_EXTRA_HOME, &attach->extras);
		probe->programs_attach = NULL;
	}
	mutex_unlock(&arm_mutex);
	sweep_soon();
}

void kpx_attach_set_programs(struct kpx_probe *probe, bool has_programs)
{
	int i;

	/* see find_or_create_locked(); one that is set for nothing does no harm */
	smp_mb();
	for (i = 0; i < KPX_NR_MECHS; i++) {
		struct kpx_attach *attach = attach_at(probe, i);

		if (attach && has_programs)
			set_bit(KPX_EXTRA_PROGRAMS, &attach->extras);
		else if (attach)
			clear_bit(KPX_EXTRA_PROGRAMS, &attach->extras);
	}
}

/* Unlinks idle classes; true if nobody listens any more. */
static bool sweep_classes_locked(struct kpx_attach *attach)
{
	struct kpx_class *class, *next;

	lockdep_assert_held(&arm_mutex);
	list_for_each_entry_safe(class, next, &attach->classes, node) {
		if (atomic_read(&class->users))
			continue;
		/*
		 * Nobody can bring it back: opening needs our mutex, and an
		 * inherited event needs a parent that is a user.
		 */
		list_del_rcu(&class->node);
		kpx_class_free_later(class);
	}
	return list_empty(&attach->classes) && !attach->face &&
	       !attach->program_users;
}

/*
 * Disarms what has no listener. The reference that it drops is the last one of
 * a probe that is no longer published.
 */
static void sweep(void)
{
	struct kpx_attach *attach, *next;
	LIST_HEAD(idle);

	mutex_lock(&arm_mutex);
	list_for_each_entry_safe(attach, next, &armed_list, armed_node) {
		if (!sweep_classes_locked(attach))
			continue;
		disarm_locked(attach);
		list_move_tail(&attach->armed_node, &idle);
	}
	disarm_end_locked();
	list_for_each_entry_safe(attach, next, &idle, armed_node) {
		attach->probe->saves_regs =
			attach->probe->programs_attach ||
			rcu_access_pointer(*attach->programs);
		attach->captures = false;
		attach->is_timed = attach->spec->uses_duration;
		list_del_init(&attach->armed_node);
		kpx_probe_put(attach->probe);
	}
	mutex_unlock(&arm_mutex);
}

static void sweep_work(struct work_struct *work)
{
	sweep();
}

u64 kpx_attach_events(const struct kpx_probe *probe)
{
	u64 users = 0;
	int i;

	for (i = 0; i < KPX_NR_MECHS; i++) {
		const struct kpx_attach *attach = attach_at(probe, i);

		users += attach ? nr_users(attach) : 0;
	}
	return users;
}

static void attach_stats_locked(const struct kpx_attach *attach,
				struct kpx_stats *stats)
{
	const struct kpx_misses missed = kpx_attach_missed(attach);

	lockdep_assert_held(&arm_mutex);
	stats->events += nr_users(attach);
	stats->missed_kprobe += missed.hits;
	stats->missed_return += missed.returns;
	if (!attach->is_armed)
		return;
	stats->mechanisms |= attach->mech->present(attach);
	if (attach->mech->is_deaf(attach))
		stats->flags |= KPX_STATS_DEAF;
}

void kpx_attach_stats(struct kpx_probe *probe, struct kpx_stats *stats)
{
	int i;

	mutex_lock(&arm_mutex);
	for (i = 0; i < KPX_NR_MECHS; i++)
		if (probe->attach[i])
			attach_stats_locked(probe->attach[i], stats);
	mutex_unlock(&arm_mutex);
}

static void disarm_all_locked(struct kpx_probe *probe)
{
	int i;

	lockdep_assert_held(&arm_mutex);
	for (i = 0; i < KPX_NR_MECHS; i++)
		if (probe->attach[i])
			disarm_locked(probe->attach[i]);
	disarm_end_locked();
}

void kpx_attach_suspend(struct kpx_probe *probe)
{
	mutex_lock(&arm_mutex);
	disarm_all_locked(probe);
	mutex_unlock(&arm_mutex);
}

/*
 * In one go: whoever enables the trace event takes our mutex only, and is not
 * to arm what is being moved, or what goes.
 */
bool kpx_attach_leave(struct kpx_probe *probe, const struct module *mod,
		      bool is_init)
{
	bool are_left;

	mutex_lock(&arm_mutex);
	disarm_all_locked(probe);
	are_left = kpx_target_prune(&probe->target, mod, is_init);
	mutex_unlock(&arm_mutex);
	return are_left;
}

/* What has no listener isn't on the list of armed ones, and stays disarmed. */
void kpx_attach_resume(struct kpx_probe *probe)
{
	struct kpx_error err = {};
	int i;

	mutex_lock(&arm_mutex);
	for (i = 0; i < KPX_NR_MECHS; i++) {
		struct kpx_attach *attach = probe->attach[i];

		if (attach && !list_empty(&attach->armed_node) &&
		    arm_locked(attach, &err))
			kpx_probe_complain(probe, &err);
	}
	mutex_unlock(&arm_mutex);
}

void kpx_attach_settle(void)
{
	sweep();
}

void kpx_attach_drain(void)
{
	cancel_delayed_work_sync(&sweep_later);
	sweep();
	/* the classes' RCU callback is our text */
	rcu_barrier();
}
