/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * batch_fields - the field numbers of a Batch and its parts in the schema, for
 * those who write (batch.c) and read (rows.c) them without protobuf-c
 */
#ifndef KPC_BATCH_FIELDS_H
#define KPC_BATCH_FIELDS_H

enum batch_number {
	BATCH_TIME_BASE = 1,
	BATCH_TIME_LO = 2,
	BATCH_TIME_HI = 3,
	BATCH_TABLE_INDEX = 4,
	BATCH_TID = 5,
	BATCH_TABLE = 6,
	BATCH_LOSS = 7,
	BATCH_STACKS = 8,
	BATCH_UNPARSED = 9,
	BATCH_UNPARSED_RECORD = 10,
	BATCH_CGROUP = 11,
	BATCH_NUMBERS,
};

enum table_number {
	TABLE_EVENT = 1,
	TABLE_ROWS = 2,
	TABLE_COLUMN = 3,
	TABLE_STACK = 4,
	TABLE_PAYLOAD = 5,
	TABLE_WEIGHT = 6,
	TABLE_DISTINCT = 7,
	TABLE_ROW = 8,
	TABLE_NUMBERS,
};

enum stacks_number {
	STACKS_DEPTH = 1,
	STACKS_FRAME = 2,
};

enum loss_number {
	LOSS_AFTER = 1,
	LOSS_COUNT = 2,
	LOSS_EVENT = 3,
};

#endif /* KPC_BATCH_FIELDS_H */
