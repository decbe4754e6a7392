// SPDX-License-Identifier: GPL-2.0-only
#include "random.h"

/* Formats of the name (":NAME" or nothing) and, but for a few, the target. */
static const struct {
	enum kind kind;
	const char *text;
} definitions[] = {
	{ PLAIN, "p%s %s" },
	{ PLAIN, "p%s %s n=%%dx:u64" },
	{ PLAIN, "p%s %s a=%%di:x64 b=%%si:x64 c=%%dx:s32 d=%%sp e=%%ax:u8" },
	{ RETURN, "r%s %s" },
	{ RETURN, "r%s %s ret=$retval:s64" },
	{ MAXACTIVE, "r3%s %s ret=$retval:x64" },
	{ MEMORY,
	  "p%s %s a=+0(%%sp):u64 b=+8(%%sp):b4@3/64 c=+0(%%sp):u32[4]" },
	{ STRING, "p%s do_sys_openat2 name=+0(%%si):ustring c=$comm" },
	{ STRING, "p%s %s c=$comm caller=+0(%%sp):symbol" },
	{ IF, "p%s %s n=%%dx:u64 if n > 0" },
	{ IF, "p%s %s n=%%dx:u64 m=%%si:s64 if n < 7 || m & 1" },
	{ SYS, "p%s sys_write $args" },
};

/* What hit() calls, what interrupts and forks call, and what perf calls. */
static const char *const wanted[] = {
	"vfs_write",
	"vfs_read",
	"ksys_write",
	"ksys_read",
	"do_sys_openat2",
	"__x64_sys_getppid",
	"hrtimer_interrupt",
	"scheduler_tick",
	"rcu_core",
	"wake_up_new_task",
	"do_exit",
	"exit_files",
	"get_perf_callchain",
	"perf_output_begin_forward",
	"perf_event_update_userpage",
	"ksys_write+4",
	"vfs_write+5",
	"vfs_write+9",
	"vfs_read+5",
	"vfs_read+9",
	"do_sys_openat2+5",
	"do_sys_openat2+9",
};

static const char *targets[ARRAY_SIZE(wanted)];
static unsigned int nr_targets, nr_entries; /* the latter come first */

/* Functions that may be among many; the address of each. */
static const char *many[ARRAY_SIZE(wanted)];
static uint64_t many_addresses[ARRAY_SIZE(wanted)];
static unsigned int nr_many;

static unsigned int nr_recent;

/* 0 or -errno; *@id. */
static int define_targets(int dev, const char *text, const uint64_t *addresses,
			  unsigned int nr, unsigned int *id)
{
	struct kpx_define def = { .size = sizeof(def) };

	def.text = (uintptr_t)text;
	def.text_len = strlen(text);
	def.targets = (uintptr_t)addresses;
	def.nr_targets = nr;
	if (ioctl(dev, KPX_IOC_DEFINE, &def))
		return -errno;
	*id = def.id;
	return 0;
}

static void remember(unsigned int id)
{
	recent[__atomic_fetch_add(&nr_recent, 1, __ATOMIC_RELAXED) % RECENT] =
		id;
}

static void survey_many(int dev, const char *name, uint64_t address)
{
	unsigned int i, id = 0;
	char text[600];

	for (i = 0; i < nr_entries; i++)
		if (!strcmp(targets[i], name))
			break;
	if (i == nr_entries)
		return;
	snprintf(text, sizeof(text), "p %s", name);
	if (define_targets(dev, text, &address, 1, &id))
		return;
	remove_probe(dev, id);
	many[nr_many] = targets[i];
	many_addresses[nr_many++] = address;
	tally[MANY].works = nr_many > 3;
}

static void survey_addresses(int dev)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long long address;
	char line[1024], name[512];

	while (file && nr_many < ARRAY_SIZE(many) &&
	       fgets(line, sizeof(line), file))
		if (sscanf(line, "%llx %*c %511s", &address, name) == 2)
			survey_many(dev, name, address);
	if (file)
		fclose(file);
}

static void survey_targets(int dev)
{
	unsigned int i, id = 0;
	char text[64];

	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		snprintf(text, sizeof(text), "p %s", wanted[i]);
		if (define_probe(dev, text, 0, &id)) {
			printf("no target: %s\n", wanted[i]);
			continue;
		}
		remove_probe(dev, id);
		targets[nr_targets++] = wanted[i];
		if (!strchr(wanted[i], '+'))
			nr_entries = nr_targets;
	}
}

/* What this module can do at all: only that may be missed later. */
void survey_definitions(int dev)
{
	unsigned int i, id = 0;
	char text[256];

	survey_targets(dev);
	survey_addresses(dev);
	for (i = 0; i < ARRAY_SIZE(definitions); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof(text), definitions[i].text, "",
			 "vfs_write");
#pragma GCC diagnostic pop
		if (define_probe(dev, text, 0, &id))
			continue;
		tally[definitions[i].kind].works = 1;
		remove_probe(dev, id);
	}
}

/*
 * Offsets are rare: the kernel optimises such a probe into a jump, and holds
 * the mutex of all kprobes for an RCU-tasks grace period to do that.
 */
static const char *pick_target(struct worker *w, enum kind kind)
{
	if (kind == PLAIN && nr_targets > nr_entries && one_in(w, 12))
		return targets[nr_entries + below(w, nr_targets - nr_entries)];
	return targets[below(w, nr_entries)];
}

enum kind pick_definition(struct worker *w, const char *name, char *text,
			  size_t size)
{
	unsigned int i = below(w, ARRAY_SIZE(definitions));

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, size, definitions[i].text, name,
		 pick_target(w, definitions[i].kind));
#pragma GCC diagnostic pop
	return definitions[i].kind;
}

/* Offsets may be inside an instruction; names may be taken. */
#define DEFINE_ERRORS ERRORS(EEXIST, EILSEQ)

void do_define(struct worker *w)
{
	char text[256], name[16] = "";
	unsigned int flags = 0, id = 0;
	enum kind kind;
	int ret;

	if (one_in(w, 2)) {
		snprintf(name, sizeof(name), ":rnd%u", below(w, NAMES));
		flags = one_in(w, 2) ? KPX_DEFINE_PERSISTENT : 0;
	}
	kind = pick_definition(w, name, text, sizeof(text));
	ret = define_probe(w->dev, text, flags, &id);
	note(kind, ret, DEFINE_ERRORS, text);
	if (!ret)
		remember(id);
}

/* Up to five functions, maybe one twice. */
void do_define_many(struct worker *w)
{
	static const char *const formats[] = {
		"p%s %s n=%%dx:u64",
		"p%s %s n=%%dx:u64 if n > 0",
		"r%s %s ret=$retval:s64 a=$arg1",
		"r3%s %s ret=$retval:x64 d=$duration:u64",
	};
	unsigned int n = 1 + below(w, 5), id = 0, i, at = 0;
	char text[256], name[16] = "";
	uint64_t addresses[5];
	int ret;

	if (!nr_many)
		return;
	/* the definition's own is the first */
	for (i = n; i--; addresses[i] = many_addresses[at])
		at = below(w, nr_many);
	if (one_in(w, 2))
		snprintf(name, sizeof(name), ":rnd%u", below(w, NAMES));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), formats[below(w, ARRAY_SIZE(formats))],
		 name, many[at]);
#pragma GCC diagnostic pop
	ret = define_targets(w->dev, text, addresses, n, &id);
	note(MANY, ret, DEFINE_ERRORS, text);
	if (!ret)
		remember(id);
}

void do_write(struct worker *w)
{
	char text[256], name[16];
	enum kind kind;
	int ret;

	snprintf(name, sizeof(name), ":rnd%u", below(w, NAMES));
	kind = pick_definition(w, name, text, sizeof(text) - 1);
	strcat(text, "\n");
	ret = write(w->dev, text, strlen(text)) < 0 ? -errno : 0;
	note(kind == PLAIN || ret >= 0 ? WRITTEN : kind, ret, DEFINE_ERRORS,
	     text);
}

void do_remove(struct worker *w)
{
	char text[32];
	int ret;

	if (one_in(w, 2)) {
		unsigned int id = recent[below(w, RECENT)];

		if (!id)
			return;
		snprintf(text, sizeof(text), "id %u", id);
		ret = remove_probe(w->dev, id);
	} else {
		snprintf(text, sizeof(text), "-:rnd%u\n", below(w, NAMES));
		ret = write(w->dev, text, strlen(text)) < 0 ? -errno : 0;
	}
	note(REMOVED, ret, ERRORS(ENOENT, EBUSY), text);
}

/* Closing takes this thread's passing definitions along. */
void do_reopen(struct worker *w)
{
	close(w->dev);
	w->dev = device_open();
	CHECK(w->dev >= 0, "device: %s", strerror(-w->dev));
}
