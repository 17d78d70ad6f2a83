NAME_MATCH_TEST_OBJS =	regress/unit/name_match_test.o \
		lavavisord/name_match.o
REGRESS_OBJS +=	regress/unit/name_match_test.o
UNIT_TESTS +=	regress/bin/name_match_test

regress/bin/name_match_test: ${NAME_MATCH_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${NAME_MATCH_TEST_OBJS} ${LIBS_COMMON} \
	    -lcmocka ${OS_LIBS}
