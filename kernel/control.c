// SPDX-License-Identifier: GPL-2.0-only
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "control.h"
#include "include/uapi/kprobex.h"
#include "log.h"
#include "probe.h"
#include "stats.h"

/* The first version's sizes: a caller may know more, never less. */
static_assert(sizeof(struct kpx_version) == 48);
static_assert(sizeof(struct kpx_define) == 160);
static_assert(sizeof(struct kpx_remove) == 72);
static_assert(sizeof(struct kpx_field) == 96);
static_assert(sizeof(struct kpx_describe) == 112);
static_assert(sizeof(struct kpx_stats) == 152);

/* No struct of ours will ever be larger; bounds the scan of an unknown tail. */
#define STRUCT_MAX 4096

/*
 * Takes the caller's struct by the rules of growth. @size: ours, and while
 * there is one version also the least. *@user_size: what the caller said.
 */
static int take(void *to, size_t size, const void __user *from, u32 *user_size)
{
	if (get_user(*user_size, (const u32 __user *)from))
		return -EFAULT;
	if (*user_size < size)
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

	ret = take(&version, sizeof(version), arg, &size);
	if (ret)
		return ret;
	memset(&version, 0, sizeof(version));
	version.abi = KPX_ABI_VERSION;
	version.features = KPX_FEATURE_SKIP_SELF;
	strscpy(version.release, THIS_MODULE->version ?: "",
		sizeof(version.release));
	return give(arg, &version, sizeof(version), size);
}

static int define(struct file *file, struct kpx_define *def,
		  struct kpx_error *err)
{
	struct kpx_slice text;
	int ret;

	if (def->flags & ~KPX_DEFINE_PERSISTENT)
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
	ret = kpx_probe_define(
		text,
		def->flags & KPX_DEFINE_PERSISTENT ? KPX_PROBE_PERSISTENT : 0,
		&kpx_device_file(file)->owned, &def->id, err);
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

	ret = take(&def, sizeof(def), arg, &size);
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

	ret = take(&rm, sizeof(rm), arg, &size);
	if (!ret)
		ret = kpx_device_permit(file);
	if (!ret)
		ret = check_name(rm.id, rm.name);
	return ret ?: kpx_probe_remove(rm.id, rm.name);
}

/* One field; a caller that knows a larger struct gets zeroes behind ours. */
static int give_field(void __user *to, u32 field_size,
		      const struct kpx_spec_field *from)
{
	struct kpx_field field = {
		.offset = from->offset,
		.bytes = from->bytes,
		.flags = from->flags,
	};

	strscpy(field.name, from->name, sizeof(field.name));
	strscpy(field.type, from->type, sizeof(field.type));
	if (copy_to_user(to, &field, sizeof(field)) ||
	    clear_user(to + sizeof(field), field_size - sizeof(field)))
		return -EFAULT;
	return 0;
}

static int give_fields(const struct kpx_spec *spec,
		       const struct kpx_describe *desc)
{
	u32 i, nr = min(desc->fields_max, kpx_spec_nr_fields(spec, 0));
	char __user *to = u64_to_user_ptr(desc->fields);
	int ret = 0;

	if (desc->field_size < sizeof(struct kpx_field))
		return -EINVAL;
	if (desc->field_size > STRUCT_MAX)
		return -E2BIG;
	for (i = 0; i < nr && !ret; i++) {
		struct kpx_spec_field field = kpx_spec_field(spec, 0, i);

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
	desc->nr_fields = kpx_spec_nr_fields(spec, 0);
	desc->record_bytes = spec->fetch.max_bytes;
	return ret;
}

static int control_describe(struct file *file, void __user *arg)
{
	struct kpx_describe desc;
	struct kpx_probe *probe;
	u32 size;
	int ret;

	ret = take(&desc, sizeof(desc), arg, &size);
	if (!ret)
		ret = desc.pad ? -EINVAL : check_name(desc.id, desc.name);
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

	ret = take(&stats, sizeof(stats), arg, &size);
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
	default:
		return -ENOTTY;
	}
}
