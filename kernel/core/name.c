// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "name.h"

/*
 * In "kprobex/WORD/" perf takes these for terms, not for an event's name: our
 * own format/ files and those of perf's lexer that are identifiers. And a PMU
 * with an event of its own name perf finds at times only.
 */
static const char *const reserved[] = {
	"probe",       "mode",	   "unit",    "field",	 "skip_self", "config",
	"config1",     "config2",  "config3", "config4", "name",      "period",
	"freq",	       "time",	   "nr",      "inherit", "overwrite", "percore",
	"branch_type", "hardware", "raw",     "cpu",	 KPX_GROUP,
};

static bool is_hex(char c)
{
	return kpx_is_digit(c) || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

/* perf's rHEX or r0xHEX, config in figures: "read" would be probe 0xead. */
static bool is_raw(struct kpx_slice name)
{
	size_t i = kpx_slice_starts(name, "r0x") ? 3 : 1;

	if (!kpx_slice_starts(name, "r") || i == name.len)
		return false;
	while (i < name.len && is_hex(name.s[i]))
		i++;
	return i == name.len;
}

static bool is_reserved(struct kpx_slice name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reserved); i++)
		if (kpx_slice_eq(name, reserved[i]))
			return true;
	return is_raw(name);
}

int kpx_name_parse(struct kpx_slice text, struct kpx_slice at,
		   char name[KPX_NAME_SIZE], struct kpx_error *err)
{
	size_t slash = kpx_slice_find(at, '/');

	name[0] = '\0';
	if (slash == at.len)
		slash = kpx_slice_find(at, '.');
	if (slash < at.len) {
		struct kpx_slice group = kpx_slice_sub(at, 0, slash);

		if (!kpx_slice_eq(group, KPX_GROUP))
			return kpx_error_at(err, KPX_ERR_BAD_GROUP, text,
					    group);
		at = kpx_slice_sub(at, slash + 1, at.len);
		if (!at.len)
			return 0;
	}
	if (!at.len)
		return kpx_error_at(err, KPX_ERR_NO_NAME, text, at);
	if (!kpx_slice_is_identifier(at))
		return kpx_error_at(err, KPX_ERR_BAD_NAME, text, at);
	if (at.len >= KPX_NAME_SIZE)
		return kpx_error_at(err, KPX_ERR_NAME_TOO_LONG, text, at);
	if (is_reserved(at))
		return kpx_error_at(err, KPX_ERR_RESERVED_NAME, text, at);
	memcpy(name, at.s, at.len);
	name[at.len] = '\0';
	return 0;
}

void kpx_name_auto(bool is_return, const char *symbol, u64 offset_or_address,
		   char name[KPX_NAME_SIZE])
{
	char letter = is_return ? 'r' : 'p';
	char *c;

	if (symbol)
		snprintf(name, KPX_NAME_SIZE, "%c_%s_%llu", letter, symbol,
			 (unsigned long long)offset_or_address);
	else
		snprintf(name, KPX_NAME_SIZE, "%c_0x%llx", letter,
			 (unsigned long long)offset_or_address);
	for (c = name; *c; c++)
		if (!kpx_slice_is_identifier(kpx_slice(c, 1)) &&
		    !kpx_is_digit(*c))
			*c = '_';
}

bool kpx_command_is_remove(struct kpx_slice text)
{
	size_t pos = 0;

	return kpx_slice_starts(kpx_slice_token(text, &pos), "-");
}

int kpx_command_parse_remove(struct kpx_slice text, char name[KPX_NAME_SIZE],
			     struct kpx_error *err)
{
	struct kpx_slice command, rest;
	size_t pos = 0;
	int ret;

	command = kpx_slice_token(text, &pos);
	if (!kpx_slice_starts(command, "-:"))
		return kpx_error_at(err, KPX_ERR_BAD_COMMAND, text, command);
	ret = kpx_name_parse(text, kpx_slice_sub(command, 2, command.len), name,
			     err);
	if (ret)
		return ret;
	if (!name[0])
		return kpx_error_at(err, KPX_ERR_NO_NAME, text,
				    kpx_slice_sub(command, command.len,
						  command.len));
	rest = kpx_slice_token(text, &pos);
	if (rest.len)
		return kpx_error_at(err, KPX_ERR_TRAILING, text, rest);
	return 0;
}
