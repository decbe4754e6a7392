/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * probe - the registry: definitions with an id, named or anonymous
 *
 * Lock order of the whole module, outermost first:
 *
 *	define mutex (probe.c)	names, ids, owners; held over an original
 *				event_init, so that remove can't pass it
 *	event_mutex (the kernel's) where a trace event is added or removed
 *	arm mutex (attach.c)	attachments, armed or not, and their classes
 *	kprobe_mutex, ftrace_lock, cpus_read_lock, text_mutex (the kernel's)
 *	programs mutex (program.c) BPF programs; nothing is taken under it
 *
 * Nothing else of ours is taken under perf's locks: an inherited event_init and
 * every event's destroy run under ctx->mutex, and cpu hotplug takes ctx->mutex
 * under the lock that arming wants for reading. A trace event is enabled under
 * event_mutex and takes the arm mutex only. sysfs: a file's show() takes no
 * lock, because removing the file waits for it with the define mutex held.
 */
#ifndef KPX_PROBE_H
#define KPX_PROBE_H

#include <linux/bitmap.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/seq_file.h>

#include "attach.h"
#include "book.h"
#include "core/error.h"
#include "core/slice.h"
#include "core/spec.h"
#include "program.h"
#include "target.h"

struct kpx_alias;
struct kpx_face;

/**
 * struct kpx_probe - a definition that is in force
 * @spec:	owned; immutable once the target is found
 * @first_spec:	of a syscall: how it was read first; readers may still have it
 * @id:		from 1; never given twice while the module is loaded
 * @flags:	enum kpx_probe_flag
 * @ref:	held by the registry while published, by the list of armed
 *		attachments for each of ours, and by whoever got it
 * @node:	in the registry, in order of definition, and then among the
 *		nameless until it's freed; define mutex
 * @name_node:	in the table of names, if named, or of interned texts; define
 *		mutex
 * @owner_node:	in the owner's list; define mutex
 * @alias:	its files under events/, or NULL; define mutex
 * @face:	its trace event, or NULL; define mutex
 * @programs:	its BPF programs
 * @programs_attach: the attachment that is armed for them, or NULL; arm mutex
 * @saves_regs:	there's a program, or about to be; arm mutex
 * @face_attach: the attachment at which it listens, or NULL; arm mutex
 * @dead_node:	once without a reference, until the reaper comes
 * @is_orphan:	the owner is gone, but the trace event is in use; define mutex
 * @is_resolved: @spec's data symbols have their addresses; define mutex
 * @held:	which of them hold a module
 * @book:	written by hits, read by anybody; NULL until there's a target
 * @target:	written under the define mutex; its sites of many, once defined, with
 *		nothing armed and under the arm mutex, too
 * @attach:	by enum kpx_mech_kind; NULL until first wanted
 */
struct kpx_probe {
	struct kpx_spec *spec;
	struct kpx_spec *first_spec;
	u32 id;
	unsigned int flags;
	struct kref ref;
	struct list_head node;
	struct hlist_node name_node;
	struct list_head owner_node;
	struct kpx_alias *alias;
	struct kpx_face *face;
	struct kpx_programs programs;
	struct kpx_attach *programs_attach;
	bool saves_regs;
	struct kpx_attach *face_attach;
	struct llist_node dead_node;
	bool is_orphan;
	bool is_resolved;
	DECLARE_BITMAP(held, KPX_ARGS_MAX);
	struct kpx_book __percpu *book;
	struct kpx_target target;
	struct kpx_attach *attach[KPX_NR_MECHS];
};

/* An enum, for the debug information: what reads a dump has no headers. */
enum kpx_probe_flag {
	KPX_PROBE_PERSISTENT = 1U << 0, /* no descriptor's */
	KPX_PROBE_AUTO_NAME = 1U << 1,	/* name it if the text doesn't */
	KPX_PROBE_ALIAS = 1U << 2,	/* a file under events/, and no more */
	KPX_PROBE_INTERNED = 1U << 3,	/* lives as long as its events */
	KPX_PROBE_KPROBE_BPF = 1U
			       << 4, /* the trace event takes KPROBE programs */
};

/**
 * struct kpx_definition - what to define
 * @text:	one command, "p…" or "r…"
 * @flags:	KPX_PROBE_PERSISTENT, _AUTO_NAME, _ALIAS, _KPROBE_BPF
 * @owner:	the list that a probe that isn't persistent goes to, see
 *		kpx_probe_disown()
 * @addresses, @nr_addresses: of many functions; 0: the text's own target
 */
struct kpx_definition {
	struct kpx_slice text;
	unsigned int flags;
	struct list_head *owner;
	const u64 *addresses;
	unsigned int nr_addresses;
};

/*
 * Defines one probe. *@id gets the id. 0 or: -EINVAL, -ENOENT, -EILSEQ,
 * -EEXIST, -E2BIG with @err filled; -EPERM (lockdown), -ENOSPC (too many),
 * -ENOMEM with err->code KPX_ERR_NONE. Sleeps.
 */
int kpx_probe_define(const struct kpx_definition *def, u32 *id,
		     struct kpx_error *err);

/*
 * Removes the probe of this id, or of this name if @id is 0. 0, -ENOENT, or
 * -EBUSY if it has open events, or its trace event is in use. Sleeps.
 */
int kpx_probe_remove(u32 id, const char *name);

/*
 * Unpublishes all of @owner's probes. Open events keep theirs alive, nameless;
 * one whose trace event is in use goes when that ends. Sleeps.
 */
void kpx_probe_disown(struct list_head *owner);

/* The trace event of @probe was disabled: it may be an orphan. Any context. */
void kpx_probe_face_idle(const struct kpx_probe *probe);

/* A strong reference by id, or by name if @id is 0; NULL if there's none. */
struct kpx_probe *kpx_probe_get(u32 id, const char *name);
/* One more, for who has one. */
void kpx_probe_hold(struct kpx_probe *probe);
/* Any context; the rest is a worker's. */
void kpx_probe_put(struct kpx_probe *probe);

/*
 * The class in which an event of probe @id counts, armed, with one more user;
 * kpx_attach_put() gives it back. The class takes its own reference on the pid
 * in @want. ERR_PTR(-ENOENT) if there's no such probe, or what arming said,
 * with a line in error_log. Sleeps.
 */
struct kpx_class *kpx_probe_open(u32 id, const struct kpx_want *want);

/* The same of the probe that @text defines; equal texts share one. Sleeps. */
struct kpx_class *kpx_probe_open_text(struct kpx_slice text,
				      const struct kpx_want *want);

/*
 * Attaches @program to the probe of this id or name and takes it over, unless it
 * fails. A reference on the probe, or ERR_PTR: -ENOENT, or what hooking and
 * kpx_programs_add() say, with @err filled. Sleeps.
 */
struct kpx_probe *
kpx_probe_attach_program(u32 id, const char *name, struct kpx_program *program,
			 const struct kpx_program_place *place,
			 struct kpx_error *err);
/* 0, -ENOENT (no such probe, or program on it) or -EBUSY. Sleeps. */
int kpx_probe_detach_program(u32 id, const char *name, u32 prog_id);

/* In the kernel's log: the probe can't be armed again. */
void kpx_probe_complain(const struct kpx_probe *probe,
			const struct kpx_error *err);

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

/* Follows modules that come and go; undone by kpx_probe_uninit(). */
int kpx_probe_init(void);
/* At unload, or when load fails: nothing is open any more. Sleeps. */
void kpx_probe_uninit(void);

/* At load, once the PMU is there: files for what is defined already. */
void kpx_probe_add_aliases(void);
void kpx_probe_remove_all(void);

#endif /* KPX_PROBE_H */
