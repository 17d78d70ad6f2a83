#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lavavisorctl/local/daemon.h"
#include "lavavisorctl/local/import_files.h"
#include "lavavisorctl/local/local.h"
#include "lavavisorctl/local/programs.h"
#include "lavavisorctl/sockets.h"

static int	any_missing(const struct import_plan *, const struct place *);
static int	install_one(const struct import_version *, const char *);
static void	point_current(const struct import_plan *,
		    const struct place *);

int
import_has_version(const struct place *place, const char *version)
{
	struct stat	 st;
	char		 path[PLACE_PATH_SIZE + 64];

	snprintf(path, sizeof(path), "%s/upgrades/v%s/manifest",
	    place->directory, version);
	return lstat(path, &st) == 0;
}

static int
any_missing(const struct import_plan *p, const struct place *place)
{
	size_t	 i;

	for (i = 0; i < p->nversions; i++)
		if (!import_has_version(place, p->versions[i].version))
			return 1;
	return 0;
}

/* The daemon's words are one line: "installed ..." or why not. */
static int
install_one(const struct import_version *v, const char *socket)
{
	const char *const	 words[] = { "install", v->path, "--version",
	    v->version, "--imported", NULL };
	char			 out[4096], *line;

	if (program_ask(socket, words, out, sizeof(out)) == 0) {
		printf("  version %s: installed\n", v->version);
		return 0;
	}
	while (out[0] != '\0' && out[strlen(out) - 1] == '\n')
		out[strlen(out) - 1] = '\0';
	line = strrchr(out, '\n') != NULL ? strrchr(out, '\n') + 1 : out;
	if (strncmp(line, "lavavisorctl: ", 14) == 0)
		line += 14;
	local_complain(LOCAL_FAILED, "version %s is not installed: %s",
	    v->version, line);
	return -1;
}

/* A first start without a chain takes what `current' points to. */
static void
point_current(const struct import_plan *p, const struct place *place)
{
	char	 link[PLACE_PATH_SIZE + 32], to[VERSION_SIZE + 2];

	if (p->running[0] == '\0' || !import_has_version(place, p->running))
		return;
	snprintf(link, sizeof(link), "%s/upgrades/current", place->directory);
	snprintf(to, sizeof(to), "v%s", p->running);
	if (symlink(to, link) == 0)
		printf("  version %s is what ran: the services begin on it\n",
		    p->running);
	else if (errno != EEXIST)
		local_complain(LOCAL_FAILED, "%s: %s", link, strerror(errno));
}

void
import_versions(struct import_plan *p, const struct place *place,
    struct import_done *done)
{
	struct daemon	 daemon;
	char		 socket[SOCKET_PATH_SIZE], why[4096];
	size_t		 i;
	int		 own = 0, failed = 0;

	if (!any_missing(p, place)) {
		point_current(p, place);
		return;
	}
	if (place_socket(place, socket, sizeof(socket), why, sizeof(why)) ==
	    -1) {
		local_complain(LOCAL_FAILED, "%s", why);
		done->failed++;
		return;
	}
	if (!place_has_daemon(place)) {
		if (daemon_begin(&daemon, place, 0, why, sizeof(why)) == -1) {
			local_complain(LOCAL_FAILED, "no version is "
			    "installed: %s", why);
			done->failed++;
			return;
		}
		own = 1;
	}
	for (i = 0; i < p->nversions; i++) {
		if (import_has_version(place, p->versions[i].version))
			continue;
		if (install_one(&p->versions[i], socket) == 0)
			done->written++;
		else
			failed++;
	}
	done->failed += (size_t)failed;
	if (own)
		daemon_end(&daemon, 0);
	point_current(p, place);
}
