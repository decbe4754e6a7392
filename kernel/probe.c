// SPDX-License-Identifier: GPL-2.0-only
/*
 * Removal is two-phase. unpublish() takes id, name, files and trace event away,
 * so that no new event can find the probe (event_init looks it up under the
 * define mutex), and drops the registry's reference. The rest hold their own:
 * the armed list until the last event is gone, and whoever is just describing
 * it. The last reference hands the probe to the reaper, which unregisters
 * anchors in batches and waits for a grace period: after it no hit sees them,
 * and they are freed.
 *
 * An interned probe, of a definition that came with an event, is published
 * without a reference: what is being opened holds one, then the armed list. So
 * whoever looks one up must find it alive, and the reaper takes it out of the
 * table under the define mutex before it frees it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hashtable.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/stringhash.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "alias.h"
#include "core/name.h"
#include "face.h"
#include "linger.h"
#include "log.h"
#include "probe.h"

static unsigned int max_probes = 65536;
module_param(max_probes, uint, 0644);
MODULE_PARM_DESC(max_probes, "how many probes may be defined at a time");

static unsigned int max_targets = KPX_TARGETS_MAX;
module_param(max_targets, uint, 0644);
MODULE_PARM_DESC(max_targets, "how many addresses one probe may have");

static DEFINE_MUTEX(define_mutex);
static DEFINE_XARRAY(by_id);	      /* define mutex */
static DEFINE_HASHTABLE(by_name, 10); /* define mutex */
static DEFINE_HASHTABLE(interned, 8); /* define mutex; by canonical text */
static LIST_HEAD(probes);	      /* define mutex; by definition */
static LIST_HEAD(nameless);	      /* define mutex; not published any more */
static unsigned int nr_probes;	      /* define mutex */
static u32 last_id;		      /* define mutex */

static void reap_work(struct work_struct *work);
static void orphan_work(struct work_struct *work);

static LLIST_HEAD(dead); /* without a reference left */
static DECLARE_WORK(reaper, reap_work);
static DECLARE_WORK(orphans, orphan_work);

static u32 text_hash(const char *text)
{
	return full_name_hash(NULL, text, strlen(text));
}

static struct kpx_probe *find_name_locked(const char *name)
{
	struct kpx_probe *probe;

	lockdep_assert_held(&define_mutex);
	hash_for_each_possible(by_name, probe, name_node, text_hash(name))
		if (!strcmp(probe->spec->name, name))
			return probe;
	return NULL;
}

static struct kpx_probe *find_locked(u32 id, const char *name)
{
	lockdep_assert_held(&define_mutex);
	return id ? xa_load(&by_id, id) : find_name_locked(name);
}

/* Takes over @spec, also when it fails. */
static struct kpx_probe *probe_create(struct kpx_spec *spec, unsigned int flags)
{
	struct kpx_probe *probe = kzalloc(sizeof(*probe), GFP_KERNEL);

	if (!probe) {
		kpx_spec_free(spec);
		return NULL;
	}
	probe->spec = spec;
	probe->flags = flags;
	kref_init(&probe->ref);
	INIT_LIST_HEAD(&probe->node);
	INIT_HLIST_NODE(&probe->name_node);
	INIT_LIST_HEAD(&probe->owner_node);
	kpx_programs_init(&probe->programs);
	return probe;
}

static void put_symbols(struct kpx_probe *probe)
{
	unsigned int i;

	for_each_set_bit(i, probe->held, KPX_ARGS_MAX)
		kpx_symbol_put(probe->spec->symbols[i].name);
	bitmap_zero(probe->held, KPX_ARGS_MAX);
}

static void probe_free(struct kpx_probe *probe)
{
	put_symbols(probe);
	kpx_face_free(probe->face);
	kpx_attach_free(probe);
	kpx_target_uninit(&probe->target);
	free_percpu(probe->book);
	kpx_spec_free(probe->spec);
	kpx_spec_free(probe->first_spec);
	kfree(probe);
}

static void forget_locked(struct kpx_probe *probe)
{
	lockdep_assert_held(&define_mutex);
	hash_del(&probe->name_node);
	list_del_init(&probe->node);
	nr_probes--;
	xa_erase(&by_id, probe->id);
}

/* An interned one was published until now: see the top. */
static void forget_batch(struct kpx_probe **batch, int nr)
{
	int i;

	mutex_lock(&define_mutex);
	for (i = 0; i < nr; i++) {
		if (batch[i]->id && (batch[i]->flags & KPX_PROBE_INTERNED))
			forget_locked(batch[i]);
		else
			list_del_init(&batch[i]->node);
	}
	mutex_unlock(&define_mutex);
}

static void reap_batch(struct kpx_probe **batch, int nr)
{
	struct kpx_target *targets[KPX_TARGETS_BATCH];
	int i;

	if (!nr)
		return;
	forget_batch(batch, nr);
	for (i = 0; i < nr; i++)
		targets[i] = &batch[i]->target;
	kpx_targets_unregister(targets, nr);
	/* of what ftrace calls, unregistering anchors doesn't wait for hits */
	synchronize_rcu();
	for (i = 0; i < nr; i++)
		probe_free(batch[i]);
}

static void reap_work(struct work_struct *work)
{
	struct kpx_probe *batch[KPX_TARGETS_BATCH], *probe, *next;
	int nr = 0;

	llist_for_each_entry_safe(probe, next, llist_del_all(&dead),
				  dead_node) {
		batch[nr++] = probe;
		if (nr < KPX_TARGETS_BATCH)
			continue;
		reap_batch(batch, nr);
		nr = 0;
	}
	reap_batch(batch, nr);
}

/* Any context: unregistering a kprobe isn't for the caller to wait for. */
static void probe_release(struct kref *ref)
{
	struct kpx_probe *probe = container_of(ref, struct kpx_probe, ref);

	if (llist_add(&probe->dead_node, &dead))
		queue_work(system_unbound_wq, &reaper);
}

void kpx_probe_hold(struct kpx_probe *probe)
{
	kref_get(&probe->ref);
}

void kpx_probe_put(struct kpx_probe *probe)
{
	kref_put(&probe->ref, probe_release);
}

static int resolve_symbol(struct kpx_probe *probe, unsigned int i,
			  struct kpx_error *err)
{
	const struct kpx_spec_symbol *symbol = &probe->spec->symbols[i];
	bool is_held;
	u64 address = kpx_symbol_get(symbol->name, &is_held);

	if (!address) {
		kpx_error_set(err, KPX_ERR_NO_DATA_SYMBOL, symbol->at,
			      symbol->name, strlen(symbol->name));
		return -ENOENT;
	}
	if (is_held)
		__set_bit(i, probe->held);
	kpx_spec_set_symbol(probe->spec, i, address);
	return 0;
}

static int resolve_symbols(struct kpx_probe *probe, struct kpx_error *err)
{
	unsigned int i;
	int ret = 0;

	if (probe->is_resolved)
		return 0;
	for (i = 0; i < probe->spec->nr_symbols && !ret; i++)
		ret = resolve_symbol(probe, i, err);
	if (ret)
		put_symbols(probe);
	else
		probe->is_resolved = true;
	return ret;
}

/* Reads the definition again, as that of the architecture's stub. */
static int read_as_syscall(const struct kpx_spec *first, struct kpx_spec **out,
			   struct kpx_error *err)
{
	char *text = kmalloc(KPX_DEFINITION_SIZE, GFP_KERNEL);
	struct kpx_spec *spec;
	size_t len;
	int ret;

	if (!text)
		return -ENOMEM;
	len = kpx_spec_print(first, text, KPX_DEFINITION_SIZE);
	ret = kpx_spec_parse(kpx_slice(text, len), KPX_SPEC_SYSCALL, &spec,
			     err);
	kfree(text);
	if (ret)
		return ret;
	/* where the user's own text had them */
	spec->name_at = first->name_at;
	spec->name_len = first->name_len;
	spec->target_at = first->target_at;
	spec->target_len = first->target_len;
	*out = spec;
	return 0;
}

static int find_syscall(struct kpx_probe *probe, struct kpx_error *err)
{
	struct kpx_spec *spec;
	int ret = read_as_syscall(probe->spec, &spec, err);

	if (ret)
		return ret;
	ret = kpx_target_register(&probe->target, spec, kpx_mech_anchor_hit,
				  err);
	if (ret) {
		kpx_spec_free(spec);
		return ret;
	}
	/* who describes an alias just now may still read the first */
	probe->first_spec = probe->spec;
	WRITE_ONCE(probe->spec, spec);
	return 0;
}

/*
 * A name that there's no function of may be a system call's, but not that of a
 * function that was there before: its module is gone, and may come back.
 */
static int find_target(struct kpx_probe *probe, struct kpx_error *err)
{
	struct kpx_error ignored = {};
	int ret = kpx_target_register(&probe->target, probe->spec,
				      kpx_mech_anchor_hit, err);

	if (ret != -ENOENT || probe->target.sites ||
	    !kpx_spec_may_be_syscall(probe->spec) ||
	    find_syscall(probe, &ignored))
		return ret;
	memset(err, 0, sizeof(*err));
	return 0;
}

/* Of many targets the definition's own is the first one's. */
static int check_first(const struct kpx_probe *probe, u64 first,
		       struct kpx_error *err)
{
	const struct kpx_target *target = &probe->target;
	unsigned long ip = (unsigned long)target->anchor.addr;

	if (target->is_fentry && ip == kpx_target_fentry(first))
		return 0;
	kpx_error_set(err, KPX_ERR_FIRST_TARGET, probe->spec->target_at, NULL,
		      0);
	return -EINVAL;
}

/* Nothing is written into it before there's a target; there may be many aliases. */
static int need_book_locked(struct kpx_probe *probe)
{
	struct kpx_book __percpu *book;

	lockdep_assert_held(&define_mutex);
	if (probe->book)
		return 0;
	book = alloc_percpu(struct kpx_book);
	if (!book)
		return -ENOMEM;
	/* who reads an alias' statistics just now sees none or zeroes */
	smp_store_release(&probe->book, book);
	return 0;
}

static int register_locked(struct kpx_probe *probe, struct kpx_error *err)
{
	int ret;

	lockdep_assert_held(&define_mutex);
	ret = security_locked_down(LOCKDOWN_KPROBES);
	if (!ret)
		ret = need_book_locked(probe);
	if (!ret)
		ret = find_target(probe, err);
	if (!ret)
		ret = resolve_symbols(probe, err);
	return ret;
}

/*
 * The target's module went away and maybe came back, or it's an alias that is
 * opened for the first time.
 */
static int revive_locked(struct kpx_probe *probe, struct kpx_error *err)
{
	struct kpx_target *target = &probe->target;

	lockdep_assert_held(&define_mutex);
	/* an alias' symbol may not have been there when the target was */
	if (!kpx_target_is_gone(target))
		return resolve_symbols(probe, err);
	/* by its name we'd find one of them */
	if (kpx_target_is_many(target))
		return -ENOENT;
	kpx_attach_suspend(probe);
	kpx_targets_unregister(&target, 1);
	/* another module's text may be at the address by now */
	if (target->nr_sites && !probe->spec->symbol)
		return -ENOENT;
	return register_locked(probe, err);
}

/* The file first: taking it back can't fail. */
static int publish_names_locked(struct kpx_probe *probe)
{
	struct kpx_alias *alias;
	struct kpx_face *face;

	lockdep_assert_held(&define_mutex);
	if (!probe->spec->name[0])
		return 0;
	alias = kpx_alias_add(probe);
	if (IS_ERR(alias))
		return PTR_ERR(alias);
	if (!(probe->flags & KPX_PROBE_ALIAS)) {
		face = kpx_face_create(probe);
		if (IS_ERR(face)) {
			kpx_alias_del(alias);
			return PTR_ERR(face);
		}
		probe->face = face;
	}
	probe->alias = alias;
	return 0;
}

/* Takes over the creator's reference. */
static int publish_locked(struct kpx_probe *probe)
{
	int ret;

	lockdep_assert_held(&define_mutex);
	if (nr_probes >= READ_ONCE(max_probes) || last_id == U32_MAX)
		return -ENOSPC;
	probe->id = last_id + 1;
	ret = xa_insert(&by_id, probe->id, probe, GFP_KERNEL);
	if (!ret) {
		ret = publish_names_locked(probe);
		if (ret)
			xa_erase(&by_id, probe->id);
	}
	if (ret) {
		probe->id = 0;
		return ret;
	}
	last_id = probe->id;
	nr_probes++;
	list_add_tail(&probe->node, &probes);
	if (probe->spec->name[0])
		hash_add(by_name, &probe->name_node,
			 text_hash(probe->spec->name));
	return 0;
}

/* Programs that have neither an event nor a descriptor. */
static void detach_plain_locked(struct kpx_probe *probe)
{
	lockdep_assert_held(&define_mutex);
	kpx_attach_programs_off(probe, kpx_programs_clear(&probe->programs));
}

/* -EBUSY: the trace event is in use, and nothing was done. */
static int unpublish_locked(struct kpx_probe *probe)
{
	lockdep_assert_held(&define_mutex);
	if (probe->face) {
		/* freed with the probe: hits may still see it */
		int ret = kpx_face_destroy(probe->face);

		if (ret)
			return ret;
	}
	kpx_alias_del(probe->alias);
	probe->alias = NULL;
	/* nobody could detach these any more */
	detach_plain_locked(probe);
	list_del_init(&probe->owner_node);
	forget_locked(probe);
	/* modules that come and go concern its events as before */
	list_add_tail(&probe->node, &nameless);
	kpx_probe_put(probe);
	return 0;
}

static int check_name_locked(const struct kpx_spec *spec, struct kpx_error *err)
{
	lockdep_assert_held(&define_mutex);
	if (!spec->name[0] || !find_name_locked(spec->name))
		return 0;
	kpx_error_set(err, KPX_ERR_NAME_TAKEN,
		      spec->name_len ? spec->name_at : spec->target_at,
		      spec->name, strlen(spec->name));
	return -EEXIST;
}

/* An alias waits for its first event. */
static int find_targets_locked(struct kpx_probe *probe,
			       const struct kpx_definition *def,
			       struct kpx_error *err)
{
	int ret;

	lockdep_assert_held(&define_mutex);
	if (probe->flags & KPX_PROBE_ALIAS)
		return def->nr_addresses ? -EINVAL : 0;
	if (def->nr_addresses) {
		ret = kpx_target_set(&probe->target, def->addresses,
				     def->nr_addresses, err);
		if (ret)
			return ret;
	}
	ret = register_locked(probe, err);
	if (!ret && def->nr_addresses)
		ret = check_first(probe, def->addresses[0], err);
	return ret;
}

/* -EEXIST of the trace event: a kprobe event of tracefs has the name. */
static void explain_publish(const struct kpx_spec *spec, int ret,
			    struct kpx_error *err)
{
	size_t at = spec->name_len ? spec->name_at : spec->target_at;

	if (ret == -EEXIST)
		kpx_error_set(err, KPX_ERR_EVENT_TAKEN, at, spec->name,
			      strlen(spec->name));
	if (ret == -EOPNOTSUPP)
		kpx_error_set(err, KPX_ERR_BPF_KPROBE_FACE, at, NULL, 0);
}

/* Takes over @spec. */
static int define_locked(struct kpx_spec *spec,
			 const struct kpx_definition *def, u32 *id,
			 struct kpx_error *err)
{
	struct kpx_probe *probe;
	int ret;

	lockdep_assert_held(&define_mutex);
	ret = check_name_locked(spec, err);
	if (ret) {
		kpx_spec_free(spec);
		return ret;
	}
	probe = probe_create(spec, def->flags);
	if (!probe)
		return -ENOMEM;
	ret = find_targets_locked(probe, def, err);
	if (!ret) {
		ret = publish_locked(probe);
		explain_publish(spec, ret, err);
	}
	if (ret) {
		kpx_probe_put(probe);
		return ret;
	}
	if (!(def->flags & KPX_PROBE_PERSISTENT))
		list_add_tail(&probe->owner_node, def->owner);
	*id = probe->id;
	return 0;
}

int kpx_probe_define(const struct kpx_definition *def, u32 *id,
		     struct kpx_error *err)
{
	struct kpx_spec *spec;
	int ret;

	memset(err, 0, sizeof(*err));
	if (def->nr_addresses > READ_ONCE(max_targets))
		return -E2BIG;
	ret = kpx_spec_parse(
		def->text,
		def->flags & KPX_PROBE_AUTO_NAME ? KPX_SPEC_AUTO_NAME : 0,
		&spec, err);
	if (ret)
		return ret;
	mutex_lock(&define_mutex);
	ret = define_locked(spec, def, id, err);
	mutex_unlock(&define_mutex);
	return ret;
}

int kpx_probe_remove(u32 id, const char *name)
{
	struct kpx_probe *probe;
	int ret;

	mutex_lock(&define_mutex);
	probe = find_locked(id, name);
	if (!probe || (probe->flags & KPX_PROBE_INTERNED))
		ret = -ENOENT;
	else if (kpx_attach_events(probe) || READ_ONCE(probe->programs.nr))
		/* 0 stays 0: opening and attaching need our mutex, inheriting a
		   parent */
		ret = -EBUSY;
	else
		ret = unpublish_locked(probe);
	mutex_unlock(&define_mutex);
	return ret;
}

void kpx_probe_disown(struct list_head *owner)
{
	struct kpx_probe *probe, *next;

	mutex_lock(&define_mutex);
	list_for_each_entry_safe(probe, next, owner, owner_node) {
		if (!unpublish_locked(probe))
			continue;
		detach_plain_locked(probe);
		list_del_init(&probe->owner_node);
		probe->is_orphan = true;
	}
	mutex_unlock(&define_mutex);
}

static void orphan_work(struct work_struct *work)
{
	struct kpx_probe *probe, *next;

	mutex_lock(&define_mutex);
	list_for_each_entry_safe(probe, next, &probes, node)
		/* -EBUSY: it's in use again, and we come again */
		if (probe->is_orphan)
			unpublish_locked(probe);
	mutex_unlock(&define_mutex);
}

void kpx_probe_face_idle(const struct kpx_probe *probe)
{
	queue_work(system_unbound_wq, &orphans);
}

struct kpx_probe *kpx_probe_get(u32 id, const char *name)
{
	struct kpx_probe *probe;

	mutex_lock(&define_mutex);
	probe = find_locked(id, name);
	if (probe && !kref_get_unless_zero(&probe->ref))
		probe = NULL;
	mutex_unlock(&define_mutex);
	return probe;
}

/* What was opened is alive: by the registry's reference, or the caller's. */
static struct kpx_class *open_locked(struct kpx_probe *probe,
				     const struct kpx_want *want,
				     struct kpx_error *err)
{
	int ret;

	lockdep_assert_held(&define_mutex);
	ret = revive_locked(probe, err);
	if (ret)
		return ERR_PTR(ret);
	return kpx_attach_open(probe, want, err);
}

/* Tells why, if there's something to tell; waits without a lock. */
static struct kpx_class *open_done(struct kpx_class *class,
				   struct kpx_slice text, struct kpx_error *err)
{
	int ret = PTR_ERR_OR_ZERO(class);

	if (!ret) {
		ret = kpx_attach_wait(class, err);
		if (ret)
			kpx_attach_put(class);
	}
	if (!ret)
		return class;
	if (err->code)
		kpx_log_error("open", text, ret, err);
	return ERR_PTR(ret);
}

/* The canonical definition; the caller frees it. NULL: no memory. */
static char *canonical(const struct kpx_spec *spec)
{
	char *text = kmalloc(KPX_DEFINITION_SIZE, GFP_KERNEL);

	if (text)
		kpx_spec_print(spec, text, KPX_DEFINITION_SIZE);
	return text;
}

struct kpx_class *kpx_probe_open(u32 id, const struct kpx_want *want)
{
	struct kpx_error err = {};
	struct kpx_class *class;
	struct kpx_probe *probe;
	const char *name = "";

	mutex_lock(&define_mutex);
	probe = xa_load(&by_id, id);
	if (!probe || !kref_get_unless_zero(&probe->ref)) {
		mutex_unlock(&define_mutex);
		return ERR_PTR(-ENOENT);
	}
	class = open_locked(probe, want, &err);
	name = probe->spec->name;
	mutex_unlock(&define_mutex);
	class = open_done(class, kpx_slice(name, strlen(name)), &err);
	kpx_probe_put(probe);
	return class;
}

/* With a reference, which an armed one has from the list of armed ones. */
static struct kpx_probe *find_interned_locked(const char *text)
{
	struct kpx_probe *probe, *found = NULL;
	char *other;

	lockdep_assert_held(&define_mutex);
	hash_for_each_possible(interned, probe, name_node, text_hash(text)) {
		other = canonical(probe->spec);
		if (other && !strcmp(other, text) &&
		    kref_get_unless_zero(&probe->ref))
			found = probe;
		kfree(other);
		if (found)
			break;
	}
	return found;
}

/* Takes over @spec. A reference, or ERR_PTR. */
static struct kpx_probe *intern_locked(struct kpx_spec *spec, const char *text,
				       struct kpx_error *err)
{
	struct kpx_probe *probe = find_interned_locked(text);
	int ret;

	if (probe) {
		kpx_spec_free(spec);
		return probe;
	}
	probe = probe_create(spec, KPX_PROBE_INTERNED);
	if (!probe)
		return ERR_PTR(-ENOMEM);
	ret = register_locked(probe, err);
	if (!ret)
		ret = publish_locked(probe);
	if (ret) {
		kpx_probe_put(probe);
		return ERR_PTR(ret);
	}
	/* by the text that was asked for, whatever a syscall became */
	hash_add(interned, &probe->name_node, text_hash(text));
	return probe;
}

static struct kpx_class *open_spec(struct kpx_spec *spec,
				   const struct kpx_want *want,
				   struct kpx_slice text)
{
	char *key = canonical(spec);
	struct kpx_error err = {};
	struct kpx_class *class;
	struct kpx_probe *probe;

	if (!key) {
		kpx_spec_free(spec);
		return ERR_PTR(-ENOMEM);
	}
	mutex_lock(&define_mutex);
	probe = intern_locked(spec, key, &err);
	class = IS_ERR(probe) ? ERR_CAST(probe) :
				open_locked(probe, want, &err);
	mutex_unlock(&define_mutex);
	class = open_done(class, text, &err);
	if (!IS_ERR(probe))
		kpx_probe_put(probe);
	kfree(key);
	return class;
}

struct kpx_class *kpx_probe_open_text(struct kpx_slice text,
				      const struct kpx_want *want)
{
	struct kpx_error err = {};
	struct kpx_spec *spec;
	int ret;

	ret = kpx_spec_parse(text, 0, &spec, &err);
	if (!ret && spec->name[0]) {
		kpx_error_set(&err, KPX_ERR_NAME_HERE, spec->name_at,
			      spec->name, strlen(spec->name));
		kpx_spec_free(spec);
		ret = -EINVAL;
	}
	if (ret) {
		kpx_log_error("open", text, ret, &err);
		return ERR_PTR(ret);
	}
	return open_spec(spec, want, text);
}

/* Hooked, with the programs attached. */
static int attach_locked(struct kpx_probe *probe, struct kpx_program *program,
			 const struct kpx_program_place *place,
			 struct kpx_error *err)
{
	bool replaced = false;
	int ret;

	lockdep_assert_held(&define_mutex);
	ret = revive_locked(probe, err);
	if (!ret)
		ret = kpx_attach_programs_on(
			probe, kpx_program_wants_kprobe(program), err);
	if (ret)
		return ret;
	ret = kpx_programs_add(&probe->programs, program, place, &replaced,
			       err);
	/* the one that it has replaced has hooked it already */
	if (ret || replaced)
		kpx_attach_programs_off(probe, 1);
	return ret;
}

struct kpx_probe *
kpx_probe_attach_program(u32 id, const char *name, struct kpx_program *program,
			 const struct kpx_program_place *place,
			 struct kpx_error *err)
{
	struct kpx_probe *probe;
	int ret = -ENOENT;

	mutex_lock(&define_mutex);
	probe = find_locked(id, name);
	if (probe && kref_get_unless_zero(&probe->ref)) {
		ret = attach_locked(probe, program, place, err);
		if (ret)
			kpx_probe_put(probe);
	}
	mutex_unlock(&define_mutex);
	return ret ? ERR_PTR(ret) : probe;
}

int kpx_probe_detach_program(u32 id, const char *name, u32 prog_id)
{
	struct kpx_probe *probe;
	int ret = -ENOENT;

	mutex_lock(&define_mutex);
	probe = find_locked(id, name);
	if (probe)
		ret = kpx_programs_remove(&probe->programs, prog_id);
	if (!ret)
		kpx_attach_programs_off(probe, 1);
	mutex_unlock(&define_mutex);
	return ret;
}

void kpx_probe_complain(const struct kpx_probe *probe,
			const struct kpx_error *err)
{
	pr_warn("probe %u %s: its events count nothing from here on: %s\n",
		probe->id, probe->spec->name,
		err->code ? err->text : "it can't be armed again");
}

struct kpx_book kpx_probe_book(const struct kpx_probe *probe)
{
	/* pairs with need_book_locked() */
	const struct kpx_book __percpu *books = smp_load_acquire(&probe->book);
	struct kpx_book sum = {};
	int cpu, i;

	if (!books)
		return sum;
	for_each_possible_cpu(cpu) {
		const struct kpx_book *book = per_cpu_ptr(books, cpu);

		sum.entered += READ_ONCE(book->entered);
		for (i = 0; i < KPX_NR_VERDICTS; i++)
			sum.verdicts[i] += READ_ONCE(book->verdicts[i]);
		sum.clamped += READ_ONCE(book->clamped);
		sum.truncated += READ_ONCE(book->truncated);
		sum.by_int3 += READ_ONCE(book->by_int3);
		sum.bpf_runs += READ_ONCE(book->bpf_runs);
		sum.bpf_busy += READ_ONCE(book->bpf_busy);
		sum.returns += READ_ONCE(book->returns);
	}
	/* A return's call was before it, on any CPU: so more calls are seen. */
	smp_rmb();
	for_each_possible_cpu(cpu)
		sum.calls += READ_ONCE(per_cpu_ptr(books, cpu)->calls);
	return sum;
}

void *kpx_probe_seq_start(struct seq_file *seq, loff_t *pos)
{
	mutex_lock(&define_mutex);
	return seq_list_start_head(&probes, *pos);
}

struct kpx_probe *kpx_probe_seq_entry(void *v)
{
	return v == &probes ? NULL : list_entry(v, struct kpx_probe, node);
}

void *kpx_probe_seq_next(struct seq_file *seq, void *v, loff_t *pos)
{
	return seq_list_next(v, &probes, pos);
}

void kpx_probe_seq_stop(struct seq_file *seq, void *v)
{
	mutex_unlock(&define_mutex);
}

/*
 * A module goes: its text is out of reach from here on. Single targets come
 * back with it, by their symbol; an address of many doesn't.
 */
static void leave_text(struct kpx_probe *probe, const struct module *mod,
		       bool is_init)
{
	lockdep_assert_held(&define_mutex);
	if (!kpx_target_is_within(&probe->target, mod, is_init))
		return;
	if (kpx_attach_leave(probe, mod, is_init))
		kpx_attach_resume(probe);
}

static void leave_module(struct kpx_probe *probe, const struct module *mod)
{
	leave_text(probe, mod, false);
}

/* The module is there to stay: its init text goes. */
static void leave_init(struct kpx_probe *probe, const struct module *mod)
{
	leave_text(probe, mod, true);
}

/*
 * A module is there: events of a probe in its last life count again. What has
 * no event is found again too, for the trace event to be enabled.
 */
static void enter_module(struct kpx_probe *probe, const struct module *mod)
{
	struct kpx_error err = {};

	lockdep_assert_held(&define_mutex);
	/* an alias that was never opened has no target yet */
	if (!probe->target.sites || !kpx_target_is_gone(&probe->target))
		return;
	/* another module, mostly */
	if (!revive_locked(probe, &err))
		kpx_attach_resume(probe);
}

/* All that may have events, those without a reference left included. */
static void for_each_probe(void (*each)(struct kpx_probe *probe,
					const struct module *mod),
			   const struct module *mod)
{
	struct kpx_probe *probe;

	mutex_lock(&define_mutex);
	list_for_each_entry(probe, &probes, node)
		each(probe, mod);
	list_for_each_entry(probe, &nameless, node)
		each(probe, mod);
	mutex_unlock(&define_mutex);
}

/*
 * Behind the kernel's own: kprobes marks what goes at a high priority; a
 * module that comes has its text traceable before the notifiers are called.
 */
static int module_event(struct notifier_block *nb, unsigned long event,
			void *data)
{
	if (event == MODULE_STATE_GOING)
		for_each_probe(leave_module, data);
	else if (event == MODULE_STATE_COMING)
		for_each_probe(enter_module, data);
	else if (event == MODULE_STATE_LIVE)
		for_each_probe(leave_init, data);
	return NOTIFY_DONE;
}

/*
 * Before the kernel's own: what is unregistered by then has to be away by then, so
 * nothing is to be left that is unregistered just then. Ours in the module are
 * disarmed already, and a kprobe can't be registered there any more.
 */
static int module_event_early(struct notifier_block *nb, unsigned long event,
			      void *data)
{
	if (event == MODULE_STATE_GOING)
		for_each_probe(leave_module, data);
	else if (event == MODULE_STATE_LIVE)
		for_each_probe(leave_init, data);
	else
		return NOTIFY_DONE;
	kpx_attach_settle();
	/* who dropped the last reference may not have got to it yet */
	queue_work(system_unbound_wq, &reaper);
	flush_work(&reaper);
	kpx_linger_wait(data);
	return NOTIFY_DONE;
}

static struct notifier_block module_nb = {
	.notifier_call = module_event,
};

static struct notifier_block module_early_nb = {
	.notifier_call = module_event_early,
	.priority = INT_MAX,
};

int kpx_probe_init(void)
{
	int ret = register_module_notifier(&module_early_nb);

	if (ret)
		return ret;
	ret = register_module_notifier(&module_nb);
	if (ret)
		unregister_module_notifier(&module_early_nb);
	return ret;
}

void kpx_probe_add_aliases(void)
{
	struct kpx_probe *probe;
	struct kpx_alias *alias;

	mutex_lock(&define_mutex);
	list_for_each_entry(probe, &probes, node) {
		if (!probe->spec->name[0])
			continue;
		alias = kpx_alias_add(probe);
		if (IS_ERR(alias))
			pr_warn("no file events/%s (%ld): open it as probe=0x%x\n",
				probe->spec->name, PTR_ERR(alias), probe->id);
		else
			probe->alias = alias;
	}
	mutex_unlock(&define_mutex);
}

void kpx_probe_remove_all(void)
{
	struct kpx_probe *probe, *next;

	/* interned ones have no reference to drop: they go with their events */
	flush_work(&reaper);
	mutex_lock(&define_mutex);
	list_for_each_entry_safe(probe, next, &probes, node)
		WARN_ON_ONCE(unpublish_locked(probe));
	mutex_unlock(&define_mutex);
	flush_work(&orphans);
	flush_work(&reaper);
}

/* They keep probes armed, and nothing else does any more. */
static void detach_all_plain(void)
{
	struct kpx_probe *probe;

	mutex_lock(&define_mutex);
	list_for_each_entry(probe, &probes, node)
		detach_plain_locked(probe);
	mutex_unlock(&define_mutex);
}

void kpx_probe_uninit(void)
{
	unregister_module_notifier(&module_nb);
	detach_all_plain();
	kpx_attach_drain();
	kpx_probe_remove_all();
	/* in our own text, and in that of modules that we won't see going */
	kpx_linger_wait(NULL);
	unregister_module_notifier(&module_early_nb);
	kpx_linger_uninit();
	xa_destroy(&by_id);
}
