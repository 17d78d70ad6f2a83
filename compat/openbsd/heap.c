#include "compat/heap.h"

void
heap_inherit(int on)
{
	(void)on;
}
