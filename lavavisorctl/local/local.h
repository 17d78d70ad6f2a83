/*
 * Commands that work on this machine's files and programs and need no daemon,
 * or start one: LavaVisor's own (init, create-service, start, ...) and what
 * belongs to them.  lavavisorctl has them as further words; installed under
 * the name lavavisor it takes them with LavaVisor's idea of directories
 * (place.h).
 */

#ifndef LAVAVISORCTL_LOCAL_H
#define LAVAVISORCTL_LOCAL_H

#include <stddef.h>

/* Exit codes, those of lavavisorctl(8) */
#define LOCAL_DONE	0
#define LOCAL_FAILED	1
#define LOCAL_USAGE	2
#define LOCAL_NOTHING	3

struct local_command {
	const char	*name;
	const char	*arguments;	/* for people, as in a synopsis */
	const char	*what;		/* for people: one line */
	const char	*example;	/* a whole line without the program */
	int		 lavavisor_only; /* lavavisorctl means another thing */
	/* argv[0] is the command's name; returns the exit code. */
	int		(*run)(int argc, char *const argv[]);
};

extern const struct local_command	 local_commands[];
extern const size_t			 local_commands_count;

/* The program's name as it was called: "lavavisor" or "lavavisorctl" */
const char	*local_program(void);

/* 1 if it was called as lavavisor: then LavaVisor's habits hold. */
int	 local_is_lavavisor(void);

/*
 * The command that argv names as its first word, in full or cut short as far
 * as no other command fits, or NULL: then it is one for the daemon.  *at gets
 * its place in argv.
 */
const struct local_command	*local_find(int argc, char *const argv[],
	    int *at);

/*
 * What to type instead of a command of lavavisor's that lavavisorctl has not,
 * if argv names one, else NULL.
 */
const char	*local_gone(int argc, char *const argv[]);

/* Runs it; options that stand before its name count as behind it. */
int	 local_run(const struct local_command *, int at, int argc,
	    char *const argv[]);

/* Prints the options of the command of that name that begin as was typed. */
void	 local_options(const char *name, const char *typed);

/* "PROGRAM: text", one line on stderr, whatever is in it; returns code. */
int	 local_complain(int code, const char *fmt, ...)
	    __attribute__((__format__(__printf__, 2, 3)));

/* The help of one command on stdout, `lavavisor init --help' */
void	 local_usage(const struct local_command *);

/* The same for the one of that name; LOCAL_DONE. */
int	 local_help(const char *name);

/* The commands, one each in its file */
int	 local_create_service(int argc, char *const argv[]);
int	 local_import(int argc, char *const argv[]);
int	 local_init(int argc, char *const argv[]);
int	 local_remove_service(int argc, char *const argv[]);
int	 local_start(int argc, char *const argv[]);
int	 local_top(int argc, char *const argv[]);
int	 local_version(int argc, char *const argv[]);
int	 local_wrap(int argc, char *const argv[]);	/* pod as well */

struct place;

/*
 * What `start' does for a place: executes lavavisord in our stead, or lets the
 * one that runs there start all services.  Returns the exit code.
 */
int	 start_here(const struct place *);

#endif
