/* SPDX-License-Identifier: GPL-2.0-only */
/* See functions.h: all return the sum of their first two arguments. */
#include <linux/linkage.h>

	.text

/* As gcc's -mfentry -mrecord-mcount has it, for ftrace to find. */
.macro FENTRY
.Lfentry\@:
	call	__fentry__
	.pushsection __mcount_loc, "a", @progbits
	.quad	.Lfentry\@
	.popsection
.endm

.macro BODY_1
	movl	$5, %eax
	leaq	(%rdi, %rsi), %rax
	RET
.endm

.macro BODY_2
	movq	%rdi, %rax
	xorl	%ecx, %ecx
	addq	%rsi, %rax
	leaq	(%rax, %rcx), %rax
	RET
.endm

.macro BODY_3
	pushq	%r12
	pushq	%rbx
	xorl	%eax, %eax
	movq	%rdi, %r12
	movq	%rsi, %rbx
	leaq	(%r12, %rbx), %rax
	popq	%rbx
	popq	%r12
	RET
.endm

.macro BODY_5
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rbx
	movq	%rdi, %rbx
	leaq	(%rbx, %rsi), %rax
	popq	%rbx
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	RET
.endm

/* Three turns, each of which comes to the second instruction. */
.macro BODY_LOOP
	movq	%rdi, %rax
.Lagain\@:
	leaq	1(%rdx), %rdx
	andl	$3, %edx
	jnz	.Lagain\@
	addq	%rsi, %rax
	RET
.endm

SYM_FUNC_START(kpxt_win_1)
	BODY_1
SYM_FUNC_END(kpxt_win_1)

SYM_FUNC_START(kpxt_win_2)
	BODY_2
SYM_FUNC_END(kpxt_win_2)

SYM_FUNC_START(kpxt_win_3)
	BODY_3
SYM_FUNC_END(kpxt_win_3)

SYM_FUNC_START(kpxt_win_5)
	BODY_5
SYM_FUNC_END(kpxt_win_5)

SYM_FUNC_START(kpxt_win_loop)
	BODY_LOOP
SYM_FUNC_END(kpxt_win_loop)

/*
 * A symbol of 4 bytes: too few for a jump. The next one follows at once, since
 * the kernel takes what is between two symbols for the first one's.
 */
SYM_FUNC_START(kpxt_win_short)
	jmp	kpxt_win_short_tail
.Lreturn:
	RET
SYM_INNER_LABEL(kpxt_win_short_tail, SYM_L_LOCAL)
	addq	%rdi, %rsi
	nop
SYM_INNER_LABEL(kpxt_win_short_next, SYM_L_LOCAL)
	movq	%rsi, %rax
	jmp	.Lreturn
SYM_FUNC_END(kpxt_win_short)

SYM_FUNC_START(kpxt_win_jmp)
	.byte	0xe9
	.long	.Ltarget - . - 4
	int3
.Ltarget:
	leaq	(%rdi, %rsi), %rax
	RET
SYM_FUNC_END(kpxt_win_jmp)

SYM_FUNC_START(kpxt_win_call)
	call	kpxt_win_2
	RET
SYM_FUNC_END(kpxt_win_call)

SYM_FUNC_START(kpxt_entry_1)
	FENTRY
	BODY_1
SYM_FUNC_END(kpxt_entry_1)

SYM_FUNC_START(kpxt_entry_2)
	FENTRY
	BODY_2
SYM_FUNC_END(kpxt_entry_2)

SYM_FUNC_START(kpxt_entry_3)
	FENTRY
	BODY_3
SYM_FUNC_END(kpxt_entry_3)

SYM_FUNC_START(kpxt_entry_5)
	FENTRY
	BODY_5
SYM_FUNC_END(kpxt_entry_5)

SYM_FUNC_START(kpxt_entry_loop)
	FENTRY
	BODY_LOOP
SYM_FUNC_END(kpxt_entry_loop)
