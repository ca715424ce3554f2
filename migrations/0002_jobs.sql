-- The queue: one narrow row for each version that waits or is being processed; the body stays with the article.

-- Lease numbers only grow, over all processes; a finishing write names the lease it was claimed under.
create sequence job_lease;

create table jobs (
    article_id uuid not null,
    version    integer not null,
    source     text not null,
    -- 1 low, 2 normal, 3 high.
    priority   smallint not null,
    -- Waiting: not before this time. Leased: the lease ends then, and anyone may claim it again.
    due_time   timestamptz not null,
    -- Null: waiting.
    lease      bigint,
    -- Tries that ended with an error.
    attempts   integer not null default 0,
    -- Leases that ended without a word: the process died or hung.
    crashes    integer not null default 0,
    queued_time timestamptz not null,
    -- [{"time", "message"}], oldest first.
    errors     jsonb not null default '[]',

    primary key (article_id, version),
    foreign key (article_id, version) references article_versions on delete cascade,
    constraint jobs_priority_known check (priority between 1 and 3),
    constraint jobs_attempts_not_negative check (attempts >= 0),
    constraint jobs_crashes_not_negative check (crashes >= 0)
);

create index jobs_due_idx on jobs (priority desc, due_time);

-- Rows live for seconds, so dead ones must be cleared early for the claim to stay quick.
alter table jobs set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500);
