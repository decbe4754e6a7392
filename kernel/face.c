// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may still hold what, and until when:
 *
 * - A hit runs with preemption off. It takes a file off the list of files and
 *   uses it: the kernel frees a file when its instance goes, behind a grace
 *   period of its own, or when we take the event away, for which we wait for a
 *   grace period since the last file left the list. perf waits for one itself
 *   between TRACE_REG_PERF_UNREGISTER and freeing call.perf_events.
 * - A hit may look at the face at any time. It is freed with the probe, behind
 *   the grace period that unregistering a kprobe has.
 * - Printing: a reader of a ring looks up the number of a record and calls
 *   face_print() in one section of trace_event_sem, held for reading; taking
 *   the event away takes it for writing. So there's no printing behind it, and
 *   during it the face, the probe and the spec are there. Records that outlive
 *   the event are printed as of an unknown type, or as of the next event with
 *   that number, whatever it is, so face_print() trusts no record's length.
 *   kpx_face_destroy() clears the rings to that end. (tp_printk prints from
 *   within a hit of a file that is enabled. sysrq-z and a panic print without
 *   the semaphore, and are no safer with the kernel's own dynamic events.)
 * - tracefs' files that are open refer to the kernel's trace_event_file, which
 *   has a flag that the event is gone; see kpx_compat_forget_event() for those
 *   that don't.
 * - Unloading: who has the event enabled holds a reference on the module, and
 *   so does perf; the kernel clears the rings when the control event goes.
 *   Before the module is live nothing can be enabled, because a load that
 *   fails doesn't wait for references.
 * - Event probes (kprobe_events' "e:") would keep pointers to the call and its
 *   fields, with a reference on nothing but the module. They skip events with
 *   TRACE_EVENT_FL_EPROBE, and nothing else looks at that flag.
 */
#include <linux/err.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/trace_seq.h>

#include "attach.h"
#include "compat.h"
#include "core/name.h"
#include "evlock.h"
#include "face.h"
#include "gate.h"
#include "probe.h"

/* An instance's file that has the event enabled. */
struct face_file {
	struct list_head node;
	struct trace_event_file *file;
	struct rcu_head rcu;
};

static const struct kpx_spec *face_spec(const struct kpx_face *face)
{
	return face->probe->spec;
}

static struct kpx_face *call_face(struct trace_event_call *call)
{
	return container_of(call, struct kpx_face, call);
}

/* ---- printing ---------------------------------------------------------- */

static void print_number(struct trace_seq *seq, enum kpx_tracefmt_kind kind,
			 const void *at, unsigned int bytes)
{
	u64 value;
	s64 number;

	switch (bytes) {
	case 1:
		value = *(const u8 *)at;
		number = *(const s8 *)at;
		break;
	case 2:
		value = *(const u16 *)at;
		number = *(const s16 *)at;
		break;
	case 4:
		value = *(const u32 *)at;
		number = *(const s32 *)at;
		break;
	default:
		value = *(const u64 *)at;
		number = *(const s64 *)at;
	}
	if (kind == KPX_TRACEFMT_SIGNED)
		trace_seq_printf(seq, "%lld", number);
	else if (kind == KPX_TRACEFMT_HEX)
		trace_seq_printf(seq, "0x%llx", value);
	else if (kind == KPX_TRACEFMT_CHAR)
		trace_seq_printf(seq, "'%c'", (char)value);
	else if (kind == KPX_TRACEFMT_SYMBOL)
		trace_seq_printf(seq, "%pS", (void *)(unsigned long)value);
	else
		trace_seq_printf(seq, "%llu", value);
}

/* @entry_bytes: 0 if unknown, of a record that was just made. */
static void print_string(struct trace_seq *seq, const void *entry,
			 unsigned int entry_bytes, u32 location)
{
	unsigned int offset = location & 0xffff, len = location >> 16;

	if (!len || (entry_bytes && offset + len > entry_bytes))
		trace_seq_puts(seq, "(fault)");
	else
		trace_seq_printf(seq, "\"%.*s\"", len,
				 (const char *)entry + offset);
}

static void print_field(struct trace_iterator *iter,
			const struct kpx_spec_field *field)
{
	enum kpx_tracefmt_kind kind = kpx_tracefmt_kind(field);
	unsigned int bytes = kpx_tracefmt_bytes(field);
	const void *at = (const void *)iter->ent + field->offset;
	struct trace_seq *seq = &iter->seq;
	unsigned int i;

	trace_seq_printf(seq, " %s=%s", field->name, field->count ? "{" : "");
	for (i = 0; i < kpx_tracefmt_elements(field); i++, at += bytes) {
		if (i)
			trace_seq_putc(seq, ',');
		if (kind == KPX_TRACEFMT_STRING)
			print_string(seq, iter->ent, iter->ent_size,
				     *(const u32 *)at);
		else
			print_number(seq, kind, at, bytes);
	}
	if (field->count)
		trace_seq_putc(seq, '}');
}

/* "NAME: (SYMBOL+0xOFFSET/0xSIZE) FIELD=VALUE …", as kprobe_events prints. */
static enum print_line_t face_print(struct trace_iterator *iter, int flags,
				    struct trace_event *event)
{
	struct kpx_face *face =
		container_of(event, struct kpx_face, call.event);
	const struct kpx_spec *spec = face_spec(face);
	unsigned int i, nr = kpx_spec_nr_fields(spec, KPX_SPEC_UNIT_HITS);
	struct trace_seq *seq = &iter->seq;
	struct kpx_spec_field field;

	trace_seq_printf(seq, "%s: ", spec->name);
	/* tp_printk leaves ent_size at 0; its record is a hit's own */
	if (iter->ent_size && iter->ent_size < face->min_bytes) {
		trace_seq_puts(seq, "(a removed event's)\n");
		return trace_handle_return(seq);
	}
	trace_seq_printf(seq, "(%pS)",
			 *(void **)((void *)iter->ent + KPX_RECORD_IP));
	for (i = KPX_COMMON_FIELDS; i < nr; i++) {
		field = kpx_spec_field(spec, KPX_SPEC_UNIT_HITS, i);
		print_field(iter, &field);
	}
	trace_seq_putc(seq, '\n');
	return trace_handle_return(seq);
}

/* The kernel fills in those that aren't here. */
static struct trace_event_functions face_functions = {
	.trace = face_print,
};

/* ---- switching on and off, with event_mutex held ------------------------- */

static int face_on(struct kpx_face *face)
{
	int ret;

	if (READ_ONCE(THIS_MODULE->state) != MODULE_STATE_LIVE ||
	    !try_module_get(THIS_MODULE))
		return -EAGAIN;
	ret = kpx_attach_face_on(face->probe, face);
	if (ret) {
		module_put(THIS_MODULE);
		return ret;
	}
	WRITE_ONCE(face->users, face->users + 1);
	return 0;
}

static void face_off(struct kpx_face *face)
{
	WRITE_ONCE(face->users, face->users - 1);
	kpx_attach_face_off(face->probe);
	/* unloading has to wait for event_mutex, which our caller holds */
	module_put(THIS_MODULE);
}

static int face_file_on(struct kpx_face *face, struct trace_event_file *file)
{
	struct face_file *link = kmalloc(sizeof(*link), GFP_KERNEL);
	int ret;

	if (!link)
		return -ENOMEM;
	ret = face_on(face);
	if (ret) {
		kfree(link);
		return ret;
	}
	link->file = file;
	face->was_traced = true;
	list_add_tail_rcu(&link->node, &face->files);
	return 0;
}

static void face_file_off(struct kpx_face *face, struct trace_event_file *file)
{
	struct face_file *link;

	list_for_each_entry(link, &face->files, node) {
		if (link->file != file)
			continue;
		list_del_rcu(&link->node);
		kfree_rcu(link, rcu);
		face->last_hit = get_state_synchronize_rcu();
		face_off(face);
		return;
	}
}

static int face_perf_on(struct kpx_face *face)
{
	int ret = face_on(face);

	/* Partner of the acquire in kpx_face_has_perf(). */
	if (!ret)
		smp_store_release(&face->has_perf, true);
	return ret;
}

static void face_perf_off(struct kpx_face *face)
{
	/* perf waits for a grace period before it frees call.perf_events */
	WRITE_ONCE(face->has_perf, false);
	face_off(face);
}

static int face_reg(struct trace_event_call *call, enum trace_reg type,
		    void *data)
{
	struct kpx_face *face = call_face(call);

	switch (type) {
	case TRACE_REG_REGISTER:
		return face_file_on(face, data);
	case TRACE_REG_UNREGISTER:
		face_file_off(face, data);
		return 0;
	case TRACE_REG_PERF_REGISTER:
		return face_perf_on(face);
	case TRACE_REG_PERF_UNREGISTER:
		face_perf_off(face);
		return 0;
	default:
		/* an event more or less; 0 leaves the lists to perf */
		return 0;
	}
}

/* ---- making and taking away ---------------------------------------------- */

/* The smallest alignment that puts a field there behind @end; 0 if none does. */
static int field_align(unsigned int end, unsigned int offset)
{
	unsigned int align;

	for (align = 1; align <= sizeof(u64); align *= 2)
		if (ALIGN(end, align) == offset)
			return align;
	return 0;
}

static int face_set_field(struct kpx_face *face, unsigned int index,
			  const struct kpx_spec_field *field)
{
	char *type = face->types[index];
	int align = field_align(face->min_bytes, field->offset);
	struct trace_event_fields made = {
		.type = index ? type : "unsigned long",
		.name = field->name,
		.size = field->bytes,
		.align = align,
		/* as kprobe_events has it for a __data_loc word */
		.is_signed = !!(field->flags &
				(KPX_FIELD_SIGNED | KPX_FIELD_STRING)),
		.filter_type = FILTER_OTHER,
		.len = field->flags & KPX_FIELD_STRING ? 0 : field->count,
	};

	if (WARN_ON_ONCE(!align))
		return -EINVAL;
	kpx_tracefmt_type(field, type);
	memcpy(&face->fields[index], &made, sizeof(made));
	face->min_bytes = field->offset + field->bytes;
	return 0;
}

static int face_set_fields(struct kpx_face *face)
{
	const struct kpx_spec *spec = face_spec(face);
	unsigned int i, nr = spec->nr_args + 1;
	struct kpx_spec_field field;
	int ret = 0;

	face->fields = kcalloc(nr + 1, sizeof(*face->fields), GFP_KERNEL);
	face->types = kcalloc(nr, sizeof(*face->types), GFP_KERNEL);
	if (!face->fields || !face->types)
		return -ENOMEM;
	face->min_bytes = sizeof(struct trace_entry);
	for (i = 0; !ret && i < nr; i++) {
		/* the last of the common ones is __probe_ip, our first */
		field = kpx_spec_field(spec, KPX_SPEC_UNIT_HITS,
				       KPX_COMMON_FIELDS - 1 + i);
		ret = face_set_field(face, i, &field);
	}
	return ret;
}

static int face_set_print_fmt(struct kpx_face *face)
{
	size_t size = kpx_tracefmt_print(face_spec(face), NULL, 0) + 1;

	face->call.print_fmt = kmalloc(size, GFP_KERNEL);
	if (!face->call.print_fmt)
		return -ENOMEM;
	kpx_tracefmt_print(face_spec(face), face->call.print_fmt, size);
	return 0;
}

void kpx_face_free(struct kpx_face *face)
{
	if (!face)
		return;
	kfree(face->call.print_fmt);
	kfree(face->types);
	kfree(face->fields);
	kfree(face);
}

static struct kpx_face *face_alloc(struct kpx_probe *probe)
{
	struct kpx_face *face = kzalloc(sizeof(*face), GFP_KERNEL);
	int ret;

	if (!face)
		return ERR_PTR(-ENOMEM);
	face->probe = probe;
	INIT_LIST_HEAD(&face->files);
	ret = face_set_fields(face);
	if (!ret)
		ret = face_set_print_fmt(face);
	if (ret) {
		kpx_face_free(face);
		return ERR_PTR(ret);
	}
	face->tracepoint.name = probe->spec->name;
	face->takes_kprobe_bpf = probe->flags & KPX_PROBE_KPROBE_BPF;
	INIT_LIST_HEAD(&face->class.fields);
	face->class.system = KPX_GROUP;
	face->class.fields_array = face->fields;
	face->class.reg = face_reg;
	face->call.class = &face->class;
	face->call.event.funcs = &face_functions;
	face->call.flags = TRACE_EVENT_FL_EPROBE;
	if (face->takes_kprobe_bpf) {
		face->call.name = probe->spec->name;
		face->call.flags |= TRACE_EVENT_FL_KPROBE;
	} else {
		face->call.tp = &face->tracepoint;
		face->call.flags |= TRACE_EVENT_FL_TRACEPOINT;
	}
	return face;
}

/* event_mutex is held. */
static int face_unregister(void *arg)
{
	struct kpx_face *face = arg;

	if (face->users)
		return -EBUSY;
	if (face->was_traced)
		cond_synchronize_rcu(face->last_hit);
	kpx_compat_forget_event(kpx_evlock_file(), KPX_GROUP,
				face->tracepoint.name);
	return trace_remove_event_call(&face->call);
}

/* event_mutex is held. */
static int face_register(void *arg)
{
	struct kpx_face *face = arg;
	int ret;

	if (!register_trace_event(&face->call.event))
		return -ENOSPC;
	ret = trace_add_event_call(&face->call);
	if (ret) {
		unregister_trace_event(&face->call.event);
		return ret;
	}
	/* users of the event hold the module; the kernel leaves it NULL */
	face->call.module = THIS_MODULE;
	/* its directory couldn't be made: the kernel goes on without a word */
	if (list_empty(&face->class.fields)) {
		face_unregister(face);
		return -ENOMEM;
	}
	return 0;
}

/*
 * One that is made between this and our adding isn't seen: the kernel's own
 * look at the names isn't exported. kprobe_events refuses a name of ours.
 */
static bool name_is_taken(const char *name)
{
	struct trace_event_file *file =
		trace_get_event_file(NULL, KPX_GROUP, name);

	if (IS_ERR(file))
		return PTR_ERR(file) != -EINVAL;
	trace_put_event_file(file);
	return true;
}

struct kpx_face *kpx_face_create(struct kpx_probe *probe)
{
	struct kpx_face *face;
	int ret;

	/*
	 * The kernel would take our call for one of its own kprobes'. And what it
	 * attaches we can't refuse.
	 */
	if (probe->flags & KPX_PROBE_KPROBE_BPF &&
	    (IS_ENABLED(CONFIG_BPF_KPROBE_OVERRIDE) || kpx_gate_is_fallback))
		return ERR_PTR(-EOPNOTSUPP);
	if (name_is_taken(probe->spec->name))
		return ERR_PTR(-EEXIST);
	face = face_alloc(probe);
	if (IS_ERR(face))
		return face;
	ret = kpx_evlock_run(face_register, face);
	if (ret) {
		kpx_face_free(face);
		return ERR_PTR(ret);
	}
	return face;
}

/*
 * Empties the rings that trace_remove_event_call() marked. What does it isn't
 * exported but as the last step of removing kprobe_events' probes, whether or
 * not there is one of that name.
 */
static void clear_marked_rings(void)
{
	if (IS_ENABLED(CONFIG_KPROBE_EVENTS))
		kprobe_event_delete(KPX_GROUP "/-");
}

int kpx_face_destroy(struct kpx_face *face)
{
	int ret = kpx_evlock_run(face_unregister, face);

	if (!ret && face->was_traced)
		clear_marked_rings();
	return ret;
}

int kpx_face_init(void)
{
	return kpx_evlock_init();
}

void kpx_face_uninit(void)
{
	kpx_evlock_uninit();
}

/* ---- the hot path -------------------------------------------------------- */

static __always_inline void deliver_file(struct trace_event_file *file,
					 const void *record, unsigned int bytes,
					 struct pt_regs *regs)
{
	struct trace_event_buffer buffer;
	void *entry;

	/* also runs the triggers that don't look at the record */
	if (trace_trigger_soft_disabled(file))
		return;
	entry = trace_event_buffer_reserve(&buffer, file, bytes);
	if (!entry)
		return;
	/* the kernel has filled the head */
	memcpy(entry + sizeof(struct trace_entry),
	       record + sizeof(struct trace_entry),
	       bytes - sizeof(struct trace_entry));
	buffer.regs = regs;
	trace_event_buffer_commit(&buffer);
}

static __always_inline bool deliver_perf(struct kpx_face *face, void *record,
					 unsigned int bytes,
					 struct pt_regs *regs)
{
	struct hlist_head *head = this_cpu_ptr(face->call.perf_events);
	int context;

	if (unlikely(face->takes_kprobe_bpf) &&
	    bpf_prog_array_valid(&face->call)) {
		struct kpx_gate_pass pass = {
			.regs = regs,
			.call_array = &face->call.prog_array,
		};

		kpx_gate_run(&pass);
		if (!pass.verdict)
			return pass.is_done;
	}
	context = perf_swevent_get_recursion_context();
	if (context < 0)
		return false;
	if (face->takes_kprobe_bpf)
		perf_tp_event(face->call.event.type, 1, record, bytes, regs,
			      head, context, NULL);
	else /* first the programs, which may drop it */
		perf_trace_run_bpf_submit(record, bytes, context, &face->call,
					  1, regs, head, NULL);
	/* both put the context */
	return true;
}

bool notrace kpx_face_hit(struct kpx_face *face, void *record,
			  unsigned int bytes, struct pt_regs *regs)
{
	struct face_file *link;

	list_for_each_entry_rcu(link, &face->files, node)
		deliver_file(link->file, record, bytes, regs);
	return !kpx_face_has_perf(face) ||
	       deliver_perf(face, record, bytes, regs);
}
NOKPROBE_SYMBOL(kpx_face_hit);
