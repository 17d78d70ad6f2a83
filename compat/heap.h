/*
 * The heap of a parent is nothing that its children need, and to copy it, fault
 * in it and throw it away again is a good part of what a start costs.
 */

#ifndef COMPAT_HEAP_H
#define COMPAT_HEAP_H

/*
 * 0: processes that are forked from now on have nothing of what malloc(3) gave
 * us: they must touch none of it, and not call malloc(3).  1: as usual.  On
 * Linux the heap proper (brk(2)) by madvise(2); elsewhere, and under
 * sanitizers, nothing changes.
 */
void	 heap_inherit(int);

#endif
