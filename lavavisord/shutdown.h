/*
 * The end of the daemon: services with grace, then rooms.
 */

#ifndef LAVAVISORD_SHUTDOWN_H
#define LAVAVISORD_SHUTDOWN_H

/*
 * Begins it; a second call shortens what the first waits for.  keep: services
 * run on, and the supervisor drains their output until they have ended or the
 * next parent comes; a second call without keep stops them after all.  One that
 * comes while another program is about to take over prevents that.
 */
void	 shutdown_begin(int keep);

/* A child has ended: is that all? */
void	 shutdown_step(void);

#endif
