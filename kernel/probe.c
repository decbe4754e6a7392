// SPDX-License-Identifier: GPL-2.0-only
/*
 * Removal is two-phase. unpublish() takes id, name and file away, so that no
 * new event can find the probe (event_init looks it up under the define
 * mutex), and drops the registry's reference. The rest hold their own: the
 * armed list until the last event is gone, and whoever is just describing it.
 * The last reference hands the probe to the reaper, which unregisters kprobes
 * in batches: after that grace period no hit sees them, and they are freed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hashtable.h>
#include <linux/llist.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/stringhash.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "alias.h"
#include "core/name.h"
#include "probe.h"

static unsigned int max_probes = 65536;
module_param(max_probes, uint, 0644);
MODULE_PARM_DESC(max_probes, "how many probes may be defined at a time");

static DEFINE_MUTEX(define_mutex);
static DEFINE_XARRAY(by_id);	      /* define mutex */
static DEFINE_HASHTABLE(by_name, 10); /* define mutex */
static LIST_HEAD(probes);	      /* define mutex; by definition */
static unsigned int nr_probes;	      /* define mutex */
static u32 last_id;		      /* define mutex */

static void reap_work(struct work_struct *work);

static LLIST_HEAD(dead); /* without a reference left */
static DECLARE_WORK(reaper, reap_work);

static u32 name_hash(const char *name)
{
	return full_name_hash(NULL, name, strlen(name));
}

static struct kpx_probe *find_name_locked(const char *name)
{
	struct kpx_probe *probe;

	lockdep_assert_held(&define_mutex);
	hash_for_each_possible(by_name, probe, name_node, name_hash(name))
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
static struct kpx_probe *probe_create(const struct kpx_spec *spec)
{
	struct kpx_probe *probe = kzalloc(sizeof(*probe), GFP_KERNEL);

	if (!probe)
		goto err_spec;
	probe->book = alloc_percpu(struct kpx_book);
	if (!probe->book)
		goto err_probe;
	probe->spec = spec;
	kref_init(&probe->ref);
	INIT_LIST_HEAD(&probe->node);
	INIT_HLIST_NODE(&probe->name_node);
	INIT_LIST_HEAD(&probe->owner_node);
	kpx_attach_setup(probe);
	return probe;

err_probe:
	kfree(probe);
err_spec:
	kpx_spec_free(spec);
	return NULL;
}

static void probe_free(struct kpx_probe *probe)
{
	free_percpu(probe->book);
	kpx_spec_free(probe->spec);
	kfree(probe);
}

static void reap_batch(struct kpx_probe **batch, int nr)
{
	int i;

	kpx_attach_unregister(batch, nr);
	for (i = 0; i < nr; i++)
		probe_free(batch[i]);
}

static void reap_work(struct work_struct *work)
{
	struct kpx_probe *batch[KPX_UNREGISTER_MAX], *probe, *next;
	int nr = 0;

	llist_for_each_entry_safe(probe, next, llist_del_all(&dead),
				  dead_node) {
		batch[nr++] = probe;
		if (nr < KPX_UNREGISTER_MAX)
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

void kpx_probe_put(struct kpx_probe *probe)
{
	kref_put(&probe->ref, probe_release);
}

static int add_alias_locked(struct kpx_probe *probe)
{
	struct kpx_alias *alias;

	lockdep_assert_held(&define_mutex);
	if (!probe->spec->name[0])
		return 0;
	alias = kpx_alias_add(probe->spec->name, probe->id);
	if (IS_ERR(alias))
		return PTR_ERR(alias);
	probe->alias = alias;
	return 0;
}

/* Takes over the creator's reference. The file comes last: it's what others see. */
static int publish_locked(struct kpx_probe *probe)
{
	int ret;

	lockdep_assert_held(&define_mutex);
	if (nr_probes >= READ_ONCE(max_probes) || last_id == U32_MAX)
		return -ENOSPC;
	probe->id = last_id + 1;
	ret = xa_insert(&by_id, probe->id, probe, GFP_KERNEL);
	if (ret)
		return ret;
	ret = add_alias_locked(probe);
	if (ret) {
		xa_erase(&by_id, probe->id);
		return ret;
	}
	last_id = probe->id;
	nr_probes++;
	list_add_tail(&probe->node, &probes);
	if (probe->spec->name[0])
		hash_add(by_name, &probe->name_node,
			 name_hash(probe->spec->name));
	return 0;
}

static void unpublish_locked(struct kpx_probe *probe)
{
	lockdep_assert_held(&define_mutex);
	kpx_alias_del(probe->alias);
	probe->alias = NULL;
	hash_del(&probe->name_node);
	list_del_init(&probe->node);
	list_del_init(&probe->owner_node);
	nr_probes--;
	xa_erase(&by_id, probe->id);
	kpx_probe_put(probe);
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

/* Takes over @spec. */
static int define_locked(struct kpx_spec *spec, unsigned int flags,
			 struct list_head *owner, u32 *id,
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
	probe = probe_create(spec);
	if (!probe)
		return -ENOMEM;
	ret = kpx_attach_register(probe, err);
	if (!ret)
		ret = publish_locked(probe);
	if (ret) {
		kpx_probe_put(probe);
		return ret;
	}
	probe->persistent = flags & KPX_PROBE_PERSISTENT;
	if (!probe->persistent)
		list_add_tail(&probe->owner_node, owner);
	*id = probe->id;
	return 0;
}

int kpx_probe_define(struct kpx_slice text, unsigned int flags,
		     struct list_head *owner, u32 *id, struct kpx_error *err)
{
	struct kpx_spec *spec;
	int ret;

	memset(err, 0, sizeof(*err));
	ret = kpx_spec_parse(
		text, flags & KPX_PROBE_AUTO_NAME ? KPX_SPEC_AUTO_NAME : 0,
		&spec, err);
	if (ret)
		return ret;
	mutex_lock(&define_mutex);
	ret = define_locked(spec, flags, owner, id, err);
	mutex_unlock(&define_mutex);
	return ret;
}

int kpx_probe_remove(u32 id, const char *name)
{
	struct kpx_probe *probe;
	int ret = 0;

	mutex_lock(&define_mutex);
	probe = find_locked(id, name);
	if (!probe)
		ret = -ENOENT;
	else if (kpx_attach_events(probe))
		/* 0 stays 0: opening needs our mutex, inheriting a parent */
		ret = -EBUSY;
	else
		unpublish_locked(probe);
	mutex_unlock(&define_mutex);
	return ret;
}

void kpx_probe_disown(struct list_head *owner)
{
	struct kpx_probe *probe, *next;

	mutex_lock(&define_mutex);
	list_for_each_entry_safe(probe, next, owner, owner_node)
		unpublish_locked(probe);
	mutex_unlock(&define_mutex);
}

struct kpx_probe *kpx_probe_get(u32 id, const char *name)
{
	struct kpx_probe *probe;

	mutex_lock(&define_mutex);
	probe = find_locked(id, name);
	if (probe)
		kref_get(&probe->ref);
	mutex_unlock(&define_mutex);
	return probe;
}

struct kpx_class *kpx_probe_open(u32 id, struct pid *skip)
{
	struct kpx_class *class;
	struct kpx_probe *probe;

	mutex_lock(&define_mutex);
	probe = xa_load(&by_id, id);
	class = probe ? kpx_attach_open(probe, skip) : ERR_PTR(-ENOENT);
	mutex_unlock(&define_mutex);
	return class;
}

struct kpx_book kpx_probe_book(const struct kpx_probe *probe)
{
	struct kpx_book sum = {};
	int cpu, i;

	for_each_possible_cpu(cpu) {
		const struct kpx_book *book = per_cpu_ptr(probe->book, cpu);

		sum.entered += READ_ONCE(book->entered);
		for (i = 0; i < KPX_NR_VERDICTS; i++)
			sum.verdicts[i] += READ_ONCE(book->verdicts[i]);
	}
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

void kpx_probe_add_aliases(void)
{
	struct kpx_probe *probe;
	int ret;

	mutex_lock(&define_mutex);
	list_for_each_entry(probe, &probes, node) {
		ret = add_alias_locked(probe);
		if (ret)
			pr_warn("no file events/%s (%d): open it as probe=0x%x\n",
				probe->spec->name, ret, probe->id);
	}
	mutex_unlock(&define_mutex);
}

void kpx_probe_remove_all(void)
{
	struct kpx_probe *probe, *next;

	mutex_lock(&define_mutex);
	list_for_each_entry_safe(probe, next, &probes, node)
		unpublish_locked(probe);
	mutex_unlock(&define_mutex);
	xa_destroy(&by_id);
	flush_work(&reaper);
}
