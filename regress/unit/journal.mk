JOURNAL_TEST_OBJS =	regress/unit/journal_test.o \
		lavavisord/journal.o \
		lavavisord/journal_text.o \
		lavavisord/record.o \
		lavavisord/upgrade_table.o
REGRESS_OBJS +=	regress/unit/journal_test.o
UNIT_TESTS +=	regress/bin/journal_test

regress/bin/journal_test: ${JOURNAL_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${JOURNAL_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
