// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may still hold what, and until when:
 *
 * - A hit looks at an array with preemption off, and at nothing behind it but
 *   its items: programs and counters. An array that was replaced is freed
 *   behind a grace period, and with it the programs that went for it. Arrays
 *   before that one were replaced earlier: a hit that has one is over by then,
 *   too.
 * - Programs are put in a worker, because putting the last reference may sleep.
 *   The kernel frees a program behind a grace period of its own.
 * - A set is held by its classes and by who opens one; its programs belong to
 *   the probe while it's attached. The probe is there: an event's class is
 *   armed, which holds it, and a set is closed before the class is put.
 */
#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/filter.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "gate.h"
#include "probe.h"
#include "program.h"

static DEFINE_MUTEX(programs_mutex); /* innermost: nothing is taken below it */
static struct workqueue_struct *free_queue;

static void *refuse(struct kpx_error *err, enum kpx_error_code code, int ret)
{
	kpx_error_set(err, code, 0, NULL, 0);
	return ERR_PTR(ret);
}

/* ---- one program --------------------------------------------------------- */

void kpx_program_free(struct kpx_program *program)
{
	if (program->calls_nothing)
		kpx_compat_unpin_code(program->prog);
	bpf_prog_put(program->prog);
	free_percpu(program->runs);
	kfree(program);
}

/* Calls of its own functions aside; a tail call has an opcode by now. */
static void look_for_calls(struct kpx_program *program)
{
	const struct bpf_prog *prog = program->prog;
	u32 i;

	program->calls_nothing = true;
	program->makes_tail_calls = false;
	for (i = 0; i < prog->len; i++) {
		const struct bpf_insn *insn = &prog->insnsi[i];
		bool is_call = insn->code == (BPF_JMP | BPF_CALL) &&
			       insn->src_reg != BPF_PSEUDO_CALL;
		bool is_tail_call = insn->code == (BPF_JMP | BPF_TAIL_CALL);

		if (is_call || is_tail_call)
			program->calls_nothing = false;
		if (is_tail_call)
			program->makes_tail_calls = true;
	}
	/* what isn't there may still be put in */
	program->calls_nothing = program->calls_nothing &&
				 kpx_compat_pin_code(program->prog);
}

bool kpx_program_wants_kprobe(const struct kpx_program *program)
{
	return program->prog->call_get_func_ip || program->makes_tail_calls;
}

/*
 * An operation of bpf(2), or another program, may hold a lock of the map that
 * we'd wait for. These have none.
 */
static bool map_may_deadlock(const struct bpf_map *map)
{
	switch (map->map_type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
		return false;
	default:
		return true;
	}
}

static bool may_deadlock(const struct bpf_prog *prog)
{
	bool may = false;
	u32 i;

	/* a function of the kernel's may take any lock */
	for (i = 0; i < prog->len; i++)
		if (prog->insnsi[i].code == (BPF_JMP | BPF_CALL) &&
		    prog->insnsi[i].src_reg == BPF_PSEUDO_KFUNC_CALL)
			return true;

	mutex_lock(&prog->aux->used_maps_mutex);
	for (i = 0; i < prog->aux->used_map_cnt && !may; i++)
		may = map_may_deadlock(prog->aux->used_maps[i]);
	mutex_unlock(&prog->aux->used_maps_mutex);
	return may;
}

static int check_prog(const struct bpf_prog *prog, struct kpx_error *err)
{
	enum kpx_error_code code = KPX_ERR_NONE;

	/*
	 * 0 is what it isn't loaded for, BPF_PERF_EVENT what it is attached as.
	 * With others its helpers look for what isn't there.
	 */
	if (prog->expected_attach_type &&
	    prog->expected_attach_type != BPF_PERF_EVENT)
		code = KPX_ERR_BPF_ATTACH_TYPE;
	else if (kpx_compat_is_sleepable(prog))
		code = KPX_ERR_BPF_SLEEPABLE;
	else if (prog->kprobe_override)
		code = KPX_ERR_BPF_OVERRIDE;
	else if (kpx_gate_is_fallback && may_deadlock(prog))
		code = KPX_ERR_BPF_MAP;
	if (!code)
		return 0;
	kpx_error_set(err, code, 0, prog->aux->name,
		      strnlen(prog->aux->name, BPF_OBJ_NAME_LEN));
	return -EOPNOTSUPP;
}

/* Takes over @prog. */
static struct kpx_program *program_alloc(struct bpf_prog *prog, u64 cookie)
{
	struct kpx_program *program = kzalloc(sizeof(*program), GFP_KERNEL);

	if (program)
		program->runs = alloc_percpu(u64);
	if (!program || !program->runs) {
		kfree(program);
		bpf_prog_put(prog);
		return ERR_PTR(-ENOMEM);
	}
	program->prog = prog;
	program->cookie = cookie;
	INIT_LIST_HEAD(&program->node);
	look_for_calls(program);
	return program;
}

struct kpx_program *kpx_program_create(int fd, u64 cookie,
				       struct kpx_error *err)
{
	struct bpf_prog *prog =
		bpf_prog_get_type_dev(fd, BPF_PROG_TYPE_KPROBE, false);
	int ret;

	if (IS_ERR(prog))
		return refuse(err, KPX_ERR_BPF_FD, PTR_ERR(prog));
	ret = check_prog(prog, err);
	if (ret) {
		bpf_prog_put(prog);
		return ERR_PTR(ret);
	}
	return program_alloc(prog, cookie);
}

u32 kpx_program_id(const struct kpx_program *program)
{
	return program->prog->aux->id;
}

/* ---- arrays -------------------------------------------------------------- */

static void free_programs(struct list_head *list)
{
	struct kpx_program *program, *next;

	list_for_each_entry_safe(program, next, list, node)
		kpx_program_free(program);
}

static void array_free_work(struct work_struct *work)
{
	struct kpx_program_array *array =
		container_of(to_rcu_work(work), struct kpx_program_array, free);

	free_programs(&array->gone);
	kfree(array);
}

static struct kpx_program_array *array_alloc(unsigned int nr, gfp_t gfp)
{
	struct kpx_program_array *array =
		kzalloc(struct_size(array, items, nr + 1), gfp);

	if (!array)
		return NULL;
	INIT_RCU_WORK(&array->free, array_free_work);
	INIT_LIST_HEAD(&array->gone);
	return array;
}

static void array_fill(struct kpx_program_array *array,
		       const struct kpx_programs *programs)
{
	struct kpx_program_item *item = array->items;
	const struct kpx_program *program;

	array->calls_nothing = true;
	list_for_each_entry(program, &programs->list, node) {
		array->calls_nothing &= program->calls_nothing;
		item->prog = program->prog;
		item->cookie = program->cookie;
		item->runs = program->runs;
		item++;
	}
}

/* @array has room for what is listed, or is NULL if that's nothing. */
static void publish_locked(struct kpx_programs *programs,
			   struct kpx_program_array *array,
			   struct list_head *gone)
{
	struct kpx_program_array *old;

	lockdep_assert_held(&programs_mutex);
	if (array)
		array_fill(array, programs);
	/* partner of the dereference in hit.c */
	old = rcu_replace_pointer(programs->array, array,
				  lockdep_is_held(&programs_mutex));
	kpx_attach_set_programs(
		container_of(programs, struct kpx_probe, programs), array);
	if (!old)
		return;
	list_splice_init(gone, &old->gone);
	queue_rcu_work(free_queue, &old->free);
}

/* What is in @gone isn't listed any more. It has to succeed, and is small. */
static void shrink_locked(struct kpx_programs *programs, struct list_head *gone)
{
	struct kpx_program_array *array = NULL;

	lockdep_assert_held(&programs_mutex);
	if (list_empty(gone))
		return;
	if (programs->nr)
		array = array_alloc(programs->nr, GFP_KERNEL | __GFP_NOFAIL);
	publish_locked(programs, array, gone);
}

static void unlist_locked(struct kpx_programs *programs,
			  struct kpx_program *program, struct list_head *gone)
{
	lockdep_assert_held(&programs_mutex);
	list_move_tail(&program->node, gone);
	programs->nr--;
}

void kpx_programs_init(struct kpx_programs *programs)
{
	INIT_LIST_HEAD(&programs->list);
	INIT_LIST_HEAD(&programs->sets);
}

/* ---- attaching and detaching --------------------------------------------- */

static struct kpx_program *find_id_locked(const struct kpx_programs *programs,
					  u32 id)
{
	struct kpx_program *program;

	lockdep_assert_held(&programs_mutex);
	list_for_each_entry(program, &programs->list, node)
		if (kpx_program_id(program) == id)
			return program;
	return NULL;
}

static int check_new_locked(const struct kpx_programs *programs,
			    const struct kpx_program *program,
			    const struct kpx_program *replaced,
			    struct kpx_error *err)
{
	const struct kpx_program *other;

	lockdep_assert_held(&programs_mutex);
	list_for_each_entry(other, &programs->list, node)
		if (other->prog == program->prog && other != replaced)
			return PTR_ERR(refuse(err, KPX_ERR_BPF_TWICE, -EEXIST));
	if (programs->nr >= KPX_PROGRAMS_MAX && !replaced)
		return PTR_ERR(refuse(err, KPX_ERR_BPF_TOO_MANY, -E2BIG));
	return 0;
}

/* What @place is relative to; NULL: none, the list's end. */
static struct kpx_program *
find_relative_locked(const struct kpx_programs *programs,
		     const struct kpx_program_place *place,
		     struct kpx_error *err)
{
	bool is_replace = place->flags & KPX_BPF_REPLACE;
	struct kpx_program *program;

	lockdep_assert_held(&programs_mutex);
	if (!place->relative_id && !is_replace)
		return NULL;
	program = find_id_locked(programs, place->relative_id);
	if (!program)
		return refuse(err, KPX_ERR_BPF_NO_SUCH, -ENOENT);
	if (is_replace && program->set)
		return refuse(err, KPX_ERR_BPF_OWNED, -EBUSY);
	return program;
}

static void list_locked(struct kpx_programs *programs,
			struct kpx_program *program,
			const struct kpx_program_place *place,
			struct kpx_program *relative)
{
	lockdep_assert_held(&programs_mutex);
	if (place->flags & KPX_BPF_BEFORE)
		list_add_tail(&program->node,
			      relative ? &relative->node : programs->list.next);
	else
		list_add(&program->node,
			 relative ? &relative->node : programs->list.prev);
	programs->nr++;
}

static int add_locked(struct kpx_programs *programs,
		      struct kpx_program *program,
		      const struct kpx_program_place *place, bool *replaced,
		      struct kpx_error *err)
{
	struct kpx_program *relative, *old = NULL;
	struct kpx_program_array *array;
	LIST_HEAD(gone);
	int ret;

	lockdep_assert_held(&programs_mutex);
	relative = find_relative_locked(programs, place, err);
	if (IS_ERR(relative))
		return PTR_ERR(relative);
	if (place->flags & KPX_BPF_REPLACE)
		old = relative;
	ret = check_new_locked(programs, program, old, err);
	if (ret)
		return ret;
	array = array_alloc(programs->nr + 1, GFP_KERNEL);
	if (!array)
		return -ENOMEM;
	list_locked(programs, program, place, relative);
	if (old) {
		program->link = old->link;
		unlist_locked(programs, old, &gone);
	}
	publish_locked(programs, array, &gone);
	*replaced = old;
	return 0;
}

int kpx_programs_add(struct kpx_programs *programs, struct kpx_program *program,
		     const struct kpx_program_place *place, bool *replaced,
		     struct kpx_error *err)
{
	int ret;

	mutex_lock(&programs_mutex);
	ret = add_locked(programs, program, place, replaced, err);
	mutex_unlock(&programs_mutex);
	return ret;
}

int kpx_programs_remove(struct kpx_programs *programs, u32 id)
{
	struct kpx_program *program;
	LIST_HEAD(gone);
	int ret = -ENOENT;

	mutex_lock(&programs_mutex);
	program = find_id_locked(programs, id);
	if (program) {
		ret = program->set || program->link ? -EBUSY : 0;
		if (!ret) {
			unlist_locked(programs, program, &gone);
			shrink_locked(programs, &gone);
		}
	}
	mutex_unlock(&programs_mutex);
	return ret;
}

void kpx_programs_remove_link(struct kpx_programs *programs, const void *link)
{
	struct kpx_program *program, *next;
	LIST_HEAD(gone);

	mutex_lock(&programs_mutex);
	list_for_each_entry_safe(program, next, &programs->list, node)
		if (program->link == link)
			unlist_locked(programs, program, &gone);
	shrink_locked(programs, &gone);
	mutex_unlock(&programs_mutex);
}

unsigned int kpx_programs_clear(struct kpx_programs *programs)
{
	struct kpx_program *program, *next;
	unsigned int nr;
	LIST_HEAD(gone);

	mutex_lock(&programs_mutex);
	nr = programs->nr;
	list_for_each_entry_safe(program, next, &programs->list, node)
		if (!program->set && !program->link)
			unlist_locked(programs, program, &gone);
	nr -= programs->nr;
	shrink_locked(programs, &gone);
	mutex_unlock(&programs_mutex);
	return nr;
}

bool kpx_programs_want_kprobe(const struct kpx_programs *programs)
{
	const struct kpx_program *program;
	bool wants = false;

	mutex_lock(&programs_mutex);
	list_for_each_entry(program, &programs->list, node)
		wants = wants || kpx_program_wants_kprobe(program);
	mutex_unlock(&programs_mutex);
	return wants;
}

static u64 program_runs(const struct kpx_program *program)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(program->runs, cpu));
	return sum;
}

static struct kpx_bpf_program describe(const struct kpx_program *program)
{
	return (struct kpx_bpf_program){
		.id = kpx_program_id(program),
		.flags = (program->link ? KPX_BPF_LINK : 0) |
			 (program->set ? KPX_BPF_EVENT : 0),
		.cookie = program->cookie,
		.runs = program_runs(program),
	};
}

void kpx_programs_show_link(struct kpx_programs *programs, const void *link,
			    struct seq_file *seq)
{
	const struct kpx_program *program;

	mutex_lock(&programs_mutex);
	list_for_each_entry(program, &programs->list, node)
		if (program->link == link)
			seq_printf(seq,
				   "prog_id:\t%u\ncookie:\t%llu\nruns:\t%llu\n",
				   kpx_program_id(program), program->cookie,
				   program_runs(program));
	mutex_unlock(&programs_mutex);
}

unsigned int kpx_programs_query(struct kpx_programs *programs,
				struct kpx_bpf_program *to, unsigned int max)
{
	const struct kpx_program *program;
	unsigned int nr = 0;

	mutex_lock(&programs_mutex);
	list_for_each_entry(program, &programs->list, node) {
		if (nr < max)
			to[nr] = describe(program);
		nr++;
	}
	mutex_unlock(&programs_mutex);
	return nr;
}

/* ---- sets, which come with events ---------------------------------------- */

static void set_release(struct kref *ref)
{
	struct kpx_program_set *set =
		container_of(ref, struct kpx_program_set, ref);
	unsigned int i;

	for (i = 0; !set->is_attached && i < set->nr; i++)
		kpx_program_free(set->program[i]);
	kfree(set);
}

void kpx_program_set_put(struct kpx_program_set *set)
{
	if (set)
		kref_put(&set->ref, set_release);
}

static int set_take(struct kpx_program_set *set,
		    const struct kpx_event_program *given,
		    struct kpx_error *err)
{
	struct kpx_program *program;

	if (given->pad)
		return -EINVAL;
	program = kpx_program_create(given->prog_fd, given->cookie, err);
	if (IS_ERR(program))
		return PTR_ERR(program);
	program->set = set;
	set->program[set->nr++] = program;
	return 0;
}

static int set_read(struct kpx_program_set *set, const void __user *from,
		    struct kpx_error *err)
{
	struct kpx_event_program *given;
	struct kpx_event_bpf head;
	int ret = 0;
	u32 i, size;

	if (get_user(size, (const u32 __user *)from))
		return -EFAULT;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < sizeof(head))
		return PTR_ERR(refuse(err, KPX_ERR_BPF_EVENT, -EINVAL));
	ret = copy_struct_from_user(&head, sizeof(head), from, size);
	if (ret)
		return ret;
	if (!head.nr || head.nr > KPX_PROGRAMS_MAX)
		return PTR_ERR(refuse(err, KPX_ERR_BPF_EVENT,
				      head.nr ? -E2BIG : -EINVAL));
	given = memdup_user(u64_to_user_ptr(head.programs),
			    head.nr * sizeof(*given));
	if (IS_ERR(given))
		return PTR_ERR(given);
	for (i = 0; i < head.nr && !ret; i++)
		ret = set_take(set, &given[i], err);
	kfree(given);
	return ret;
}

struct kpx_program_set *kpx_program_set_create(const void __user *from,
					       struct kpx_error *err)
{
	struct kpx_program_set *set = kzalloc(sizeof(*set), GFP_KERNEL);
	int ret;

	if (!set)
		return ERR_PTR(-ENOMEM);
	kref_init(&set->ref);
	ret = set_read(set, from, err);
	if (ret) {
		kpx_program_set_put(set);
		return ERR_PTR(ret);
	}
	return set;
}

bool kpx_program_set_wants_kprobe(const struct kpx_program_set *set)
{
	unsigned int i;

	for (i = 0; i < set->nr; i++)
		if (kpx_program_wants_kprobe(set->program[i]))
			return true;
	return false;
}

static bool set_equals(const struct kpx_program_set *a,
		       const struct kpx_program_set *b)
{
	unsigned int i;

	for (i = 0; a->nr == b->nr && i < a->nr; i++)
		if (a->program[i]->prog != b->program[i]->prog ||
		    a->program[i]->cookie != b->program[i]->cookie)
			return false;
	return a->nr == b->nr;
}

static struct kpx_program_set *
find_set_locked(const struct kpx_programs *programs,
		const struct kpx_program_set *like)
{
	struct kpx_program_set *set;

	lockdep_assert_held(&programs_mutex);
	list_for_each_entry(set, &programs->sets, node)
		if (set_equals(set, like))
			return set;
	return NULL;
}

static int check_set_locked(const struct kpx_programs *programs,
			    const struct kpx_program_set *set,
			    struct kpx_error *err)
{
	unsigned int i, j;
	int ret = 0;

	lockdep_assert_held(&programs_mutex);
	if (programs->nr + set->nr > KPX_PROGRAMS_MAX)
		return PTR_ERR(refuse(err, KPX_ERR_BPF_TOO_MANY, -E2BIG));
	for (i = 0; i < set->nr && !ret; i++) {
		ret = check_new_locked(programs, set->program[i], NULL, err);
		for (j = 0; j < i && !ret; j++)
			if (set->program[j]->prog == set->program[i]->prog)
				ret = PTR_ERR(refuse(err, KPX_ERR_BPF_TWICE,
						     -EEXIST));
	}
	return ret;
}

static struct kpx_program_set *open_set_locked(struct kpx_programs *programs,
					       struct kpx_program_set *set,
					       struct kpx_error *err)
{
	struct kpx_program_set *like = find_set_locked(programs, set);
	struct kpx_program_array *array;
	LIST_HEAD(gone);
	unsigned int i;
	int ret;

	lockdep_assert_held(&programs_mutex);
	if (like) {
		/* listed: there is a user, and the last one needs our mutex */
		refcount_inc(&like->users);
		kref_get(&like->ref);
		return like;
	}
	ret = check_set_locked(programs, set, err);
	if (ret)
		return ERR_PTR(ret);
	array = array_alloc(programs->nr + set->nr, GFP_KERNEL);
	if (!array)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < set->nr; i++)
		list_add_tail(&set->program[i]->node, &programs->list);
	programs->nr += set->nr;
	list_add_tail(&set->node, &programs->sets);
	set->programs = programs;
	set->is_attached = true;
	refcount_set(&set->users, 1);
	kref_get(&set->ref);
	publish_locked(programs, array, &gone);
	return set;
}

struct kpx_program_set *kpx_program_set_open(struct kpx_programs *programs,
					     struct kpx_program_set *set,
					     struct kpx_error *err)
{
	struct kpx_program_set *opened;

	mutex_lock(&programs_mutex);
	opened = open_set_locked(programs, set, err);
	mutex_unlock(&programs_mutex);
	return opened;
}

void kpx_program_set_hold(struct kpx_program_set *set)
{
	refcount_inc(&set->users);
	kref_get(&set->ref);
}

static void detach_set_locked(struct kpx_program_set *set)
{
	LIST_HEAD(gone);
	unsigned int i;

	lockdep_assert_held(&programs_mutex);
	list_del(&set->node);
	for (i = 0; i < set->nr; i++)
		unlist_locked(set->programs, set->program[i], &gone);
	shrink_locked(set->programs, &gone);
}

void kpx_program_set_close(struct kpx_program_set *set)
{
	if (refcount_dec_and_mutex_lock(&set->users, &programs_mutex)) {
		detach_set_locked(set);
		mutex_unlock(&programs_mutex);
	}
	kpx_program_set_put(set);
}

int kpx_program_init(void)
{
	free_queue = alloc_workqueue("kprobex", WQ_UNBOUND, 0);
	return free_queue ? 0 : -ENOMEM;
}

void kpx_program_uninit(void)
{
	/* what waits for a grace period isn't in the queue yet */
	rcu_barrier();
	destroy_workqueue(free_queue);
}
