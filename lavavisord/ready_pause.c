#include "lavavisord/ready_pause.h"

#define SHARE		16
#define FEW		8	/* at once cost nobody anything */
#define FIRST_MAX_MS	100

int64_t
ready_pause_ms(int64_t elapsed_ms, size_t asked, int is_command)
{
	int64_t	 least = is_command ? READY_PAUSE_COMMAND_MS :
		    READY_PAUSE_MIN_MS;
	int64_t	 most, pause;

	/* The clock is no one's promise */
	if (elapsed_ms < 0)
		elapsed_ms = 0;
	if (elapsed_ms > READY_PAUSE_MAX_MS * SHARE)
		elapsed_ms = READY_PAUSE_MAX_MS * SHARE;
	pause = elapsed_ms / SHARE;
	if (pause < least)
		pause = least;
	pause += pause * (int64_t)(asked / FEW);
	most = elapsed_ms < FIRST_MAX_MS ? FIRST_MAX_MS : elapsed_ms;
	if (most > READY_PAUSE_MAX_MS)
		most = READY_PAUSE_MAX_MS;
	return pause < most ? pause : most;
}
