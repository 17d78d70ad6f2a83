# What Linux needs besides the common flags: the BSD functions come from
# libbsd's overlay headers, imsg from compat/.
OS_CPPFLAGS !=	${PKG_CONFIG} --cflags libbsd-overlay 2>/dev/null || true
OS_CPPFLAGS +=	-D_GNU_SOURCE -Icompat/linux/include
OS_LIBS !=	${PKG_CONFIG} --libs libbsd-overlay 2>/dev/null || echo -lbsd
# Each shared library is five mappings more that every fork of the parent
# copies, and a third of a client's life: the small ones are linked into these
# two.  The rooms share them.  For shared ones everywhere: make LINKED=shared
LINKED ?=	in
LINKED_in =	-l:libevent_core.a -l:libyaml.a -l:libjansson.a -l:libbsd.a \
		-l:libmd.a
OS_HARDEN_LD =	-Wl,-z,relro -Wl,-z,now -Wl,--as-needed
LIB_CURSES !=	${PKG_CONFIG} --libs ncursesw 2>/dev/null || echo -lncursesw
OS_NAME =	linux
STATEDIR ?=	/var/lib/lavavisor
RUNDIR ?=	/run/lavavisord
