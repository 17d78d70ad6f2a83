KEEPER_SAFE_TEST_OBJS =	regress/unit/keeper_safe_test.o \
		lavavisord/keeper/safe.o
REGRESS_OBJS +=	regress/unit/keeper_safe_test.o
UNIT_TESTS +=	regress/bin/keeper_safe_test

regress/bin/keeper_safe_test: ${KEEPER_SAFE_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${KEEPER_SAFE_TEST_OBJS} \
	    ${LIBS_COMMON} ${LIB_SODIUM} -lcmocka ${OS_LIBS}
