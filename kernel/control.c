// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitops.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "control.h"
#include "include/uapi/kprobex.h"
#include "link.h"
#include "log.h"
#include "probe.h"
#include "stats.h"
#include "trial.h"

/* Ours, and the first version's: a caller may know more or less, down to that. */
static_assert(sizeof(struct kpx_version) == 48);
static_assert(sizeof(struct kpx_define) == 176);
static_assert(sizeof(struct kpx_remove) == 72);
static_assert(sizeof(struct kpx_field) == 96);
static_assert(sizeof(struct kpx_describe) == 112);
static_assert(sizeof(struct kpx_stats) == 216);
static_assert(sizeof(struct kpx_bpf_attach) == 232);
static_assert(sizeof(struct kpx_bpf_detach) == 80);
static_assert(sizeof(struct kpx_bpf_program) == 24);
static_assert(sizeof(struct kpx_bpf_query) == 96);
static_assert(sizeof(struct kpx_event_program) == 16);
static_assert(sizeof(struct kpx_event_bpf) == 16);
static_assert(sizeof(struct kpx_trial) == 24);

#define VERSION_LEAST  48
#define DEFINE_LEAST   160
#define REMOVE_LEAST   72
#define FIELD_LEAST    88
#define DESCRIBE_LEAST 112
#define STATS_LEAST    152
#define ATTACH_LEAST   232
#define DETACH_LEAST   80
#define PROGRAM_LEAST  24
#define QUERY_LEAST    96
#define TRIAL_LEAST    24

/* No struct of ours will ever be larger; bounds the scan of an unknown tail. */
#define STRUCT_MAX 4096

/*
 * Takes the caller's struct by the rules of growth: what it lacks of @size is
 * zero. *@user_size: what the caller said.
 */
static int take(void *to, size_t size, size_t least, const void __user *from,
		u32 *user_size)
{
	if (get_user(*user_size, (const u32 __user *)from))
		return -EFAULT;
	if (*user_size < least)
		return -EINVAL;
	if (*user_size > STRUCT_MAX)
		return -E2BIG;
	return copy_struct_from_user(to, size, from, *user_size);
}

/* Gives it back; the caller's own size and unknown tail stay. */
static int give(void __user *to, const void *from, size_t size, u32 user_size)
{
	size_t n = min_t(size_t, size, user_size);

	/* not the size: it's the caller's, read once */
	if (copy_to_user(to + sizeof(u32), from + sizeof(u32), n - sizeof(u32)))
		return -EFAULT;
	return 0;
}

static int check_name(u32 id, const char *name)
{
	if (!id && (!name[0] || !memchr(name, '\0', KPX_NAME_SIZE)))
		return -EINVAL;
	return 0;
}

static int control_version(struct file *file, void __user *arg)
{
	struct kpx_version version;
	u32 size;
	int ret;

	ret = take(&version, sizeof(version), VERSION_LEAST, arg, &size);
	if (ret)
		return ret;
	memset(&version, 0, sizeof(version));
	version.abi = KPX_ABI_VERSION;
	version.features =
		KPX_FEATURE_SKIP_SELF | KPX_FEATURE_RETURN | KPX_FEATURE_UNITS |
		KPX_FEATURE_MODES | KPX_FEATURE_CONFIG1 | KPX_FEATURE_TARGETS |
		KPX_FEATURE_ALIAS | KPX_FEATURE_FACE | KPX_FEATURE_CONDITION |
		KPX_FEATURE_TRIAL |
		(IS_ENABLED(CONFIG_BPF_EVENTS) ? KPX_FEATURE_BPF : 0);
	strscpy(version.release, THIS_MODULE->version ?: "",
		sizeof(version.release));
	return give(arg, &version, sizeof(version), size);
}

/* The caller's addresses, kvfree()d by us; NULL: none. */
static u64 *take_targets(const struct kpx_define *def)
{
	if (def->nr_targets > KPX_TARGETS_MAX)
		return ERR_PTR(-E2BIG);
	if (!def->nr_targets)
		return NULL;
	return vmemdup_user(u64_to_user_ptr(def->targets),
			    def->nr_targets * sizeof(u64));
}

static int define_text(struct file *file, struct kpx_define *def,
		       struct kpx_slice text, struct kpx_error *err)
{
	struct kpx_definition definition = {
		.text = text,
		.owner = &kpx_device_file(file)->owned,
		.nr_addresses = def->nr_targets,
	};
	u64 *targets;
	int ret;

	if (def->flags & KPX_DEFINE_PERSISTENT)
		definition.flags |= KPX_PROBE_PERSISTENT;
	if (def->flags & KPX_DEFINE_ALIAS)
		definition.flags |= KPX_PROBE_ALIAS;
	if (def->flags & KPX_DEFINE_KPROBE_BPF)
		definition.flags |= KPX_PROBE_KPROBE_BPF;
	targets = take_targets(def);
	if (IS_ERR(targets))
		return PTR_ERR(targets);
	definition.addresses = targets;
	ret = kpx_probe_define(&definition, &def->id, err);
	kvfree(targets);
	return ret;
}

static int define(struct file *file, struct kpx_define *def,
		  struct kpx_error *err)
{
	struct kpx_slice text;
	int ret;

	if (def->flags & ~(KPX_DEFINE_PERSISTENT | KPX_DEFINE_ALIAS |
			   KPX_DEFINE_KPROBE_BPF) ||
	    def->pad)
		return -EINVAL;
	ret = kpx_device_permit(file);
	if (ret)
		return ret;
	if (def->text_len >= KPX_DEFINITION_SIZE) {
		kpx_error_set(err, KPX_ERR_TOO_LONG, KPX_DEFINITION_SIZE - 1,
			      NULL, 0);
		return -EINVAL;
	}
	text.len = def->text_len;
	text.s = memdup_user(u64_to_user_ptr(def->text), text.len);
	if (IS_ERR(text.s))
		return PTR_ERR(text.s);
	ret = define_text(file, def, text, err);
	if (ret)
		kpx_log_error("ioctl", text, ret, err);
	kfree(text.s);
	return ret;
}

static int control_define(struct file *file, void __user *arg)
{
	struct kpx_error err = {};
	struct kpx_define def;
	u32 size;
	int ret, given;

	ret = take(&def, sizeof(def), DEFINE_LEAST, arg, &size);
	if (ret)
		return ret;
	def.id = 0;
	ret = define(file, &def, &err);
	def.error_code = err.code;
	def.error_offset = err.offset;
	memcpy(def.error, err.text, sizeof(def.error));
	given = give(arg, &def, sizeof(def), size);
	if (!ret && given)
		/* the caller will never know the id: don't leave it behind */
		kpx_probe_remove(def.id, NULL);
	return ret ?: given;
}

static int control_remove(struct file *file, void __user *arg)
{
	struct kpx_remove rm;
	u32 size;
	int ret;

	ret = take(&rm, sizeof(rm), REMOVE_LEAST, arg, &size);
	if (!ret)
		ret = kpx_device_permit(file);
	if (!ret)
		ret = check_name(rm.id, rm.name);
	return ret ?: kpx_probe_remove(rm.id, rm.name);
}

/* One field, cut to what the caller knows; zeroes behind what we know. */
static int give_field(void __user *to, u32 field_size,
		      const struct kpx_spec_field *from)
{
	struct kpx_field field = {
		.offset = from->offset,
		.bytes = from->bytes,
		.flags = from->flags,
		.count = from->count,
	};
	size_t n = min_t(size_t, sizeof(field), field_size);

	strscpy(field.name, from->name, sizeof(field.name));
	strscpy(field.type, from->type, sizeof(field.type));
	if (copy_to_user(to, &field, n) || clear_user(to + n, field_size - n))
		return -EFAULT;
	return 0;
}

static int give_fields(const struct kpx_spec *spec,
		       const struct kpx_describe *desc)
{
	u32 i, nr = min(desc->fields_max, kpx_spec_nr_fields(spec, desc->unit));
	char __user *to = u64_to_user_ptr(desc->fields);
	int ret = 0;

	if (desc->field_size < FIELD_LEAST)
		return -EINVAL;
	if (desc->field_size > STRUCT_MAX)
		return -E2BIG;
	for (i = 0; i < nr && !ret; i++) {
		struct kpx_spec_field field =
			kpx_spec_field(spec, desc->unit, i);

		ret = give_field(to + (size_t)i * desc->field_size,
				 desc->field_size, &field);
	}
	return ret;
}

static int give_text(const struct kpx_spec *spec, struct kpx_describe *desc)
{
	u32 size = min_t(u32, desc->text_size, KPX_DEFINITION_SIZE);
	int ret = 0;
	char *buf;

	buf = kmalloc(KPX_DEFINITION_SIZE, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	desc->text_size = kpx_spec_print(spec, buf, KPX_DEFINITION_SIZE);
	if (desc->text && size) {
		size = min(size, desc->text_size + 1);
		buf[size - 1] = '\0';
		if (copy_to_user(u64_to_user_ptr(desc->text), buf, size))
			ret = -EFAULT;
	}
	kfree(buf);
	return ret;
}

/* Without its strings. */
static u32 record_bytes(const struct kpx_spec *spec, unsigned int unit)
{
	unsigned int tail = kpx_spec_tail_bytes(unit);

	if (!tail && spec->fetch.is_plain)
		return spec->fetch.max_bytes;
	return spec->fetch.static_bytes + tail + sizeof(u32);
}

static int describe(struct kpx_probe *probe, struct kpx_describe *desc)
{
	const struct kpx_spec *spec = probe->spec;
	int ret = 0;

	if (desc->fields)
		ret = give_fields(spec, desc);
	if (!ret)
		ret = give_text(spec, desc);
	desc->id = probe->id;
	memcpy(desc->name, spec->name, sizeof(desc->name));
	desc->nr_fields = kpx_spec_nr_fields(spec, desc->unit);
	desc->record_bytes = record_bytes(spec, desc->unit);
	return ret;
}

static int control_describe(struct file *file, void __user *arg)
{
	struct kpx_describe desc;
	struct kpx_probe *probe;
	u32 size;
	int ret;

	ret = take(&desc, sizeof(desc), DESCRIBE_LEAST, arg, &size);
	if (!ret)
		ret = desc.unit > KPX_UNIT_FIELD ?
			      -EINVAL :
			      check_name(desc.id, desc.name);
	if (ret)
		return ret;
	probe = kpx_probe_get(desc.id, desc.name);
	if (!probe)
		return -ENOENT;
	ret = describe(probe, &desc);
	kpx_probe_put(probe);
	return ret ?: give(arg, &desc, sizeof(desc), size);
}

static int control_stats(struct file *file, void __user *arg)
{
	struct kpx_stats stats, out = {};
	struct kpx_probe *probe;
	u32 size;
	int ret;

	ret = take(&stats, sizeof(stats), STATS_LEAST, arg, &size);
	if (!ret)
		ret = check_name(stats.id, stats.name);
	if (ret)
		return ret;
	probe = kpx_probe_get(stats.id, stats.name);
	if (!probe)
		return -ENOENT;
	kpx_stats_fill(probe, &out);
	out.id = probe->id;
	memcpy(out.name, probe->spec->name, sizeof(out.name));
	kpx_probe_put(probe);
	return give(arg, &out, sizeof(out), size);
}

static int permit_bpf(struct file *file, struct kpx_error *err)
{
	int ret = kpx_device_permit(file);

	if (!ret && (!bpf_capable() ||
		     (!file_ns_capable(file, &init_user_ns, CAP_BPF) &&
		      !file_ns_capable(file, &init_user_ns, CAP_SYS_ADMIN))))
		ret = -EACCES;
	if (ret)
		kpx_error_set(err, KPX_ERR_BPF_CAPABLE, 0, NULL, 0);
	return ret;
}

static int check_place(const struct kpx_bpf_attach *attach,
		       struct kpx_error *err)
{
	const u32 places = KPX_BPF_BEFORE | KPX_BPF_AFTER | KPX_BPF_REPLACE;
	u32 flags = attach->flags;

	if (flags & ~(places | KPX_BPF_LINK))
		return -EINVAL;
	if (hweight32(flags & places) <= 1 &&
	    (flags & (places | KPX_BPF_LINK)) !=
		    (KPX_BPF_REPLACE | KPX_BPF_LINK) &&
	    (!attach->relative_id || flags & places))
		return 0;
	kpx_error_set(err, KPX_ERR_BPF_PLACE, 0, NULL, 0);
	return -EINVAL;
}

/* @link: NULL: none is wanted. */
static int attach_program(struct kpx_bpf_attach *attach, struct kpx_link *link,
			  struct kpx_error *err)
{
	const struct kpx_program_place place = { attach->flags,
						 attach->relative_id };
	struct kpx_program *program =
		kpx_program_create(attach->prog_fd, attach->cookie, err);
	struct kpx_probe *probe;
	u32 prog_id;

	if (IS_ERR(program))
		return PTR_ERR(program);
	program->link = link;
	/* once attached it may be gone at any time */
	prog_id = kpx_program_id(program);
	probe = kpx_probe_attach_program(attach->id, attach->name, program,
					 &place, err);
	if (IS_ERR(probe)) {
		kpx_program_free(program);
		return PTR_ERR(probe);
	}
	attach->id = probe->id;
	attach->prog_id = prog_id;
	if (link) {
		kpx_link_bind(link, probe);
		attach->link_fd = kpx_link_fd(link);
	} else {
		kpx_probe_put(probe);
	}
	return 0;
}

static int bpf_attach(struct file *file, struct kpx_bpf_attach *attach,
		      struct kpx_link **link, struct kpx_error *err)
{
	int ret;

	ret = check_name(attach->id, attach->name);
	if (!ret)
		ret = check_place(attach, err);
	if (!ret)
		ret = permit_bpf(file, err);
	if (!ret && attach->flags & KPX_BPF_LINK) {
		struct kpx_link *made = kpx_link_create();

		if (IS_ERR(made))
			return PTR_ERR(made);
		*link = made;
	}
	return ret ?: attach_program(attach, *link, err);
}

/* @ret: of all before. The caller has to know of what it's to detach. */
static void bpf_attach_end(const struct kpx_bpf_attach *attach,
			   struct kpx_link *link, int ret)
{
	if (link && !ret)
		kpx_link_install(link);
	else if (link)
		kpx_link_abandon(link);
	else if (ret && attach->prog_id)
		kpx_probe_detach_program(attach->id, NULL, attach->prog_id);
}

static int control_bpf_attach(struct file *file, void __user *arg)
{
	struct kpx_bpf_attach attach;
	struct kpx_link *link = NULL;
	struct kpx_error err = {};
	int ret, given;
	u32 size;

	ret = take(&attach, sizeof(attach), ATTACH_LEAST, arg, &size);
	if (ret)
		return ret;
	attach.prog_id = 0;
	attach.link_fd = -1;
	ret = bpf_attach(file, &attach, &link, &err);
	attach.error_code = err.code;
	memcpy(attach.error, err.text, sizeof(attach.error));
	given = give(arg, &attach, sizeof(attach), size);
	ret = ret ?: given;
	bpf_attach_end(&attach, link, ret);
	return ret;
}

static int control_bpf_detach(struct file *file, void __user *arg)
{
	struct kpx_error ignored = {};
	struct kpx_bpf_detach detach;
	u32 size;
	int ret;

	ret = take(&detach, sizeof(detach), DETACH_LEAST, arg, &size);
	if (!ret)
		ret = check_name(detach.id, detach.name);
	if (!ret && detach.pad)
		ret = -EINVAL;
	if (!ret)
		ret = permit_bpf(file, &ignored);
	return ret   ?:
		       kpx_probe_detach_program(detach.id, detach.name,
						detach.prog_id);
}

static int give_programs(const struct kpx_bpf_program *programs, u32 nr,
			 const struct kpx_bpf_query *query)
{
	size_t n = min_t(size_t, sizeof(*programs), query->program_size);
	char __user *to = u64_to_user_ptr(query->programs);
	u32 i;

	if (query->program_size < PROGRAM_LEAST)
		return -EINVAL;
	if (query->program_size > STRUCT_MAX)
		return -E2BIG;
	for (i = 0; i < nr; i++, to += query->program_size)
		if (copy_to_user(to, &programs[i], n) ||
		    clear_user(to + n, query->program_size - n))
			return -EFAULT;
	return 0;
}

static int query_programs(struct kpx_probe *probe, struct kpx_bpf_query *query)
{
	struct kpx_bpf_program *programs =
		kcalloc(KPX_PROGRAMS_MAX, sizeof(*programs), GFP_KERNEL);
	int ret = 0;
	u32 nr;

	if (!programs)
		return -ENOMEM;
	nr = kpx_programs_query(&probe->programs, programs, KPX_PROGRAMS_MAX);
	query->nr_programs = nr;
	if (query->programs)
		ret = give_programs(programs, min(nr, query->programs_max),
				    query);
	kfree(programs);
	return ret;
}

static int control_bpf_query(struct file *file, void __user *arg)
{
	struct kpx_bpf_query query;
	struct kpx_probe *probe;
	u32 size;
	int ret;

	ret = take(&query, sizeof(query), QUERY_LEAST, arg, &size);
	if (!ret)
		ret = query.pad ? -EINVAL : check_name(query.id, query.name);
	if (ret)
		return ret;
	probe = kpx_probe_get(query.id, query.name);
	if (!probe)
		return -ENOENT;
	ret = query_programs(probe, &query);
	query.id = probe->id;
	memcpy(query.name, probe->spec->name, sizeof(query.name));
	kpx_probe_put(probe);
	return ret ?: give(arg, &query, sizeof(query), size);
}

static int control_trial(struct file *file, void __user *arg)
{
	struct kpx_trial trial;
	u32 size;
	int ret;

	ret = take(&trial, sizeof(trial), TRIAL_LEAST, arg, &size);
	if (!ret)
		ret = kpx_device_permit(file);
	if (!ret &&
	    (trial.pad || !trial.calls || trial.calls > KPX_TRIAL_CALLS_MAX))
		ret = -EINVAL;
	if (!ret)
		ret = kpx_trial_run(trial.calls, &trial.ns);
	return ret ?: give(arg, &trial, sizeof(trial), size);
}

long kpx_control_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case KPX_IOC_VERSION:
		return control_version(file, user);
	case KPX_IOC_DEFINE:
		return control_define(file, user);
	case KPX_IOC_REMOVE:
		return control_remove(file, user);
	case KPX_IOC_DESCRIBE:
		return control_describe(file, user);
	case KPX_IOC_STATS:
		return control_stats(file, user);
	case KPX_IOC_BPF_ATTACH:
		return control_bpf_attach(file, user);
	case KPX_IOC_BPF_DETACH:
		return control_bpf_detach(file, user);
	case KPX_IOC_BPF_QUERY:
		return control_bpf_query(file, user);
	case KPX_IOC_TRIAL:
		return control_trial(file, user);
	default:
		return -ENOTTY;
	}
}
