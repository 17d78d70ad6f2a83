KEEPER_SRCS =	lavavisord/keeper/feed.c lavavisord/keeper/learn.c \
		lavavisord/keeper/main.c lavavisord/keeper/safe.c
KEEPER_LIBS =	${LIB_EVENT} ${LIB_SODIUM}
