-- Processing again what was processed before: after a model, a name list or a rule has changed.

-- 0 background: behind everything that anybody waits for.
alter table jobs drop constraint jobs_priority_known;
alter table jobs add constraint jobs_priority_known check (priority between 0 and 3);

-- 5 reprocessed, 6 duplicate found. What is there obeys the narrower rule that goes, so it is not looked at.
alter table log_events drop constraint log_events_kind_known;
alter table log_events add constraint log_events_kind_known check (kind between 1 and 6) not valid;

-- Requests to process articles again. One by filter is turned into jobs slice by slice, from the newest article to the
-- oldest, by whichever process comes first; a crash loses nothing but the slice that was not committed.
create table reprocessings (
    reprocessing_id  uuid primary key,
    -- The caller's idempotency key.
    request_id       text,
    -- As ListArticles reads it; empty for one by ids.
    filter           text not null,
    created_time     timestamptz not null default now(),
    -- Jobs that were made so far.
    article_count    bigint not null default 0,
    -- The article that the last slice ended with; null before the first.
    through_time     timestamptz,
    through_id       uuid,
    -- Set once there are jobs for all of it.
    finished_time    timestamptz,

    constraint reprocessings_request_id_key unique (request_id),
    constraint reprocessings_request_id_length check (octet_length(request_id) between 1 and 200),
    constraint reprocessings_article_count_not_negative check (article_count >= 0),
    constraint reprocessings_through_whole check ((through_time is null) = (through_id is null))
);

create index reprocessings_unfinished_idx on reprocessings (created_time) where finished_time is null;
