// SPDX-License-Identifier: GPL-2.0-only
/* test_definition - paths and arguments by name, of a BTF made for it */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "definition.h"
#include "globs.h"
#include "member.h"
#include "syscall.h"
#include "unit.h"

static char root[] = "/tmp/kpc-unit-definition.XXXXXX";
static char error[1024];
static struct kpc_kernel_btf kernel;
static struct kpc_definition_opts opts;

static char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static void make(const char *name, const void *text, size_t bytes)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, bytes, file), bytes);
	fclose(file);
}

/* Types that functions of the test's kernel have. */
static struct btf *btf;
static int s32, u32, u64, s64, u8, ch, cptr, ucptr, size_type, file_ptr;

static void add_numbers(void)
{
	s32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	u32 = btf__add_int(btf, "unsigned int", 4, 0);
	u64 = btf__add_int(btf, "long unsigned int", 8, 0);
	s64 = btf__add_int(btf, "long int", 8, BTF_INT_SIGNED);
	u8 = btf__add_int(btf, "unsigned char", 1, 0);
	ch = btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
	cptr = btf__add_ptr(btf, btf__add_const(btf, ch));
	ucptr = btf__add_ptr(btf, btf__add_const(btf, u8));
	size_type = btf__add_typedef(btf, "size_t", u64);
	btf__add_typedef(btf, "umode_t",
			 btf__add_int(btf, "short unsigned int", 2, 0));
}

/* As far as a file's name. */
static void add_file(void)
{
	int qstr, dentry, path, file, array, flags;

	qstr = btf__add_struct(btf, "qstr", 16);
	btf__add_field(btf, "", qstr + 1, 0, 0);
	btf__add_field(btf, "name", ucptr, 64, 0);
	flags = btf__add_union(btf, NULL, 8);
	assert_int_equal(flags, qstr + 1);
	btf__add_field(btf, "hash", u32, 0, 0);
	btf__add_field(btf, "hash_len", u64, 0, 0);
	array = btf__add_array(btf, u32, ch, 16);
	dentry = btf__add_struct(btf, "dentry", 64);
	btf__add_field(btf, "d_flags", u32, 0, 0);
	btf__add_field(btf, "d_name", qstr, 64, 0);
	btf__add_field(btf, "d_iname", array, 192, 0);
	path = btf__add_struct(btf, "path", 16);
	btf__add_field(btf, "mnt", u64, 0, 0);
	btf__add_field(btf, "dentry", btf__type_cnt(btf), 64, 0);
	btf__add_ptr(btf, dentry);
	file = btf__add_struct(btf, "file", 48);
	btf__add_field(btf, "f_mode", u32, 0, 0);
	btf__add_field(btf, "low", u32, 32, 3);
	btf__add_field(btf, "high", u32, 37, 5);
	btf__add_field(btf, "f_path", path, 64, 0);
	btf__add_field(btf, "f_pos", s64, 192, 0);
	btf__add_field(btf, "crosses", u32, 280, 16);
	file_ptr = btf__add_ptr(btf, file);
}

static void add_func(const char *name, int proto)
{
	assert_true(btf__add_func(btf, name, BTF_FUNC_STATIC, proto) > 0);
}

static void add_functions(void)
{
	int proto, pair, large, pages;

	proto = btf__add_func_proto(btf, s64);
	btf__add_func_param(btf, "file", file_ptr);
	btf__add_func_param(btf, "buf", cptr);
	btf__add_func_param(btf, "count", size_type);
	btf__add_func_param(btf, "pos", btf__type_cnt(btf));
	btf__add_ptr(btf, s64);
	add_func("vfs_write", proto);
	add_func("vfs_write", proto);
	add_func("nothing", btf__add_func_proto(btf, 0));
	pair = btf__add_struct(btf, "sockptr", 16);
	btf__add_field(btf, "user", file_ptr, 0, 0);
	btf__add_field(btf, "second", file_ptr, 64, 0);
	large = btf__add_struct(btf, "large", 24);
	btf__add_field(btf, "x", u64, 0, 0);
	pages = btf__add_struct(btf, "small", 8);
	btf__add_field(btf, "lo", u32, 0, 0);
	btf__add_field(btf, "hi", u32, 32, 0);
	btf__add_field(btf, "sign", s32, 0, 0);
	proto = btf__add_func_proto(btf, file_ptr);
	btf__add_func_param(btf, "a", s32);
	btf__add_func_param(btf, "big", large);
	btf__add_func_param(btf, "opt", pair);
	btf__add_func_param(btf, "small", pages);
	btf__add_func_param(btf, "", u8);
	btf__add_func_param(btf, "weight", u64);
	btf__add_func_param(btf, "pushed", pair);
	btf__add_func_param(btf, NULL, 0);
	add_func("by_value", proto);
	large = btf__add_struct(btf, "result", 24);
	btf__add_field(btf, "x", u64, 0, 0);
	btf__add_field(btf, "second", file_ptr, 64, 0);
	proto = btf__add_func_proto(btf, large);
	btf__add_func_param(btf, "y", s32);
	add_func("returns_large", proto);
	pair = btf__add_struct(btf, "returned", 16);
	btf__add_field(btf, "user", file_ptr, 0, 0);
	btf__add_field(btf, "lo", u32, 32, 16);
	btf__add_field(btf, "second", file_ptr, 64, 0);
	add_func("returns_pair", btf__add_func_proto(btf, pair));
	add_func("sys_notify", btf__add_func_proto(btf, s32));
	proto = btf__add_func_proto(btf, 0);
	btf__add_func_param(btf, "x", s32);
	add_func("vary", proto);
	proto = btf__add_func_proto(btf, 0);
	btf__add_func_param(btf, "x", u32);
	add_func("vary", proto);
}

static const char kallsyms[] = "ffffffff81001000 T vfs_write\n"
			       "ffffffff81001100 T nothing\n"
			       "ffffffff81001200 T by_value\n"
			       "ffffffff81001300 t vary\n"
			       "ffffffff81001400 T assembly\n"
			       "ffffffff81001500 T __x64_sys_openat\n"
			       "ffffffff81001600 T returns_large\n"
			       "ffffffff81001700 T returns_pair\n"
			       "ffffffff81001800 T sys_notify\n"
			       "ffffffffc0001000 t in_ext4\t[ext4]\n";

static const char openat_format[] =
	"name: sys_enter_openat\n"
	"ID: 640\n"
	"format:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
	"\n"
	"\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
	"\tfield:int dfd;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:const char * filename;\toffset:24;\tsize:8;\tsigned:0;\n"
	"\tfield:int flags;\toffset:32;\tsize:8;\tsigned:0;\n"
	"\tfield:umode_t mode;\toffset:40;\tsize:8;\tsigned:0;\n"
	"\n"
	"print fmt: \"dfd: 0x%08lx\", ((unsigned long)(REC->dfd))\n";

static int setup(void **state)
{
	const void *raw;
	uint32_t bytes;

	(void)state;
	assert_non_null(mkdtemp(root));
	btf = btf__new_empty();
	add_numbers();
	add_file();
	add_functions();
	raw = btf__raw_data(btf, &bytes);
	assert_non_null(raw);
	assert_int_equal(mkdir(path_of("btf"), 0700), 0);
	make("btf/vmlinux", raw, bytes);
	make("kallsyms", kallsyms, sizeof(kallsyms) - 1);
	assert_int_equal(mkdir(path_of("events"), 0700), 0);
	assert_int_equal(mkdir(path_of("events/syscalls"), 0700), 0);
	assert_int_equal(
		mkdir(path_of("events/syscalls/sys_enter_openat"), 0700), 0);
	make("events/syscalls/sys_enter_openat/format", openat_format,
	     sizeof(openat_format) - 1);
	kernel.dir = strdup(path_of("btf"));
	opts = (struct kpc_definition_opts){
		.btf = &kernel,
		.kallsyms = strdup(path_of("kallsyms")),
		.tracefs = root,
	};
	return 0;
}

static int teardown(void **state)
{
	char command[300];

	(void)state;
	kpc_kernel_btf_uninit(&kernel);
	btf__free(btf);
	free((char *)kernel.dir);
	free((char *)opts.kallsyms);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

/* ---- what becomes of a definition ---------------------------------------- */

static void becomes(const char *text, const char *wanted)
{
	struct kpc_buf out = { 0 };

	error[0] = '\0';
	if (kpc_definition_expand(&opts, text, &out, error, sizeof(error)))
		fail_msg("%s: %s", text, error);
	kpc_buf_add(&out, "", 1);
	assert_string_equal((char *)out.data, wanted);
	kpc_buf_uninit(&out);
}

static void fails(const char *text, int err, const char *words)
{
	struct kpc_buf out = { 0 };

	error[0] = '\0';
	assert_int_equal(kpc_definition_expand(&opts, text, &out, error,
					       sizeof(error)),
			 err);
	if (!strstr(error, words))
		fail_msg("%s: said %s", text, error);
	kpc_buf_uninit(&out);
}

static void left_alone(void **state)
{
	static const char *const texts[] = {
		"p vfs_write",
		"p:name vfs_write %di a=$arg1 +8(%si):string $comm",
		"p vfs_write+4 %ax \\5 x=\\\"a b\"",
		"r5:name vfs_write ret=$retval:s64 if ret < 0 && count == 5",
		"p 0xffffffff81001000 @0xffff +u8($arg2):u32",
		"p unknown_function $arg1",
		"",
		"p",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		becomes(texts[i], texts[i]);
}

static void arguments(void **state)
{
	(void)state;
	becomes("p vfs_write count", "p vfs_write count=$arg3:u64");
	becomes("p:w vfs_write n=count:u32 if n > 4",
		"p:w vfs_write n=$arg3:u32 if n > 4");
	becomes("r vfs_write file pos ret=$retval",
		"r vfs_write file=$arg1:x64 pos=$arg4:x64 ret=$retval");
	/* What a char pointer points to, or what is asked for. */
	becomes("p vfs_write buf", "p vfs_write buf=+0($arg2):string");
	becomes("p vfs_write buf:x64", "p vfs_write buf=$arg2:x64");
	becomes("p vfs_write buf:ustring", "p vfs_write buf=+0($arg2):ustring");
	becomes("p vfs_write $args",
		"p vfs_write file=$arg1:x64 buf=$arg2:x64 count=$arg3:u64 "
		"pos=$arg4:x64");
	becomes("p vfs_write n=count count $args",
		"p vfs_write n=$arg3:u64 count=$arg3:u64 file=$arg1:x64 "
		"buf=$arg2:x64 pos=$arg4:x64");
	becomes("p nothing $args", "p nothing ");
	becomes("p assembly $args", "p assembly $args");
}

static void paths(void **state)
{
	(void)state;
	becomes("p vfs_write file->f_path.dentry->d_name.name:string",
		"p vfs_write name=+0(+16(+16($arg1))):string");
	becomes("p vfs_write file->f_path.dentry->d_name.name",
		"p vfs_write name=+0(+16(+16($arg1))):string");
	becomes("p vfs_write $arg1->f_path.dentry->d_name.hash",
		"p vfs_write hash=+8(+16($arg1)):u32");
	becomes("p vfs_write file->f_path.dentry->d_iname",
		"p vfs_write d_iname=+24(+16($arg1)):string");
	becomes("p vfs_write file->f_path.dentry->d_iname[3]",
		"p vfs_write d_iname=+27(+16($arg1)):s8");
	becomes("p vfs_write file->f_path.dentry file->f_pos pos[2]",
		"p vfs_write dentry=+16($arg1):x64 f_pos=+24($arg1):s64 "
		"pos=+16($arg4):s64");
	becomes("p vfs_write file->f_mode x=file->f_mode file->f_mode",
		"p vfs_write f_mode=+0($arg1):u32 x=+0($arg1):u32 "
		"f_mode_2=+0($arg1):u32");
	becomes("r returns_large $retval.second->f_pos $retval.x y",
		"r returns_large f_pos=+24(+8($retval)):s64 x=+0($retval):u64 "
		"y=$arg2:s32");
	becomes("r returns_pair $retval.user $retval.lo",
		"r returns_pair user=$retval:x64 lo=$retval:b16@32/64");
	fails("r returns_pair $retval.second", -EINVAL,
	      "is in a register that a probe doesn't have");
	becomes("r by_value $retval->f_pos",
		"r by_value f_pos=+24($retval):s64");
}

static void bit_fields(void **state)
{
	(void)state;
	becomes("p vfs_write file->low file->high",
		"p vfs_write low=+4($arg1):b3@0/32 high=+4($arg1):b5@5/32");
	becomes("p vfs_write file->crosses",
		"p vfs_write crosses=+32($arg1):b16@24/64");
	fails("p vfs_write file->low:u8", -EINVAL, "is a part of a word");
}

static void by_value(void **state)
{
	(void)state;
	becomes("p by_value $args",
		"p by_value a=$arg1:s32 opt=$arg2:x64 opt_2=$arg3:x64 "
		"small=$arg4:x64 arg5=$arg5:u8 weight_=$arg6:u64 "
		"pushed=$arg10:x64 pushed_2=$arg11:x64");
	becomes("p by_value small.lo small.hi",
		"p by_value lo=$arg4:u32 hi=$arg4:b32@32/64");
	becomes("p by_value opt.user opt.second opt.second->f_pos",
		"p by_value user=$arg2:x64 second=$arg3:x64 "
		"f_pos=+24($arg3):s64");
	becomes("p by_value big.x", "p by_value x=$arg7:u64");
	becomes("p by_value small.sign", "p by_value sign=$arg4:s32");
	fails("p by_value small.hi:u32", -EINVAL, "is a part of a word");
}

static void system_calls(void **state)
{
	(void)state;
	becomes("p sys_openat filename flags:x32 m=mode",
		"p sys_openat filename=+0($arg2):ustring flags=$arg3:x32 "
		"m=$arg4:u16");
	becomes("p sys_openat $args",
		"p sys_openat dfd=$arg1:s32 filename=+0($arg2):ustring "
		"flags=$arg3:s32 mode=$arg4:u16");
	becomes("p sys_openat flags filename:x64 $args",
		"p sys_openat flags=$arg3:s32 filename=$arg2:x64 dfd=$arg1:s32 "
		"mode=$arg4:u16");
	/* The stub's own argument is another one, and a function is a function. */
	becomes("p __x64_sys_openat $args", "p __x64_sys_openat $args");
	becomes("p sys_notify $args", "p sys_notify ");
	fails("p sys_openat name", -ENOENT,
	      "name isn't an argument of the system call openat: it has dfd=");
	becomes("p sys_unheard_of $args", "p sys_unheard_of $args");
}

static void mistakes(void **state)
{
	(void)state;
	fails("p vfs_write cuont", -ENOENT,
	      "cuont isn't an argument of the function, which has file, buf, "
	      "count, pos");
	fails("p nothing x", -ENOENT, "which has none");
	fails("p vfs_write file->f_psth", -ENOENT,
	      "struct file has no member f_psth; did you mean f_path");
	fails("p vfs_write file->q", -ENOENT,
	      "has no member q; it has f_mode, ");
	fails("p vfs_write file.f_mode", -EINVAL,
	      "file is a pointer: what it points to is behind a ->");
	fails("p vfs_write file->f_path->dentry", -EINVAL,
	      "file->f_path is a struct: its members are behind a .");
	fails("p vfs_write count->x", -EINVAL,
	      "count is a number: it has no members");
	fails("p vfs_write count[1]", -EINVAL, "it has no elements");
	fails("p vfs_write file->", -EINVAL, "a member's name is missing");
	fails("p vfs_write file->f_path", -EINVAL,
	      "file->f_path is a struct: name a member of it");
	fails("p vfs_write file-f_path", -EINVAL, "a member is behind a ->");
	fails("p vfs_write pos[x]", -EINVAL, "isn't a number");
	fails("p vfs_write file->f_path.dentry->d_iname[16]", -EINVAL,
	      "has 16 elements");
	fails("r nothing $retval->x", -EINVAL, "returns nothing");
	fails("p vary x", -EINVAL, "several functions called vary");
	fails("p assembly x", -ENOENT, "has no function assembly");
	fails("p vfs_writ count", -ENOENT,
	      "no such function in the running kernel: vfs_writ");
	fails("p vfs_write+4 count", -EINVAL, "only a function's entry");
	fails("p 0xffffffff81001000 count", -EINVAL, "name the function");
	fails("p vfs_* count", -EINVAL, "the functions of a pattern have no");
	fails("p vfs_write buf->x", -EINVAL, "what buf points to is a number");
	fails("p in_ext4 count", -ENODATA, "CONFIG_DEBUG_INFO_BTF_MODULES");
}

static void no_btf(void **state)
{
	struct kpc_kernel_btf none = { .dir = root };
	struct kpc_definition_opts without = opts;
	struct kpc_buf out = { 0 };

	(void)state;
	without.btf = &none;
	assert_int_equal(kpc_definition_expand(&without, "p vfs_write count",
					       &out, error, sizeof(error)),
			 -ENODATA);
	assert_non_null(strstr(error, "has no BTF (CONFIG_DEBUG_INFO_BTF)"));
	make("vmlinux", "no BTF at all", 13);
	assert_int_equal(kpc_definition_expand(&without, "p vfs_write count",
					       &out, error, sizeof(error)),
			 -EPROTO);
	assert_non_null(strstr(error, "cannot read the BTF in"));
	kpc_kernel_btf_uninit(&none);
	kpc_buf_uninit(&out);
}

static void printed(void **state)
{
	struct kpc_prototype p;
	struct kpc_buf text = { 0 };

	(void)state;
	assert_int_equal(kpc_prototype_find(&kernel, "vfs_write", NULL, &p,
					    error, sizeof(error)),
			 0);
	kpc_prototype_print(&kernel, &p, "vfs_write", &text);
	kpc_buf_add(&text, "", 1);
	assert_string_equal((char *)text.data,
			    "long int vfs_write(struct file *file, const char "
			    "*buf, size_t count, long int *pos)");
	kpc_buf_uninit(&text);
	assert_int_equal(kpc_prototype_find(&kernel, "nothing", NULL, &p, error,
					    sizeof(error)),
			 0);
	kpc_prototype_print(&kernel, &p, "nothing", &text);
	kpc_buf_add(&text, "", 1);
	assert_string_equal((char *)text.data, "void nothing(void)");
	kpc_buf_uninit(&text);
}

/* ---- patterns ------------------------------------------------------------ */

static const char filter[] = "vfs_write\nnothing\nby_value\nin_ext4 [ext4]\n";
static const char blacklist[] =
	"0xffffffff81001400-0xffffffff81001410\tassembly\n";

static char kallsyms_path[256], filter_path[256], blacklist_path[256];
static const struct kpc_functions_paths paths_of_functions = {
	.kallsyms = kallsyms_path,
	.filter = filter_path,
	.blacklist = blacklist_path,
};

static void set_paths(void)
{
	make("filter", filter, sizeof(filter) - 1);
	make("blacklist", blacklist, sizeof(blacklist) - 1);
	strcpy(kallsyms_path, path_of("kallsyms"));
	strcpy(filter_path, path_of("filter"));
	strcpy(blacklist_path, path_of("blacklist"));
}

static void functions(void **state)
{
	struct kpc_functions f;

	(void)state;
	set_paths();
	assert_int_equal(kpc_functions_match(&f, "*", &paths_of_functions,
					     error, sizeof(error)),
			 0);
	assert_int_equal(f.nr, 10);
	assert_string_equal(f.v[0].name, "__x64_sys_openat");
	assert_int_equal(f.v[0].probing, KPC_FUNCTION_KPROBE);
	assert_string_equal(f.v[1].name, "assembly");
	assert_int_equal(f.v[1].probing, KPC_FUNCTION_BLACKLISTED);
	assert_string_equal(f.v[2].name, "by_value");
	assert_int_equal(f.v[2].probing, KPC_FUNCTION_FTRACE);
	assert_null(f.v[2].module);
	assert_string_equal(f.v[9].name, "in_ext4");
	assert_string_equal(f.v[9].module, "ext4");
	assert_int_equal(f.v[9].probing, KPC_FUNCTION_FTRACE);
	kpc_functions_uninit(&f);
	assert_int_equal(kpc_functions_match(&f, "vfs_writ",
					     &paths_of_functions, error,
					     sizeof(error)),
			 -ENOENT);
	assert_non_null(strstr(error, "did you mean vfs_write"));
	kpc_functions_uninit(&f);
	make("parts", "ffffffff81000000 t gone.isra.0\n", 31);
	strcpy(kallsyms_path, path_of("parts"));
	assert_int_equal(kpc_functions_match(&f, "gone", &paths_of_functions,
					     error, sizeof(error)),
			 -ENOENT);
	assert_non_null(strstr(error, "gone.isra.0 of gone"));
	kpc_functions_uninit(&f);
}

/* What the kernel ran once to get up has names, but isn't there any more. */
static void init_functions(void **state)
{
	static const char text[] = "ffffffff81000000 T before\n"
				   "ffffffff82000000 T _sinittext\n"
				   "ffffffff82000010 t inside\n"
				   "ffffffff82001000 T _einittext\n"
				   "ffffffff82001000 T behind\n"
				   "ffffffffc0000000 t loaded\t[ext4]\n";
	struct kpc_functions f;

	(void)state;
	set_paths();
	make("init", text, sizeof(text) - 1);
	strcpy(kallsyms_path, path_of("init"));
	assert_int_equal(kpc_functions_match(&f, "[bil]*", &paths_of_functions,
					     error, sizeof(error)),
			 0);
	assert_int_equal(f.nr, 3);
	assert_string_equal(f.v[0].name, "before");
	assert_string_equal(f.v[1].name, "behind");
	assert_string_equal(f.v[2].name, "loaded");
	kpc_functions_uninit(&f);
	assert_int_equal(kpc_functions_match(&f, "inside", &paths_of_functions,
					     error, sizeof(error)),
			 -ENOENT);
	kpc_functions_uninit(&f);
}

static int resolve(struct kpc_globs *globs, const char *text, char *into)
{
	struct kpc_buf buf = { 0 };
	int err;

	kpc_buf_add(&buf, text, strlen(text));
	err = kpc_globs_resolve(globs, &buf, &paths_of_functions, error,
				sizeof(error));
	strcpy(into, (char *)buf.data);
	assert_int_equal(strlen(into), buf.used);
	kpc_buf_uninit(&buf);
	return err;
}

static void patterns(void **state)
{
	struct kpc_globs globs;
	char text[256];

	(void)state;
	set_paths();
	assert_int_equal(resolve(&globs, "p:x *n* %di if a", text), 0);
	assert_string_equal(text, "p:x nothing %di if a");
	assert_int_equal(globs.nr, 2);
	assert_true(globs.address[0] == 0xffffffff81001100 &&
		    globs.address[1] == 0xffffffffc0001000);
	kpc_globs_uninit(&globs);
	assert_int_equal(resolve(&globs, "p:x ext4:*n*", text), 0);
	assert_string_equal(text, "p:x in_ext4");
	assert_int_equal(globs.nr, 1);
	kpc_globs_uninit(&globs);
	assert_int_equal(resolve(&globs, "r:x vfs_*%return", text), 0);
	assert_string_equal(text, "r:x vfs_write%return");
	kpc_globs_uninit(&globs);
	assert_int_equal(resolve(&globs, "p:x vfs_write a=*", text), 0);
	assert_string_equal(text, "p:x vfs_write a=*");
	assert_int_equal(globs.nr, 0);
	kpc_globs_uninit(&globs);
	assert_int_equal(resolve(&globs, "p:x zzz*", text), -ENOENT);
	kpc_globs_uninit(&globs);
	assert_int_equal(resolve(&globs, "p:x assembl?", text), -ENOENT);
	assert_non_null(strstr(error, "blacklist"));
	kpc_globs_uninit(&globs);
	assert_int_equal(resolve(&globs, "p:x vfs_*+4", text), -EINVAL);
	kpc_globs_uninit(&globs);
	make("hidden", "0000000000000000 T vfs_write\n", 29);
	strcpy(kallsyms_path, path_of("hidden"));
	assert_int_equal(resolve(&globs, "p:x vfs_*", text), -EACCES);
	kpc_globs_uninit(&globs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(left_alone),
		cmocka_unit_test(arguments),
		cmocka_unit_test(paths),
		cmocka_unit_test(bit_fields),
		cmocka_unit_test(by_value),
		cmocka_unit_test(system_calls),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(no_btf),
		cmocka_unit_test(printed),
		cmocka_unit_test(functions),
		cmocka_unit_test(init_functions),
		cmocka_unit_test(patterns),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
