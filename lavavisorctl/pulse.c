#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "lavavisorctl/conversation.h"
#include "lavavisorctl/pulse.h"
#include "lavavisorctl/sockets.h"

int
pulse_felt(const struct command *command, const char *path, int timeout_s)
{
	struct invocation	 inv;
	struct conversation	 c;
	struct hearing		 h;
	enum heard		 heard;
	char			 own[SOCKET_PATH_SIZE], why[TEXT_SIZE];
	int			 fd, code;

	memset(&inv, 0, sizeof(inv));
	inv.command = command;
	inv.socket = path;
	inv.request.catalogue = MESSAGE_CATALOGUE;
	inv.request.verb = VERB_SHOW_SANDBOX;
	if ((fd = daemon_connect(&inv, own, why, sizeof(why), &code)) == -1)
		return 1;
	if (conversation_open(&c, fd, own, &inv.request, timeout_s) == -1) {
		close(fd);
		return 1;
	}
	do {
		heard = conversation_hear(&c, -1, &h);
		if (h.fd != -1)
			close(h.fd);
	} while (heard == HEARD_LINE || heard == HEARD_NOTHING);
	conversation_close(&c);
	return heard != HEARD_SILENCE;
}
