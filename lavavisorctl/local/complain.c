#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lavavisorctl/local/local.h"
#include "lavavisorctl/screen_text.h"

const char *
local_program(void)
{
	return getprogname();
}

int
local_is_lavavisor(void)
{
	return strcmp(getprogname(), "lavavisor") == 0;
}

int
local_complain(int code, const char *fmt, ...)
{
	char	 text[2048], *safe;
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	safe = screen_text(text, strlen(text));
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", local_program(), safe);
	free(safe);
	return code;
}
