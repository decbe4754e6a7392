/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * member - a path from an argument to a member, as what a definition fetches
 *
 *   PATH = BASE { ("->" | ".") MEMBER | "[" NUMBER "]" }
 *   BASE = an argument's name | "$arg" NUMBER | "$retval"
 *
 * as in C: "->" after a pointer to a struct, "." after a struct; members of
 * nameless structs and unions are those of the one around them.
 */
#ifndef KPC_MEMBER_H
#define KPC_MEMBER_H

#include "prototype.h"

#define KPC_MEMBER_DEPTH 14 /* dereferences, which a definition may have */

struct kpc_member {
	char fetch[512]; /* "+8(+24($arg1))" */
	char type[32];	 /* of the definition: "u32", "string", "b4@8/32" */
	char name[KPC_ARGUMENT_NAME]; /* of the last member, or of the base */
};

/*
 * Resolves the path of @bytes that @text, with a NUL somewhere, begins with. @type: what the user wants instead of the
 * member's own type, such as "string", or NULL. A char pointer or array is a string
 * unless something else is wanted. -EINVAL, -ENOENT (no such member) with the reason.
 */
int kpc_member_resolve(const struct kpc_prototype *prototype, const char *text,
		       size_t bytes, const char *type,
		       struct kpc_member *member, char *error,
		       size_t error_size);

#endif /* KPC_MEMBER_H */
