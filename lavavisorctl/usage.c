#include <stdio.h>
#include <string.h>

#include "lavavisorctl/commands.h"
#include "lavavisorctl/local/local.h"
#include "lavavisorctl/usage.h"

struct example {
	enum verb	 verb;
	const char	*line;
	const char	*what;
};

static const struct example	 examples[] = {
	{ VERB_SHOW_SERVICES, "show services", "what runs" },
	{ VERB_SHOW_SERVICES, "show service provider1-ETH1", NULL },
	{ VERB_SHOW_SERVICES,
	    "show services -j | jq -r '.[] | select(.state != \"running\")"
	    ".name'", "names of what does not" },
	{ VERB_SHOW_VERSIONS, "show versions", "is everything up to date?" },
	{ VERB_SHOW_NODES, "show nodes", "are the chain's nodes well?" },
	{ VERB_SHOW_UPGRADES, "show upgrades", "how upgrades went" },
	{ VERB_SHOW_SANDBOX, "show sandbox", "which walls are up" },
	{ VERB_SHOW_CONFIG, "show config", "which daemon, and what it goes by" },
	{ VERB_SHOW_CONFIG, "show config provider1-ETH1", NULL },
	{ VERB_SHOW_HISTORY, "show history -n 20", "the last events" },
	{ VERB_MONITOR, "monitor -j", "events for a program" },
	{ VERB_MONITOR, "monitor -j --from 1234", "and those it has missed" },
	{ VERB_WAIT, "wait -t 5m provider1-ETH1 running",
	    "in a script, exit code 0 or 1" },
	{ VERB_WAIT, "wait -t 1h all version 6.2.5",
	    "until every service runs it" },
	{ VERB_UPGRADE_CHECK, "upgrade check", "exit code 3: nothing to do" },
	{ VERB_UPGRADE_NOW, "upgrade now", "watch it; ^C detaches" },
	{ VERB_UPGRADE_TO, "upgrade to 6.2.5", "there and no further" },
	{ VERB_UPGRADE_ROLLBACK, "upgrade rollback", "the new one is no good" },
	{ VERB_UPGRADE_PREPARE, "upgrade prepare",
	    "before the day: exit code 3, all is there" },
	{ VERB_UPGRADE_PREPARE, "upgrade prepare 6.2.6", NULL },
	{ VERB_PIN, "pin 6.2.4", "stay on it, whatever the chain wants" },
	{ VERB_UNPIN, "unpin", NULL },
	{ VERB_APPROVE, "upgrade approve", "the step that waits for you" },
	{ VERB_APPROVE, "upgrade approve 7.0.0", NULL },
	{ VERB_NODES_FORGET, "nodes forget", "after a testnet was reset" },
	{ VERB_INSTALL, "install lavap-v6.2.5-linux-amd64 "
	    "--sums sha256sum.txt --sig sha256sum.txt.sig",
	    "without a download, verified all the same" },
	{ VERB_START, "start provider1-ETH1", NULL },
	{ VERB_STOP, "stop all", NULL },
	{ VERB_RESTART, "restart provider1-ETH1", NULL },
	{ VERB_LOG, "log -f provider1-ETH1", "follow its output" },
	{ VERB_LOG, "log -n all provider1-ETH1 | grep -i error", NULL },
	{ VERB_HOLD, "hold 'a quiet weekend'", NULL },
	{ VERB_RESUME, "resume", NULL },
	{ VERB_RELOAD, "reload -n", "what would a changed file do?" },
	{ VERB_REEXEC, "reexec", "after a package upgrade" },
	{ VERB_SHUTDOWN, "shutdown --keep-services", NULL }
};

static void	print_command(FILE *, const struct command *);
static void	print_examples(FILE *, const struct command *);
static void	print_local(FILE *, const struct local_command *);

void
usage_short(FILE *out)
{
	fprintf(out, "usage: %s [-j] [-s socket] [--directory DIR] "
	    "[-t SECONDS] command ...\n"
	    "       %s --help\n", local_program(), local_program());
}

static void
print_command(FILE *out, const struct command *c)
{
	char	 words[64];

	snprintf(words, sizeof(words), "%s%s%s%s%s", c->first,
	    c->second == NULL ? "" : " ", c->second == NULL ? "" : c->second,
	    c->arguments[0] == '\0' ? "" : " ", c->arguments);
	fprintf(out, "  %-37s%s\n", words, c->what);
}

static void
print_examples(FILE *out, const struct command *only)
{
	size_t	 i;

	fprintf(out, "\nexamples:\n");
	for (i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		if (only != NULL && examples[i].verb != only->verb)
			continue;
		if (examples[i].what != NULL)
			fprintf(out, "  # %s\n", examples[i].what);
		fprintf(out, "  lavavisorctl %s\n", examples[i].line);
	}
}

static void
print_local(FILE *out, const struct local_command *c)
{
	char	 words[128];

	snprintf(words, sizeof(words), "%s %s", c->name, c->arguments);
	if (strlen(words) < 37)
		fprintf(out, "  %-37s%s\n", words, c->what);
	else
		fprintf(out, "  %s\n  %-37s%s\n", words, "", c->what);
}

void
usage_long(FILE *out, const struct command *only)
{
	size_t	 i;

	if (only != NULL) {
		print_command(out, only);
		print_examples(out, only);
		return;
	}
	usage_short(out);
	fprintf(out, "\ncommands (each word may be cut short while it fits "
	    "only one):\n");
	for (i = 0; i < commands_count; i++)
		print_command(out, &commands[i]);
	fprintf(out, "\non this machine's files, without a daemon:\n");
	for (i = 0; i < local_commands_count; i++)
		print_local(out, &local_commands[i]);
	fprintf(out, "\noptions:\n"
	    "  -j, --json          answers as the daemon gives them, JSON\n"
	    "  -s, --socket PATH   the daemon of this socket\n"
	    "      --directory DIR the daemon of this directory\n"
	    "  -t, --timeout TIME  silence of the daemon that is an error\n"
	    "  -h, --help          this, or the help of the command\n"
	    "  -V, --version       the version of lavavisorctl\n"
	    "\nexit codes: 0 done, 1 failed, 2 usage, 3 nothing to do, "
	    "4 no daemon, 5 not allowed\n");
	print_examples(out, NULL);
}
