#include <sys/ioctl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "lavavisorctl/event_line.h"
#include "lavavisorctl/events.h"
#include "lavavisorctl/screen_text.h"

static int	passes(struct event_printer *, const struct progress *);
static void	print_bar(struct event_printer *, const struct progress *);

void
events_begin(struct event_printer *ep, FILE *out, int bars)
{
	struct winsize	 ws;

	memset(ep, 0, sizeof(*ep));
	ep->out = out;
	ep->columns = 80;
	if (!bars || !isatty(fileno(out)))
		return;
	ep->bars = 1;
	if (ioctl(fileno(out), TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0)
		ep->columns = ws.ws_col;
}

static void
print_bar(struct event_printer *ep, const struct progress *p)
{
	char	 line[512];

	if (ep->bar_open && strcmp(ep->what, p->what) != 0)
		events_end(ep);
	strlcpy(ep->what, p->what, sizeof(ep->what));
	ep->bar = *p;
	progress_bar(p, (size_t)ep->columns - 1, line, sizeof(line));
	fprintf(ep->out, "\r%s\033[K", line);
	ep->bar_open = 1;
	if (p->total > 0 && p->done == p->total)
		events_end(ep);
}

/* In a pipe each tenth of a file is a line, not each of many steps */
static int
passes(struct event_printer *ep, const struct progress *p)
{
	int	 tenth, fresh = strcmp(ep->what, p->what) != 0;

	tenth = p->total == 0 ? 0 :
	    (int)((double)p->done * 10 / (double)p->total);
	if (!fresh && tenth == ep->tenth)
		return 0;
	strlcpy(ep->what, p->what, sizeof(ep->what));
	ep->tenth = tenth;
	return 1;
}

void
events_print(struct event_printer *ep, const json_t *event)
{
	struct progress	 p;
	char		 line[EVENT_LINE_SIZE], *safe;
	int		 rolls;

	if (event_progress(event, &p)) {
		if (ep->bars) {
			print_bar(ep, &p);
			fflush(ep->out);
			return;
		}
		if (!passes(ep, &p))
			return;
	}
	rolls = ep->bars && event_roll(event, &p);
	/* Lines come above the bar of a roll, which then is drawn again. */
	if (ep->bar_open && ep->bar.counts) {
		fprintf(ep->out, "\r\033[K");
		ep->bar_open = 0;
		if (!rolls && !event_is_end(event)) {
			p = ep->bar;
			rolls = 1;
		}
	}
	events_end(ep);
	event_line(event, line);
	safe = screen_text(line, strlen(line));
	fprintf(ep->out, "%s\n", safe);
	free(safe);
	if (rolls)
		print_bar(ep, &p);
	fflush(ep->out);
}

void
events_end(struct event_printer *ep)
{
	if (!ep->bar_open)
		return;
	fputc('\n', ep->out);
	ep->bar_open = 0;
	ep->what[0] = '\0';
}
