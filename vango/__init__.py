"""Vango: a small control plane that commits first, publishes second, replays carefully and fails closed.

It knows nothing of the lab built around it: no Flask, no pages, no lessons. `python -m vango --help` runs it alone.
Read it in this order. Which package may import which is another order, and `pyproject.toml` has it.

core        PURE: the rules of propagation as functions over values, with no I/O, no clock, no randomness
    events          the notice of a committed fact, as CloudEvents 1.0, and the codec that trusts nothing
    facts           what an edge must know of a domain, for any facts
    routes          the facts of the lab: who owns which route
    judge           may this event be applied to a view at this position?
    intake          what a batch of messages does to a view, worked out before anything is written
    modes           every mode of an edge and every way between two, in one table
    claims          what an edge may claim, compared with the control plane's word
    causes          why an edge refuses to answer, as a value beside the words
    recent_ids      the last event ids that an edge remembers
    snapshot        a baseline of truth, and the check before anybody believes it
    rule_record     all that is said of a rule anywhere, declared once
    rules           the switches that make a part correct or lead it into a trap
    accused         which part of the system a finding is about
    records         what the audit compares: the truth's history and each claim
    findings        the named ways in which a claim is wrong, each with its proof
    truth_findings  what the truth committed and nobody hears of
    scars           which findings are past, and wrong no longer
    ages            when each finding was first seen, so that the newest leads
    audit           the verdict: sound, violated or not yet known
    guest_claims    what an external edge may claim
    telemetry       samples of another team, which may change as that team likes
    words           which fields are sentences, by which nobody decides
    names           the names that every part agrees on
truth       commits first: the database that alone decides
    schema          refuses what must never be untrue
    store           commits state, history and outbox row in one transaction
    control_plane   takes commands, in the correct write order and in the two wrong ones
    outbox          rows in order, marks, the lease, and the high-water mark of each feed
    seed            what a new bench's truth holds
    snapshots       built from truth in one read, sealed, stored, fetched
relay       publishes second: the outbox in order, then the marks
    relay           its life, from start to end, through every connection
    sending         publish, then mark: the loop of the outbox
    proof           what an answer of the broker proves, and what silence does not
    pipeline        which rows go next, how many are under way, and when it stops
    publisher       many messages under way, each with its own PubAck
    envelope        the ids by which the broker recognises a row
    unanswered      no PubAck came: the right way and two wrong ones
    lane            one feed's way to the broker, which stops nobody else's
    reception       what the broker takes, judged before anything is sent
    heartbeat       says how far truth is, and renews the lease
    high_water      that word on the wire
    telling         what it does, as values, and in the words of the journal
    state           what the relay knows of itself
edge        replays carefully and fails closed: a durable view of the routes
    edge            its life: starts, deaths, and the answers it gives
    follow          what it does over one connection, from the first question to the end
    session         one connection, with the consumer that it reads from
    consume         judge, apply and move the position in one transaction, then ack
    view            rows and position in one database, in a table of the domain's own
    claiming        claim by the mark, or by silence
    recovery        fail closed, and come back from a verified snapshot
    consumers       where an edge's reading begins
    routes          a route's events read fast, and nothing decided
    pull            asks for messages before they are needed
    orders          what it is to do between two batches
    foreign         messages of other domains, told as one moment
    telling         what it does, as values, and in the words of the journal
    state           what an edge knows of itself
broker      the real nats-server, and the connections to it
    connection      asks the JetStream API, and is cut without a goodbye
    answers         what was asked over it, and is not yet answered
    nats_client     the private parts of nats-py that this needs, in one place
    streams         one stream for each domain, and the bucket of the snapshots
    direct          messages read out of a stream with no consumer
    broker          one server: started, killed, frozen, rolled back
    launch          starts its process, and waits until it listens
    restarts        starts it again after an unexpected end
    folder          its port, config, log, store and the kept copy
    binary          where nats-server is found, and whether it is one
    keeper          owns all servers of one app, and never outlives it
    keeper_child    the keeper's own process
    permissions     what an edge from outside may do
    rate_limit      a subscription that costs no more than so much
    ears            hears of what others store, without a consumer
    advisories      the server's advisories, read without trust

Above: what people come to read. Below: what surrounds it.

actors      the base layer: what everything that runs or is kept stands on
    errors          one tree of errors, each a sentence for a person
    crash_points    the named points where an actor can crash
    pace            live, slow, or step by step
    tasks           begin, keep going and end a background task
    wakeup          wakes an actor that is idle, and tells when one is
    progress        how far a long verb is, and a request to stop it
    work            a long verb under way, as it is seen
    sqlite          every database: WAL, fsync at commit, locked before it is read
    files           files that exist whole or not at all, for their owner only
    told            text from others, made fit to store and to show
journal     everything that happened on a bench, in order
    moment          one thing that happened
    kinds           what a moment's facts may say in one word
    facts           what a moment tells, as one frozen record for each kind
    journal         the moments, and a frame for each observation
    recording       which observations are worth a frame
    verb_log        the list of verbs that undo and fork follow
    seen_stored     which events the broker was seen to have stored
    log             whom an actor tells what it does
    source          the line of the program that a moment was told from
    codec           frozen values made of plain ones again
kit         the parts for a service of your own: your table, your facts (docs/take-home.md)
    facts           what changed in one row of one of your tables
    outbox          written in your transaction
    source          runs beside your database: relay, marks, snapshots
    edge            the edge of the lab, with a view of your own
    audit           your table, its events and the views, compared
    notes           what the actors tell, in Python's logging
guests      edges that somebody else wrote
    guests          hears their claims, within limits
    guest           one of them: its last claim, and how old that is
observe     one frozen picture of truth, broker and edges
    model           the picture: `truth`, `broker`, `edges` and `bench`, as frozen values
    observer        one pass over all parts, in the order that keeps a correct bench from looking wrong
    accusing        every part gets the findings that accuse it, and the newest leads
    why             two sentences about something wrong, and the moment that made it
    rest            when another look would show the same
    truth           looks at the database and at the outbox
    broker          looks at streams, consumers and snapshots, in the server's words
    tape            the last messages of each stream
    edges           each row of a view beside the truth, and the requests for it
    guests          each guest's claim beside the truth
    message         what a stream holds of a moment now
    nats_command    a request in the words of the `nats` command
faults      every fault, each a real one
    target          what a fault needs of a bench
    broker          signals, and a store put back
    streams         purges, deletions, and an event published again
    snapshots       one flipped bit
    foreign_publishes  what no control plane would publish
    telemetry       samples by the thousand, of the agreed shape or not
    total_loss      the bus or the database destroyed
    rebuild         a database rebuilt from the streams' messages
verbs       everything that anybody can do, with typed arguments
    registry        turns text or JSON into those arguments, or says what is wrong
    arguments       the types that several verbs take
    script          verbs as lines of text, to be printed, read back and done again
    subject         what a verb needs of a bench
    truth           promotions and other commits, write order, loss of the database
    relay           kill, start, arm, rules
    edge            kill, start, arm, rules, replay, wipe
    stream          limits, purges, foreign publishes
    broker          kill, freeze, roll back; snapshots
    bench           pace, undo, protections, storms, reset
storm       scripts of faults, and what remains wrong once all is well again
    play            does a script on a bench, calms it, and asks the audit
    storm           makes a script out of a seed, and shrinks one that fails
    protections     what a correct bench does, and the switches that take it away
    fault_table     the faults of the matrix, each a short script
    matrix          every fault without every protection
bench       one learner's whole set-up, in a folder of its own
    bench           wires all parts, and knows how they begin and end together
    actors          control plane, relay and edges, built and run together
    performing      carries out verbs, one after another
    looking         one observation at a time, and waiting for one
    changes         who is notified of a change
    bench_connection  the bench's own connection to its broker
    settings        rules and who runs, in one file
    rule_changes    other rules while the bench runs
    history         undo, fork and reset
    gesture         several verbs that are one action of a person
    plan            the way to an earlier state
    rerun           verbs done again, and compared
    aside           states of a bench set aside whole
    copies          a copy after each verb that does not come out the same twice
    standing        how a bench stands beside its files
    trials          storms and cells of the matrix on the learner's own bench
    whole           what the parts of this package need of the bench
    limits          how large a bench may become
shell       what the command line runs on new benches
    commands        `storm` and `matrix`
    scratch_benches  benches in a folder that goes away again
"""
