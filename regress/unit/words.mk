WORDS_TEST_OBJS =	regress/unit/words_test.o \
		lavavisorctl/commands.o \
		lavavisorctl/command_table.o lavavisorctl/option_table.o
REGRESS_OBJS +=	regress/unit/words_test.o
UNIT_TESTS +=	regress/bin/words_test

regress/bin/words_test: ${WORDS_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${WORDS_TEST_OBJS} ${LIBS_COMMON} \
	    -lcmocka ${OS_LIBS}
