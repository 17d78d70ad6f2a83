DOWNLOADER_SRCS =	common/no_connect.c lavavisord/downloader/main.c
DOWNLOADER_LIBS =	${LIB_EVENT} ${LIB_CURL} ${LIB_SSL} ${LIB_CRYPTO}
