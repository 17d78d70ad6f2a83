#include "compat/oom_score.h"

void
oom_score_reset(void)
{
}
