// SPDX-License-Identifier: GPL-2.0-only
/*
 * perf takes NAME for an event, NAME-ns.unit for the unit that it prints behind
 * that event's count, and looks for no other file of a probe. period=1 makes
 * plain `perf record` take every hit; -c overrides it.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "alias.h"
#include "include/uapi/kprobex.h"
#include "pmu.h"
#include "probe.h"

#define SUFFIX_MAX 16

enum {
	HITS,
	NS,
	NS_UNIT,
	MISSED,
	FILTERED,
	NR_FILES
};

static const struct {
	const char *suffix;
	const char *text; /* behind probe=0x…, or all of it if there's no id */
	bool has_id;
} kinds[NR_FILES] = {
	[HITS] = { "", ",period=1", true },
	[NS] = { "-ns", ",unit=1", true },
	[NS_UNIT] = { "-ns.unit", "ns", false },
	[MISSED] = { "-missed", ",unit=3", true },
	[FILTERED] = { "-filtered", ",unit=4", true },
};

struct alias_file {
	struct device_attribute attr;
	struct kpx_alias *alias;
	char name[KPX_NAME_SIZE + SUFFIX_MAX];
	bool exists;
};

struct kpx_alias {
	u32 id;
	unsigned int nr_files; /* those of an exposed name are one */
	struct alias_file files[];
};

/* No lock here: kpx_alias_del() waits for us with the define mutex held. */
static ssize_t alias_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	const struct alias_file *file =
		container_of(attr, struct alias_file, attr);
	unsigned int kind = file - file->alias->files;

	if (!kinds[kind].has_id)
		return sysfs_emit(buf, "%s\n", kinds[kind].text);
	return sysfs_emit(buf, "probe=0x%x%s\n", file->alias->id,
			  kinds[kind].text);
}

static int add_file(struct kobject *pmu, struct kpx_alias *alias,
		    unsigned int kind, const char *name)
{
	struct alias_file *file = &alias->files[kind];
	int ret;

	file->alias = alias;
	snprintf(file->name, sizeof(file->name), "%s%s", name,
		 kinds[kind].suffix);
	sysfs_attr_init(&file->attr.attr);
	file->attr.attr.name = file->name;
	file->attr.attr.mode = 0444;
	file->attr.show = alias_show;
	ret = sysfs_add_file_to_group(pmu, &file->attr.attr, "events");
	file->exists = !ret;
	return ret;
}

/* What makes no sense of this probe isn't there to be chosen. */
static bool has_file(const struct kpx_probe *probe, unsigned int kind)
{
	switch (kind) {
	case NS:
	case NS_UNIT:
		return probe->spec->is_return || probe->target.is_fentry;
	case FILTERED:
		return probe->spec->condition;
	default:
		return true;
	}
}

struct kpx_alias *kpx_alias_add(const struct kpx_probe *probe)
{
	unsigned int nr = probe->flags & KPX_PROBE_ALIAS ? 1 : NR_FILES, kind;
	struct kobject *pmu = kpx_pmu_kobj();
	struct kpx_alias *alias;
	int ret;

	if (!pmu)
		return NULL;
	alias = kzalloc(struct_size(alias, files, nr), GFP_KERNEL);
	if (!alias)
		return ERR_PTR(-ENOMEM);
	alias->id = probe->id;
	alias->nr_files = nr;
	for (kind = 0; kind < nr; kind++) {
		if (!has_file(probe, kind))
			continue;
		ret = add_file(pmu, alias, kind, probe->spec->name);
		if (ret) {
			kpx_alias_del(alias);
			return ERR_PTR(ret);
		}
	}
	return alias;
}

void kpx_alias_del(struct kpx_alias *alias)
{
	unsigned int i;

	if (!alias)
		return;
	/* kernfs waits until no alias_show() of these files runs any more. */
	for (i = 0; i < alias->nr_files; i++)
		if (alias->files[i].exists)
			sysfs_remove_file_from_group(kpx_pmu_kobj(),
						     &alias->files[i].attr.attr,
						     "events");
	kfree(alias);
}
