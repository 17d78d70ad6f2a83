/*
 * The terminal of top, by curses(3).
 */

#ifndef TOP_SCREEN_H
#define TOP_SCREEN_H

#include <stddef.h>

/* Keys that are no character */
#define KEY_OF_NONE	(-1)
#define KEY_OF_UP	256
#define KEY_OF_DOWN	257
#define KEY_OF_PAGE_UP	258
#define KEY_OF_PAGE_DOWN 259
#define KEY_OF_HOME	260
#define KEY_OF_END	261
#define KEY_OF_ESCAPE	27
#define KEY_OF_RESIZE	262	/* size has changed: draw anew */

enum look {
	LOOK_PLAIN,
	LOOK_TITLE,	/* reverse */
	LOOK_CHOSEN,
	LOOK_GOOD,
	LOOK_WARN,
	LOOK_BAD,
	LOOK_DIM
};

/* 0, or -1 with why: no terminal, or one that curses does not know. */
int	 screen_begin(int colour, char *why, size_t size);
void	 screen_end(void);

int	 screen_lines(void);
int	 screen_columns(void);

/* A whole line of the screen; text as text_fit() makes it. */
void	 screen_put(int line, const char *text, enum look);
void	 screen_flush(void);
void	 screen_beep(void);

/* The next key that was pressed, KEY_OF_NONE if none waits. */
int	 screen_key(void);

#endif
