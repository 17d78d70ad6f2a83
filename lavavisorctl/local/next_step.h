/*
 * What is to be done once files were changed: the running daemon is told of
 * it, or its operator what to type.
 */

#ifndef LAVAVISORCTL_NEXT_STEP_H
#define LAVAVISORCTL_NEXT_STEP_H

struct place;

/*
 * directory is what --directory said, NULL if nothing.  Where a daemon of
 * this place answers it is told to reload, or the command for that is
 * printed; where none does, the one to start it.  Returns the exit code.
 */
int	 next_step(const struct place *, const char *directory, int reload);

#endif
