/*
 * Whether it was the kernel that killed a service, for want of memory.  A
 * status says only SIGKILL, which anybody may send; the kernel's count of such
 * kills, when it has just gone up, says the rest.
 */

#ifndef LAVAVISORD_OUT_OF_MEMORY_H
#define LAVAVISORD_OUT_OF_MEMORY_H

/* Looks at the count; called at the start and with each answer of the chain. */
void	 out_of_memory_look(void);

/*
 * What to say of a service that has just died of a SIGKILL which is not ours:
 * a static text, "perhaps" when the last looks were long ago; NULL when memory
 * has nothing to do with it or it is not known.
 */
const char *out_of_memory_why(void);

#endif
