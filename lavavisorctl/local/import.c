#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lavavisorctl/local/import_files.h"
#include "lavavisorctl/local/import_plan.h"
#include "lavavisorctl/local/local.h"
#include "lavavisorctl/local/next_step.h"
#include "lavavisorctl/local/options.h"
#include "lavavisorctl/local/place.h"

#define UNITS		"/etc/systemd/system"
#define OWN_DIRECTORY	".lavavisor"

/* What the command line says */
struct order {
	const char	*from, *directory, *units;
	int		 only_say;
	int		 help;
};

static int	find_source(struct import_plan *, const struct order *,
		    char *, size_t);
static void	help(void);
static int	read_order(struct order *, int, char *const [], char *,
		    size_t);
static void	say(const struct import_plan *, const struct place *,
		    const struct order *);
static void	say_first(const struct import_plan *);
static void	say_rest(const struct import_plan *, size_t);

static void
help(void)
{
	printf("usage: %s import [--from DIR] [-n] [--directory DIR] "
	    "[--units DIR]\n\n"
	    "Takes over what LavaVisor or cosmovisor ran: services from the "
	    "units of\nsystemd, lavap's configs, the versions that lie "
	    "there.  Nothing is changed in\nDIR, unless it is the directory "
	    "itself: then its config.yml is kept as\n"
	    "config.yml.lavavisor.\n\n"
	    "  --from DIR       LavaVisor's directory (~/.lavavisor), or "
	    "DAEMON_HOME\n"
	    "  -n, --dry-run    only say what would be taken, and what not\n"
	    "  --directory DIR  whose services they become\n"
	    "  --units DIR      where the units are (" UNITS ")\n\n"
	    "example:\n  %s import --from /home/lava/.lavavisor -n\n",
	    local_program(), local_program());
}

static int
read_order(struct order *o, int argc, char *const argv[], char *why,
    size_t size)
{
	const struct option_taken	 taken[] = {
		{ "from", '\0', NULL, &o->from },
		{ "dry-run", 'n', &o->only_say, NULL },
		{ "directory", '\0', NULL, &o->directory },
		{ "units", '\0', NULL, &o->units },
		{ NULL, '\0', NULL, NULL }
	};
	struct options			 options;

	memset(o, 0, sizeof(*o));
	if (options_parse(&options, taken, argc, argv, why, size) == -1)
		return -1;
	o->help = options.help;
	if (options.nwords > 0 || options.nrest > 0) {
		snprintf(why, size, "\"%s\": import takes no words; the "
		    "directory to take from is --from's", options.nwords > 0 ?
		    options.words[0] : options.rest[0]);
		return -1;
	}
	if (o->units == NULL)
		o->units = UNITS;
	return 0;
}

/* LavaVisor has always been in ~/.lavavisor, and --directory in front of it */
static int
find_source(struct import_plan *p, const struct order *o, char *why,
    size_t size)
{
	const char	*home = getenv("HOME"), *from = o->from;
	struct passwd	*pw;
	char		 own[PATH_MAX];

	if (from == NULL) {
		if (home == NULL && (pw = getpwuid(getuid())) != NULL)
			home = pw->pw_dir;
		snprintf(own, sizeof(own), "%s/" OWN_DIRECTORY,
		    home != NULL ? home : "");
		from = own;
	}
	if (realpath(from, p->from) == NULL) {
		snprintf(why, size, "%.3000s: %s: name the directory to take "
		    "from with --from", from, strerror(errno));
		return -1;
	}
	p->units = o->units;
	p->privileged = geteuid() == 0;
	return 0;
}

static void
say_rest(const struct import_plan *p, size_t first)
{
	size_t	 i;

	if (first < p->nnotes && first == 0)
		printf("not taken, or not as it was:\n");
	for (i = first; i < p->nnotes; i++)
		printf("  %s\n", p->notes[i]);
}

/* Two of one service are worse than none. */
static void
say_first(const struct import_plan *p)
{
	const char	*base;
	size_t		 i, n = 0;

	for (i = 0; i < p->nservices; i++) {
		base = strrchr(p->services[i].file, '/');
		if (base == NULL || strstr(base, ".service") == NULL)
			continue;
		if (n++ == 0)
			printf("first: stop LavaVisor or cosmovisor, and "
			    "systemctl disable --now");
		printf(" %s", base + 1);
	}
	if (n > 0)
		putchar('\n');
}

static void
say(const struct import_plan *p, const struct place *place,
    const struct order *o)
{
	const struct import_service	*s;
	const char			*user;
	size_t				 i;

	printf("%s %s into %s:\n", o->only_say ? "would take" : "takes",
	    p->from, place->directory);
	for (i = 0; i < p->nservices; i++) {
		s = &p->services[i];
		user = s->user != NULL ? s->user : import_own_user();
		printf("  service %s, as %s, from %s\n", s->name, user,
		    s->file);
		if (s->config != NULL)
			printf("    with %s\n", s->config_path);
	}
	for (i = 0; i < p->nversions; i++)
		printf("  version %s%s: %s\n", p->versions[i].version,
		    strcmp(p->versions[i].version, p->running) == 0 ?
		    ", which runs" : "", import_has_version(place,
		    p->versions[i].version) ? "there already" :
		    "imported, on your word: nobody signed it");
	if (p->nservices == 0 && p->nversions == 0)
		printf("  nothing\n");
	say_rest(p, 0);
}

int
local_import(int argc, char *const argv[])
{
	struct import_plan	 plan;
	struct import_done	 done = { 0, 0 };
	struct order		 o;
	struct place		 place;
	char			 why[PATH_MAX + 512], real[PATH_MAX];
	size_t			 told;
	int			 in_place, code = LOCAL_DONE;

	if (read_order(&o, argc, argv, why, sizeof(why)) == -1)
		return local_complain(LOCAL_USAGE, "%s", why);
	if (o.help) {
		help();
		return LOCAL_DONE;
	}
	memset(&plan, 0, sizeof(plan));
	if (place_find(&place, o.directory, why, sizeof(why)) == -1 ||
	    find_source(&plan, &o, why, sizeof(why)) == -1)
		return local_complain(LOCAL_FAILED, "%s", why);
	plan.target = place.directory;
	in_place = realpath(place.directory, real) != NULL &&
	    strcmp(real, plan.from) == 0;
	if ((import_is_cosmovisor(&plan) ? import_cosmovisor(&plan, why,
	    sizeof(why)) : import_lavavisor(&plan, why, sizeof(why))) == -1) {
		import_plan_free(&plan);
		return local_complain(LOCAL_FAILED, "%s", why);
	}
	say(&plan, &place, &o);
	fflush(stdout);
	told = plan.nnotes;
	if (o.only_say || (plan.nservices == 0 && plan.nversions == 0))
		code = plan.nservices + plan.nversions > 0 ? LOCAL_DONE :
		    LOCAL_NOTHING;
	else if (import_files(&plan, o.directory, in_place, &done, why,
	    sizeof(why)) == -1)
		code = local_complain(LOCAL_FAILED, "%s: nothing is changed",
		    why);
	else {
		import_versions(&plan, &place, &done);
		say_rest(&plan, told);
		if (done.failed > 0)
			code = LOCAL_FAILED;
		else if (done.written == 0) {
			printf("all of it was there already\n");
			code = LOCAL_NOTHING;
		}
		if (code != LOCAL_NOTHING) {
			say_first(&plan);
			next_step(&place, o.directory, 0);
		}
	}
	import_plan_free(&plan);
	return code;
}
