// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <unistd.h>

#include "filename.h"
#include "preset.h"

/* BYTES: at most how many it moves. */
#define CALL(NAME, FUNCTION, BYTES, FILE)      \
	"r:" NAME " " FUNCTION " count=" BYTES \
	" ret=$retval:s64 duration_ns=$duration:u64 " FILENAME_ARGS(FILE)

/* Both of a system call. */
#define SYSCALL(NAME) "syscalls:sys_enter_" NAME ",syscalls:sys_exit_" NAME

/*
 * What moves bytes by way of a buffer goes through these. What vectors sum up to is
 * only known by what was moved.
 */
#define WRITE  CALL("write", "vfs_write", "$arg3:u64", "file")
#define WRITEV CALL("writev", "vfs_writev", "$retval:s64", "file")
#define COPY   CALL("copy", "vfs_copy_file_range", "$arg5:u64", "file_out")
#define READ   CALL("read", "vfs_read", "$arg3:u64", "file")
#define READV  CALL("readv", "vfs_readv", "$retval:s64", "file")

static const char *const files[] = { WRITE, READ, WRITEV, READV, COPY, NULL };
static const char *const files_least[] = { WRITE, READ, NULL };
static const char *const files_without[] = {
	SYSCALL("write"),
	SYSCALL("pwrite64"),
	SYSCALL("writev"),
	SYSCALL("read"),
	SYSCALL("pread64"),
	SYSCALL("readv"),
	NULL,
};
static const char *const writes[] = { WRITE, WRITEV, COPY, NULL };
static const char *const writes_least[] = { WRITE, NULL };
static const char *const writes_without[] = {
	SYSCALL("write"),
	SYSCALL("pwrite64"),
	SYSCALL("writev"),
	SYSCALL("copy_file_range"),
	NULL,
};
static const char *const reads[] = { READ, READV, NULL };
static const char *const reads_least[] = { READ, NULL };
static const char *const reads_without[] = {
	SYSCALL("read"),
	SYSCALL("pread64"),
	SYSCALL("readv"),
	NULL,
};
static const char *const syscalls[] = {
	"raw_syscalls:sys_enter,raw_syscalls:sys_exit",
	NULL,
};

static const struct preset presets[] = {
	{
		.name = "files",
		.summary = "which files are read and written, how much, how "
			   "slowly",
		.events = files,
		.least = files_least,
		.without = files_without,
		.by = "event,pid,file",
		.sort = FRAME_SUM,
	},
	{
		.name = "writes",
		.summary = "the same of writes alone",
		.events = writes,
		.least = writes_least,
		.without = writes_without,
		.by = "pid,file",
		.sort = FRAME_SUM,
	},
	{
		.name = "reads",
		.summary = "the same of reads alone",
		.events = reads,
		.least = reads_least,
		.without = reads_without,
		.by = "pid,file",
		.sort = FRAME_SUM,
	},
	{
		.name = "syscalls",
		.summary = "which system calls, how often, how slowly",
		.events = syscalls,
		.by = "syscall,pid",
		.sort = FRAME_TIME,
	},
};

const struct preset *preset_at(int i)
{
	return i < (int)(sizeof(presets) / sizeof(*presets)) ? &presets[i] :
							       NULL;
}

const struct preset *preset_find(const char *name)
{
	const struct preset *preset;

	for (int i = 0; (preset = preset_at(i)); i++)
		if (!strcmp(preset->name, name))
			return preset;
	return NULL;
}

bool preset_has_module(void)
{
	return !access("/sys/bus/event_source/devices/kprobex", F_OK);
}
