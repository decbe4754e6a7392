/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * head - a packet's Head, through protobuf-c
 */
#ifndef KPC_HEAD_H
#define KPC_HEAD_H

#include "buf.h"
#include "kprobex.pb-c.h"
#include "wire.h"

/* Features of the format that this library reads. */
#define KPC_FEATURE_DISTINCT 1ull /* Table.distinct */
#define KPC_FEATURE_SPLIT    2ull /* Column.upper and Column.back */
#define KPC_FEATURES	     (KPC_FEATURE_DISTINCT | KPC_FEATURE_SPLIT)

/* Replaces what is in @buf by the serialised @head. 0 or -ENOMEM. */
int kpc_head_pack(struct kpc_buf *buf, const Kprobex__Head *head);
/* NULL if it isn't one (or memory is out); kpc_head_free() frees it. */
Kprobex__Head *kpc_head_unpack(struct kpc_wire wire);
void kpc_head_free(Kprobex__Head *head);

/* A `bytes` member that borrows a C string; NULL is empty. */
ProtobufCBinaryData kpc_head_text(const char *text);
/* A copy of a `bytes` member as a C string, up to its first NUL; or NULL. */
char *kpc_head_strdup(ProtobufCBinaryData bytes);

#endif /* KPC_HEAD_H */
