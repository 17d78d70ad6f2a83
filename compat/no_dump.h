/*
 * A process whose memory is nobody else's to read.
 */

#ifndef COMPAT_NO_DUMP_H
#define COMPAT_NO_DUMP_H

/*
 * on 1: no core dump is made of this process, and on Linux no other process of
 * the same user may trace it or read its memory (on OpenBSD only parents may
 * anyway).  0: as it was before.  An exec ends what is Linux's own of it.  0,
 * or -1 with errno.
 */
int	 no_dump(int on);

#endif
