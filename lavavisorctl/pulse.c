#include <string.h>

#include "common/message.h"
#include "lavavisorctl/conversation.h"
#include "lavavisorctl/pulse.h"
#include "lavavisorctl/sockets.h"

int
pulse_felt(const struct command *command, const char *path, int timeout_s)
{
	struct invocation	 inv;
	struct hearing		 h;
	char			 own[SOCKET_PATH_SIZE], why[TEXT_SIZE];
	int			 fd, code;

	memset(&inv, 0, sizeof(inv));
	inv.command = command;
	inv.socket = path;
	inv.request.catalogue = MESSAGE_CATALOGUE;
	inv.request.verb = VERB_SHOW_SANDBOX;
	if ((fd = daemon_connect(&inv, own, why, sizeof(why), &code)) == -1)
		return 1;
	return conversation_ask(fd, own, &inv.request, timeout_s, &h) !=
	    HEARD_SILENCE;
}
