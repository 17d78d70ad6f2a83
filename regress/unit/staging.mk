STAGING_TEST_OBJS =	regress/unit/staging_test.o lavavisord/sources.o \
			lavavisord/staging.o ${CONFIG_SRCS:.c=.o}
REGRESS_OBJS +=		regress/unit/staging_test.o
UNIT_TESTS +=		regress/bin/staging_test

regress/bin/staging_test: ${STAGING_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${STAGING_TEST_OBJS} ${LIBS_COMMON} \
	    ${LIB_YAML} -lcmocka ${OS_LIBS}
