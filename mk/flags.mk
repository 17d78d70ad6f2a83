# Compiler and linker flags, and the libraries each program may name.
WARN =		-Wall -Wextra -Wshadow -Wmissing-prototypes \
		-Wstrict-prototypes -Wpointer-arith
HARDEN =	-fPIE -fstack-protector-strong
FORTIFY =	-D_FORTIFY_SOURCE=2
OPT ?=		-O2
EXTRA_CFLAGS ?=
EXTRA_LDFLAGS ?=
CFLAGS ?=	-g
ALL_CFLAGS =	-std=c11 ${OPT} ${CFLAGS} ${WARN} ${HARDEN} ${EXTRA_CFLAGS}
ALL_CPPFLAGS =	-I. -I${GENDIR} ${OS_CPPFLAGS} ${FORTIFY} ${CPPFLAGS}
ALL_LDFLAGS =	-pie ${OS_HARDEN_LD} ${EXTRA_LDFLAGS} ${LDFLAGS}
GENDIR =	mk/gen

LIB_EVENT =	-levent_core
LIB_YAML =	-lyaml
LIB_JANSSON =	-ljansson
LINKED ?=	shared
LINKED_shared =	${LIB_EVENT} ${LIB_YAML} ${LIB_JANSSON} ${OS_LIBS}
LINKED_LIBS =	${LINKED_${LINKED}}
LIB_CURL =	-lcurl
LIB_CURSES ?=	-lcurses
LIB_SODIUM =	-lsodium
LIB_SSL =	-lssl
LIB_CRYPTO =	-lcrypto

LIBS_COMMON =	common/libcommon.a compat/libcompat.a

.SUFFIXES: .c .o
.c.o:
	${CC} ${ALL_CPPFLAGS} ${ALL_CFLAGS} -MMD -MP -c -o $@ $<
