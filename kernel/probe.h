/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * probe - the registry: definitions with an id, named or anonymous
 *
 * Lock order of the whole module, outermost first:
 *
 *	define mutex (probe.c)	names, ids, owners; held over an original
 *				event_init, so that remove can't pass it
 *	arm mutex (attach.c)	armed kprobes and their classes
 *	kprobe_mutex, cpus_read_lock, text_mutex (the kernel's)
 *
 * Nothing of ours is taken under perf's locks: an inherited event_init and
 * every event's destroy run under ctx->mutex, and cpu hotplug takes ctx->mutex
 * under the lock that arming wants for reading. sysfs: a file's show() takes
 * no lock, because removing the file waits for it with the define mutex held.
 */
#ifndef KPX_PROBE_H
#define KPX_PROBE_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/seq_file.h>

#include "attach.h"
#include "core/error.h"
#include "core/slice.h"
#include "core/spec.h"

struct kpx_alias;
struct pid;

/* What became of a hit. Of several classes the highest verdict counts. */
enum kpx_verdict {
	KPX_NO_LISTENER,
	KPX_SELF,
	KPX_RECURSION,
	KPX_OFFERED,
	KPX_NR_VERDICTS,
};

/* One CPU's part of a probe's book; written by this CPU's hits only. */
struct kpx_book {
	u64 entered;
	u64 verdicts[KPX_NR_VERDICTS];
};

/**
 * struct kpx_probe - a definition that is in force
 * @spec:	owned; immutable
 * @id:		from 1; never given twice while the module is loaded
 * @persistent:	listed by a read of the device; not owned by a descriptor
 * @ref:	held by the registry while published, by the list of armed
 *		attachments while armed, and by whoever got it
 * @node:	in the registry, in order of definition; define mutex
 * @name_node:	in the table of names, if named; define mutex
 * @owner_node:	in the owner's list; define mutex
 * @alias:	its file under events/, or NULL; define mutex
 * @dead_node:	once without a reference, until the reaper comes
 * @book:	written by hits, read by anybody
 * @attach:	the kprobe and the classes of its events
 */
struct kpx_probe {
	const struct kpx_spec *spec;
	u32 id;
	bool persistent;
	struct kref ref;
	struct list_head node;
	struct hlist_node name_node;
	struct list_head owner_node;
	struct kpx_alias *alias;
	struct llist_node dead_node;
	struct kpx_book __percpu *book;
	struct kpx_attach attach;
};

#define KPX_PROBE_PERSISTENT (1U << 0)
#define KPX_PROBE_AUTO_NAME  (1U << 1)

/*
 * Defines one probe. @flags: KPX_PROBE_*; @owner: the list that a probe that
 * isn't persistent goes to, see kpx_probe_disown(). *@id gets the id.
 * 0 or: -EINVAL, -ENOENT, -EILSEQ, -EEXIST with @err filled; -EPERM (lockdown),
 * -ENOSPC (too many), -ENOMEM with err->code KPX_ERR_NONE. Sleeps.
 */
int kpx_probe_define(struct kpx_slice text, unsigned int flags,
		     struct list_head *owner, u32 *id, struct kpx_error *err);

/*
 * Removes the probe of this id, or of this name if @id is 0. 0, -ENOENT, or
 * -EBUSY if it has open events. Sleeps.
 */
int kpx_probe_remove(u32 id, const char *name);

/* Unpublishes all of @owner's probes; open events keep theirs alive. Sleeps. */
void kpx_probe_disown(struct list_head *owner);

/* A strong reference by id, or by name if @id is 0; NULL if there's none. */
struct kpx_probe *kpx_probe_get(u32 id, const char *name);
/* Any context; the rest is a worker's. */
void kpx_probe_put(struct kpx_probe *probe);

/*
 * The class in which an event of probe @id counts, armed, with one more user;
 * kpx_attach_put() gives it back. @skip: the process not to see, NULL ok; the
 * class takes its own reference. ERR_PTR(-ENOENT) if there's no such probe, or
 * what arming said. Sleeps.
 */
struct kpx_class *kpx_probe_open(u32 id, struct pid *skip);

/* A probe's book, summed over CPUs. */
struct kpx_book kpx_probe_book(const struct kpx_probe *probe);

/*
 * For seq_file: a head, then the published probes in order of definition,
 * under the define mutex. kpx_probe_seq_entry() is NULL for the head.
 */
struct kpx_probe *kpx_probe_seq_entry(void *v);
void *kpx_probe_seq_start(struct seq_file *seq, loff_t *pos);
void *kpx_probe_seq_next(struct seq_file *seq, void *v, loff_t *pos);
void kpx_probe_seq_stop(struct seq_file *seq, void *v);

/* At load, once the PMU is there: files for what is defined already. */
void kpx_probe_add_aliases(void);

/* At unload, or when load fails: nothing is open any more. Sleeps. */
void kpx_probe_remove_all(void);

#endif /* KPX_PROBE_H */
