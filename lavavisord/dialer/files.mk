DIALER_SRCS =	lavavisord/dialer/address.c lavavisord/dialer/dial.c \
		lavavisord/dialer/lookup.c lavavisord/dialer/main.c \
		lavavisord/dialer/resolver.c
DIALER_LIBS =	${LIB_EVENT}
