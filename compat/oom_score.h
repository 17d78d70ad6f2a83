/*
 * Who is ended first when memory runs out (Linux, proc(5) oom_score_adj).
 */

#ifndef COMPAT_OOM_SCORE_H
#define COMPAT_OOM_SCORE_H

/*
 * The calling process is to be as likely as any other: what was set for the
 * daemon is not meant for its services.  To lower it needs rights; that it
 * cannot be is no error.  Does nothing on OpenBSD.
 */
void	 oom_score_reset(void);

#endif
