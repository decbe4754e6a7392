// SPDX-License-Identifier: GPL-2.0-only
#include <linux/device.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "alias.h"
#include "include/uapi/kprobex.h"
#include "pmu.h"

struct kpx_alias {
	struct device_attribute attr;
	u32 id;
	char name[KPX_NAME_SIZE];
};

/* No lock here: kpx_alias_del() waits for us with the define mutex held. */
static ssize_t alias_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	const struct kpx_alias *alias =
		container_of(attr, struct kpx_alias, attr);

	return sysfs_emit(buf, "probe=0x%x,period=1\n", alias->id);
}

struct kpx_alias *kpx_alias_add(const char *name, u32 id)
{
	struct kobject *pmu = kpx_pmu_kobj();
	struct kpx_alias *alias;
	int ret;

	if (!pmu)
		return NULL;
	alias = kzalloc(sizeof(*alias), GFP_KERNEL);
	if (!alias)
		return ERR_PTR(-ENOMEM);
	alias->id = id;
	strscpy(alias->name, name, sizeof(alias->name));
	sysfs_attr_init(&alias->attr.attr);
	alias->attr.attr.name = alias->name;
	alias->attr.attr.mode = 0444;
	alias->attr.show = alias_show;
	ret = sysfs_add_file_to_group(pmu, &alias->attr.attr, "events");
	if (ret) {
		kfree(alias);
		return ERR_PTR(ret);
	}
	return alias;
}

void kpx_alias_del(struct kpx_alias *alias)
{
	if (!alias)
		return;
	/* kernfs waits until no alias_show() of this file runs any more. */
	sysfs_remove_file_from_group(kpx_pmu_kobj(), &alias->attr.attr,
				     "events");
	kfree(alias);
}
