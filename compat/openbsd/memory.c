#include "compat/memory.h"

void
memory_drop_text(void)
{
}
