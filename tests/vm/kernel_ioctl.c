// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "kernel.h"

#define BAD ((void *)16)

/* @size bytes of struct @arg, as the caller claims with its first member. */
static int call(int dev, unsigned long cmd, void *arg)
{
	return ioctl(dev, cmd, arg) ? -errno : 0;
}

static void check_sizes(int dev, unsigned long cmd, size_t size,
			unsigned int id)
{
	/* at the end of a page, with nothing mapped behind */
	long page = sysconf(_SC_PAGESIZE);
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t *arg;
	int ret;

	munmap(map + page, page);
	ret = call(dev, cmd, NULL);
	CHECK(ret == -EFAULT, "%lx NULL: %d", cmd, ret);
	ret = call(dev, cmd, BAD);
	CHECK(ret == -EFAULT, "%lx bad: %d", cmd, ret);
	arg = (void *)(map + page - 4);
	*arg = size;
	ret = call(dev, cmd, arg);
	CHECK(ret == -EFAULT, "%lx cut: %d", cmd, ret);
	arg = (void *)(map + page - size);
	for (*arg = 0; *arg < size; *arg += 4) {
		ret = call(dev, cmd, arg);
		CHECK(ret == -EINVAL, "%lx size %u: %d", cmd, *arg, ret);
	}
	*arg = 0xffffffff;
	ret = call(dev, cmd, arg);
	CHECK(ret == -E2BIG, "%lx huge: %d", cmd, ret);
	/* a longer struct of the future: a zero tail is fine, another isn't */
	arg = (void *)map;
	memset(map, 0, page);
	arg[0] = size + 16;
	arg[1] = id;
	((char *)map)[size + 8] = 1;
	ret = call(dev, cmd, arg);
	CHECK(ret == -E2BIG, "%lx tail: %d", cmd, ret);
	((char *)map)[size + 8] = 0;
	if (cmd == KPX_IOC_VERSION || cmd == KPX_IOC_STATS ||
	    cmd == KPX_IOC_DESCRIBE) {
		ret = call(dev, cmd, arg);
		CHECK(!ret, "%lx zero tail: %d", cmd, ret);
		CHECK(arg[0] == size + 16, "%lx wrote the size", cmd);
	}
	munmap(map, page);
}

static void check_version(int dev)
{
	struct kpx_version version = { .size = sizeof(version) };

	CHECK(!ioctl(dev, KPX_IOC_VERSION, &version), "version");
	CHECK(version.abi == KPX_ABI_VERSION, "abi %u", version.abi);
	CHECK(version.features & KPX_FEATURE_SKIP_SELF, "features");
	CHECK(version.release[0] &&
		      memchr(version.release, 0, sizeof(version.release)),
	      "release");
	errno = 0;
	CHECK(ioctl(dev, _IO(KPX_IOC_MAGIC, 77), &version) && errno == ENOTTY,
	      "unknown call");
	CHECK(ioctl(dev, _IO(0x12, 0), &version) && errno == ENOTTY,
	      "other magic");
}

static int try_define(int dev, const void *text, unsigned int len,
		      unsigned int flags, struct kpx_define *def)
{
	memset(def, 0xee, sizeof(*def));
	def->size = sizeof(*def);
	def->flags = flags;
	def->text = (uintptr_t)text;
	def->text_len = len;
	def->targets = 0;
	def->nr_targets = 0;
	def->pad = 0;
	return call(dev, KPX_IOC_DEFINE, def);
}

static void check_define(int dev)
{
	static const char wrong[] = "p:abc vfs_read n=$arg3:u7";
	struct kpx_define def;
	char big[5000];
	int ret;

	ret = try_define(dev, wrong, sizeof(wrong) - 1, 0, &def);
	CHECK(ret == -EINVAL && def.error_code == 42 && def.error_offset == 23,
	      "%d, %u at %u: %s", ret, def.error_code, def.error_offset,
	      def.error);
	CHECK(strstr(def.error, "'u7'"), "'%s'", def.error);
	CHECK(def.id == 0, "id %u", def.id);
	ret = try_define(dev, "p:vfs_write vfs_read", 20, 0, &def);
	CHECK(ret == -EEXIST && def.error_code == 15 && def.error_offset == 2,
	      "%d", ret);
	ret = try_define(dev, "p nosuchfunction", 16, 0, &def);
	CHECK(ret == -ENOENT && def.error_code == 25 && def.error_offset == 2,
	      "%d", ret);
	CHECK(strstr(def.error, "'nosuchfunction'"), "'%s'", def.error);
	ret = try_define(dev, "p vfs_read", 10, 8, &def);
	CHECK(ret == -EINVAL && def.error_code == 0 && !def.error[0],
	      "flags: %d", ret);
	ret = try_define(dev, BAD, 10, 0, &def);
	CHECK(ret == -EFAULT && def.error_code == 0, "pointer: %d", ret);
	ret = try_define(dev, "", 0, 0, &def);
	CHECK(ret == -EINVAL && def.error_code == 1, "empty: %d", ret);
	memset(big, ' ', sizeof(big));
	memcpy(big, "p vfs_read", 10);
	ret = try_define(dev, big, 4096, 0, &def);
	CHECK(ret == -EINVAL && def.error_code == 4, "4096 bytes: %d", ret);
	ret = try_define(dev, big, 0xffffffff, 0, &def);
	CHECK(ret == -EINVAL && def.error_code == 4, "4 GiB: %d", ret);
	ret = try_define(dev, big, 4095, 0, &def);
	CHECK(!ret && def.id, "4095 bytes: %d", ret);
	CHECK(!remove_probe(dev, def.id), "remove");
	CHECK(remove_probe(dev, def.id) == -ENOENT, "remove again");
	/* a NUL is a wrong byte, not an end */
	ret = try_define(dev, "p vfs_read\0", 11, 0, &def);
	CHECK(ret == -EINVAL && def.error_code == 3 && def.error_offset == 10,
	      "NUL: %d", ret);
}

static void check_names(int dev)
{
	struct kpx_stats stats = { .size = sizeof(stats) };
	struct kpx_remove rm = { .size = sizeof(rm) };

	strcpy(stats.name, "vfs_write");
	CHECK(!call(dev, KPX_IOC_STATS, &stats) &&
		      stats.id == probe_id("vfs_write"),
	      "by name");
	memset(&stats, 'a', sizeof(stats));
	stats.size = sizeof(stats);
	stats.id = 0;
	CHECK(call(dev, KPX_IOC_STATS, &stats) == -EINVAL,
	      "a name without an end");
	memset(&stats, 0, sizeof(stats));
	stats.size = sizeof(stats);
	CHECK(call(dev, KPX_IOC_STATS, &stats) == -EINVAL,
	      "neither id nor name");
	strcpy(stats.name, "nosuchprobe");
	CHECK(call(dev, KPX_IOC_STATS, &stats) == -ENOENT, "no such name");
	strcpy(rm.name, "nosuchprobe");
	CHECK(call(dev, KPX_IOC_REMOVE, &rm) == -ENOENT, "remove no such name");
}

static void check_describe(int dev)
{
	struct kpx_describe desc = { .size = sizeof(desc),
				     .id = probe_id("vfs_write") };
	struct {
		struct kpx_field field;
		char more[8];
	} wide[12];
	char text[16];
	int ret;

	ret = call(dev, KPX_IOC_DESCRIBE, &desc);
	CHECK(!ret && desc.nr_fields == 9 && !strcmp(desc.name, "vfs_write"),
	      "plain: %d", ret);
	CHECK(desc.record_bytes == 16 + 4 * 8 + 4, "record %u",
	      desc.record_bytes);
	CHECK(desc.text_size ==
		      strlen("p:vfs_write vfs_write file=$arg1:x64 buf=$arg2:x64 "
			     "count=$arg3:u64 pos=$arg4:x64"),
	      "text %u", desc.text_size);
	desc.unit = KPX_UNIT_MISSED;
	CHECK(call(dev, KPX_IOC_DESCRIBE, &desc) == -EINVAL, "no such record");
	desc.unit = KPX_UNIT_NS;
	ret = call(dev, KPX_IOC_DESCRIBE, &desc);
	CHECK(!ret && desc.nr_fields == 9 + 3 &&
		      desc.record_bytes == 16 + 4 * 8 + 24 + 4,
	      "times: %d, %u fields, %u bytes", ret, desc.nr_fields,
	      desc.record_bytes);
	desc.unit = KPX_UNIT_HITS;
	/* cut text, cut and wider fields */
	memset(text, 'X', sizeof(text));
	memset(wide, 0x55, sizeof(wide));
	desc.text = (uintptr_t)text;
	desc.text_size = 8;
	desc.fields = (uintptr_t)wide;
	desc.fields_max = 7;
	desc.field_size = sizeof(wide[0]);
	ret = call(dev, KPX_IOC_DESCRIBE, &desc);
	CHECK(!ret && !strcmp(text, "p:vfs_w") && text[8] == 'X',
	      "cut text: %d '%s'", ret, text);
	CHECK(desc.nr_fields == 9 && !strcmp(wide[5].field.name, "file"), "%s",
	      wide[5].field.name);
	CHECK(wide[6].more[7] == 0 && wide[7].more[0] == 0x55, "stride");
	CHECK(wide[0].field.flags == KPX_FIELD_COMMON, "flags");
	/* the first version's is the least, and gets what it knows */
	desc.field_size = 88;
	CHECK(!call(dev, KPX_IOC_DESCRIBE, &desc), "first version's field");
	desc.field_size = 87;
	CHECK(call(dev, KPX_IOC_DESCRIBE, &desc) == -EINVAL, "small field");
	desc.field_size = sizeof(struct kpx_field);
	desc.fields = (uintptr_t)BAD;
	CHECK(call(dev, KPX_IOC_DESCRIBE, &desc) == -EFAULT, "bad fields");
	desc.fields = 0;
	desc.text = (uintptr_t)BAD;
	desc.text_size = 100;
	CHECK(call(dev, KPX_IOC_DESCRIBE, &desc) == -EFAULT, "bad text");
}

static void check_write(int dev)
{
	CHECK(syscall(SYS_write, dev, BAD, 10) < 0 && errno == EFAULT,
	      "bad write");
	CHECK(write(dev, "", 0) == 0, "empty write");
	CHECK(write(dev, "p:x vfs_read\0\n", 14) < 0 && errno == EINVAL, "NUL");
	CHECK(write(dev, "\n\n#x\n", 5) == 5, "blank lines");
	CHECK(!probe_id("x"), "x is there");
}

int main(void)
{
	unsigned int id = probe_id("vfs_write");
	int dev = device_open();

	CHECK(dev >= 0, "device: %d", dev);
	check_version(dev);
	check_sizes(dev, KPX_IOC_VERSION, sizeof(struct kpx_version), 0);
	check_sizes(dev, KPX_IOC_DEFINE, sizeof(struct kpx_define), 0);
	check_sizes(dev, KPX_IOC_REMOVE, sizeof(struct kpx_remove), 0);
	check_sizes(dev, KPX_IOC_DESCRIBE, sizeof(struct kpx_describe), id);
	check_sizes(dev, KPX_IOC_STATS, sizeof(struct kpx_stats), id);
	check_sizes(dev, KPX_IOC_TRIAL, sizeof(struct kpx_trial), 0);
	check_define(dev);
	check_names(dev);
	check_describe(dev);
	check_write(dev);
	close(dev);
	return !!failures;
}
