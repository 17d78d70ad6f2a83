#include "lavavisorctl/option_table.h"

const struct option_rule	 option_rules[] = {
	{ OPT_JSON, 'j', "json", NULL, NULL, NULL,
	    "answers as the daemon gives them, JSON" },
	{ OPT_SOCKET, 's', "socket", "PATH", NULL, NULL,
	    "the daemon of this socket" },
	{ OPT_DIRECTORY, '\0', "directory", "DIR", NULL, NULL,
	    "the daemon of this directory" },
	{ OPT_TIMEOUT, 't', "timeout", "TIME", NULL, NULL,
	    "silence of the daemon that is an error" },
	{ OPT_HELP, 'h', "help", NULL, NULL, NULL,
	    "this, or the help of the command" },
	{ OPT_VERSION, 'V', "version", NULL, NULL, NULL,
	    "the version of lavavisorctl" },
	{ OPT_FOLLOW, 'f', "follow", NULL, "log", NULL,
	    "go on as more is written" },
	{ OPT_LINES, 'n', "lines", "LINES", "log", NULL,
	    "so many, or all; else 10" },
	{ OPT_LINES, 'n', "lines", "LINES", "show", "history",
	    "so many, or all; else 50" },
	{ OPT_FROM, '\0', "from", "SEQ", "monitor", NULL,
	    "first what came after this event" },
	{ OPT_DRY_RUN, 'n', "dry-run", NULL, "reload", NULL,
	    "only say what would happen" },
	{ OPT_VERIFY, 'v', "verify", NULL, "show", "versions",
	    "hash what is installed first" },
	{ OPT_KEEP, '\0', "keep-services", NULL, "shutdown", NULL,
	    "end only the daemon" },
	/* Behind the word, another one than the program's own above */
	{ OPT_FILE_VERSION, '\0', "version", "VERSION", "install", NULL,
	    "when the file's name does not say it" },
	{ OPT_SUMS, '\0', "sums", "LIST", "install", NULL,
	    "the checksum list of the release" },
	{ OPT_SIGNATURE, '\0', "sig", "SIGNATURE", "install", NULL,
	    "of the list by signify or minisign, or of the file" },
	{ OPT_IMPORTED, '\0', "imported", NULL, "install", NULL,
	    "trust the file as it is, on your word" },
	{ OPT_STDIN, '\0', "stdin", NULL, "unlock", NULL,
	    "the first line of standard input" },
	{ OPT_AGAIN, '\0', "again", NULL, "unlock", NULL,
	    "from where its `passphrase:' says, as a file" },
	{ OPT_DRY_RUN, 'n', "dry-run", NULL, "upgrade", "prepare",
	    "only say what would be done" }
};

const size_t	 option_rules_count = sizeof(option_rules) /
		    sizeof(option_rules[0]);
