// SPDX-License-Identifier: GPL-2.0-only
#include "json.h"

void json_key(struct text *out, bool *first, const char *key)
{
	if (!*first)
		text_char(out, ',');
	*first = false;
	text_json(out, key);
	text_char(out, ':');
}

void json_u64(struct text *out, bool *first, const char *key, uint64_t v)
{
	json_key(out, first, key);
	text_u64(out, v);
}

void json_bool(struct text *out, bool *first, const char *key, bool v)
{
	json_key(out, first, key);
	text_string(out, v ? "true" : "false");
}

void json_text(struct text *out, bool *first, const char *key, const char *v)
{
	json_key(out, first, key);
	text_json(out, v);
}
