#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "lavavisorctl/local/local.h"
#include "lavavisorctl/local/options.h"
#include "lavavisorctl/local/place.h"
#include "lavavisorctl/local/programs.h"

/* The live table is a program of its own: it alone links curses. */
int
local_top(int argc, char *const argv[])
{
	const char			*socket = NULL, *directory = NULL;
	const struct option_taken	 taken[] = {
		{ "socket", 's', NULL, &socket },
		{ "directory", 0, NULL, &directory },
		{ NULL, 0, NULL, NULL }
	};
	struct options	 o;
	struct place	 place;
	char		 why[1024], path[PROGRAM_PATH_SIZE];
	const char	*words[6] = { local_program() };
	size_t		 n = 1;

	if (options_parse(&o, taken, argc, argv, why, sizeof(why)) == -1)
		return local_complain(LOCAL_USAGE, "%s", why);
	if (o.help)
		return local_help("top");
	if (o.nwords > 0 || o.nrest > 0)
		return local_complain(LOCAL_USAGE, "top takes no \"%s\"",
		    o.nwords > 0 ? o.words[0] : o.rest[0]);
	if (socket != NULL) {
		words[n++] = "--socket";
		words[n++] = socket;
	} else if (directory != NULL) {
		if (place_find(&place, directory, why, sizeof(why)) == -1)
			return local_complain(LOCAL_FAILED, "%s", why);
		words[n++] = "--directory";
		words[n++] = place.directory;
	}
	words[n] = NULL;
	program_find_libexec("top", path);
	execv(path, (char *const *)(uintptr_t)words);
	return local_complain(LOCAL_FAILED, "%s: cannot be run: %s: is "
	    "lavavisord installed as a whole?", path, strerror(errno));
}
