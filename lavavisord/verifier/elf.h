/*
 * Is a file a program for this machine?  Only the ELF header is read (System
 * V ABI, "Object Files"): enough to notice a file for another machine, an
 * archive, a web page with status 200, a shell script.
 */

#ifndef VERIFIER_ELF_H
#define VERIFIER_ELF_H

#include <stddef.h>
#include <stdint.h>

#define ELF_HEADER_SIZE	64

struct elf_target {
	const char	*system;	/* linux, openbsd: as in file names */
	const char	*arch;		/* amd64, arm64 */
	uint16_t	 machine;	/* e_machine */
	uint8_t		 os_abi;	/* EI_OSABI besides 0, System V */
};

/*
 * What runs on the system that uname(3) calls sysname and machine; NULL: no
 * such system is known.  The answer is static.
 */
const struct elf_target	*elf_target(const char *sysname, const char *machine);

/*
 * Looks at the first len bytes (all of a short file, else at least
 * ELF_HEADER_SIZE) of a file of size bytes.  scripts: "#!/..." will do
 * as well.  0, or -1 with *why a static text that follows a file name.
 */
int	 elf_check(const void *head, size_t len, uint64_t size,
	    const struct elf_target *, int scripts, const char **why);

#endif
