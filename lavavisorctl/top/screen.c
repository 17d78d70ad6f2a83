#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curses.h>

#include "lavavisorctl/top/screen.h"

#define ESCAPE_MS	25	/* until a lone ESC is one */

static int	 with_colour;

static attr_t	attributes(enum look);

int
screen_begin(int colour, char *why, size_t size)
{
	const char	*term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		snprintf(why, size, "top needs a terminal; for a file or a "
		    "program there is `show services'");
		return -1;
	}
	setlocale(LC_CTYPE, "");
	if (newterm(NULL, stdout, stdin) == NULL) {
		snprintf(why, size, "the terminal \"%s\" is not known: set "
		    "TERM", term == NULL ? "" : term);
		return -1;
	}
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	with_colour = colour && has_colors();
	if (with_colour) {
		start_color();
		use_default_colors();
		init_pair(1, COLOR_GREEN, -1);
		init_pair(2, COLOR_YELLOW, -1);
		init_pair(3, COLOR_RED, -1);
	}
	return 0;
}

void
screen_end(void)
{
	endwin();
}

int
screen_lines(void)
{
	return LINES;
}

int
screen_columns(void)
{
	return COLS;
}

static attr_t
attributes(enum look look)
{
	switch (look) {
	case LOOK_TITLE:
	case LOOK_CHOSEN:
		return A_REVERSE;
	case LOOK_GOOD:
		return with_colour ? (attr_t)COLOR_PAIR(1) : A_NORMAL;
	case LOOK_WARN:
		return with_colour ? (attr_t)COLOR_PAIR(2) : A_NORMAL;
	case LOOK_BAD:
		return with_colour ? (attr_t)COLOR_PAIR(3) | A_BOLD : A_BOLD;
	case LOOK_DIM:
		return A_DIM;
	default:
		return A_NORMAL;
	}
}

void
screen_put(int line, const char *text, enum look look)
{
	attr_t	 a = attributes(look);

	if (line < 0 || line >= LINES)
		return;
	attrset(a);
	/* The corner at the lower right cannot be written: that is no error. */
	(void)mvaddstr(line, 0, text);
	attrset(A_NORMAL);
	clrtoeol();
}

void
screen_flush(void)
{
	refresh();
}

void
screen_beep(void)
{
	beep();
}

int
screen_key(void)
{
	int	 c = getch();

	switch (c) {
	case ERR:
		return KEY_OF_NONE;
	case KEY_UP:
		return KEY_OF_UP;
	case KEY_DOWN:
		return KEY_OF_DOWN;
	case KEY_PPAGE:
		return KEY_OF_PAGE_UP;
	case KEY_NPAGE:
		return KEY_OF_PAGE_DOWN;
	case KEY_HOME:
		return KEY_OF_HOME;
	case KEY_END:
		return KEY_OF_END;
	case KEY_RESIZE:
		clear();
		return KEY_OF_RESIZE;
	case KEY_ENTER:
	case '\r':
		return '\n';
	default:
		return c < 0 || c > 255 ? KEY_OF_NONE : c;
	}
}
