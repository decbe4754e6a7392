/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * btflayout - a type of a BPF object, as the fields of an event
 *
 * Integers and enumerations are as their type says, pointers are hex, an array of
 * char is a string, arrays of numbers and strings have their elements, of which
 * the first has the names of an enumeration's values. A struct within another one
 * gives "outer.inner", a bit field its value. The rest, such as unions (a nameless
 * one is "(union)"), floats, arrays of structs and those of more than
 * KPC_BTFLAYOUT_ELEMENTS, is bytes.
 */
#ifndef KPC_BTFLAYOUT_H
#define KPC_BTFLAYOUT_H

#include <stdint.h>

#include <bpf/btf.h>

#include "collect.h"

#define KPC_BTFLAYOUT_ELEMENTS 64

/*
 * Sets the fields and the size of a record of @event, which has none: those of
 * the struct @type, or one called "value" of another type. 0, -ENOMEM, or
 * -EINVAL if that makes no sense (of a file that's damaged, say).
 */
int kpc_btflayout_fields(struct kpc_event *event, const struct btf *btf,
			 uint32_t type);

#endif /* KPC_BTFLAYOUT_H */
