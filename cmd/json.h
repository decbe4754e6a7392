/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json - members of an object: a comma before all but the first, which @first
 * says, and which is then cleared
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

/* The key alone: a value is to follow. */
void json_key(struct text *out, bool *first, const char *key);
void json_u64(struct text *out, bool *first, const char *key, uint64_t v);
void json_bool(struct text *out, bool *first, const char *key, bool v);
void json_text(struct text *out, bool *first, const char *key, const char *v);

#endif /* JSON_H */
