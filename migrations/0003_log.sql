-- The ordered log. Positions are dense and become visible in commit order, because every writer updates the one row of
-- log_head as its last statements, and holds it until it has committed.

create table log_head (
    singleton       boolean primary key default true,
    -- Names this log. Must be renewed when a backup is restored, so that cursors of the lost end are refused.
    incarnation     uuid not null default gen_random_uuid(),
    -- The newest position; 0 when nothing was ever logged.
    position        bigint not null default 0,
    -- The newest position that is no longer held.
    trimmed_position bigint not null default 0,

    constraint log_head_one_row check (singleton),
    constraint log_head_trimmed_behind check (trimmed_position between 0 and position)
) with (fillfactor = 10);

insert into log_head default values;

create table log_events (
    position   bigint primary key,
    -- 1 accepted, 2 processed, 3 failed, 4 deleted.
    kind       smallint not null,
    time       timestamptz not null,
    article_id uuid not null,
    version    integer not null,
    -- The article in its basic view, as it was at this position.
    summary    jsonb not null,

    constraint log_events_position_positive check (position >= 1),
    constraint log_events_kind_known check (kind between 1 and 4)
) partition by range (position);

create index log_events_article_id_idx on log_events (article_id);

-- Adds partitions of a million positions each until `through_position` has one. Old ones are dropped whole.
create function add_log_partitions(through_position bigint) returns integer
language plpgsql as $$
declare
    size constant bigint := 1000000;
    first_position bigint;
    name text;
    added integer := 0;
begin
    -- One adder at a time, over all processes.
    perform pg_advisory_xact_lock(hashtext('copydesk.add_log_partitions'));
    for part in 0 .. through_position / size loop
        first_position := part * size;
        name := 'log_events_' || part;
        if to_regclass(name) is null and first_position + size > (select trimmed_position from log_head) then
            execute format(
                'create table %I partition of log_events for values from (%s) to (%s)',
                name, first_position, first_position + size);
            added := added + 1;
        end if;
    end loop;
    return added;
end
$$;

select add_log_partitions(3000000);
