-- What is old goes by whole partitions: the log's by position, articles' by the time in their ids (UUIDv7). Rows are
-- deleted only from the narrow tables beside them, so nothing is left to be vacuumed but small change.

create table log_partitions (
    name           text primary key,
    -- Inclusive.
    first_position bigint not null unique,
    -- Exclusive.
    end_position   bigint not null unique,

    constraint log_partitions_not_empty check (first_position < end_position)
);

insert into log_partitions
select relname, part * 1000000, (part + 1) * 1000000
from pg_inherits
join pg_class on pg_class.oid = inhrelid
cross join lateral (select substr(relname, length('log_events_') + 1)::bigint as part) numbered
where inhparent = 'log_events'::regclass;

-- Those that hold nothing yet are made anew, in the size that is set.
do $$
declare
    empty record;
begin
    for empty in
        delete from log_partitions where first_position > (select position from log_head) or
            (first_position = 0 and (select position from log_head) = 0)
        returning name
    loop
        execute format('drop table %I', empty.name);
    end loop;
end
$$;

drop function add_log_partitions(bigint);

-- Adds partitions of `size` positions until `through_position` has one.
create function add_log_partitions(through_position bigint, size bigint) returns integer
language plpgsql as $$
declare
    first bigint;
    name text;
    added integer := 0;
begin
    -- One adder at a time, over all processes.
    perform pg_advisory_xact_lock(hashtext('copydesk.add_log_partitions'));
    first := coalesce((select max(end_position) from log_partitions), (select trimmed_position + 1 from log_head));
    while first <= through_position loop
        name := 'log_events_from_' || first;
        execute format('create table %I partition of log_events for values from (%s) to (%s)', name, first, first + size);
        insert into log_partitions values (name, first, first + size);
        first := first + size;
        added := added + 1;
    end loop;
    return added;
end
$$;

-- Drops the partitions whose last position is at most `through_position`, and says how many those were.
create function drop_log_partitions(through_position bigint) returns integer
language plpgsql as $$
declare
    old record;
    dropped integer := 0;
begin
    -- In the order of the committers: the head first, then the events.
    perform from log_head for update;
    for old in
        delete from log_partitions
        where end_position - 1 <= least(through_position, (select position from log_head))
        returning name, end_position
    loop
        execute format('drop table %I', old.name);
        update log_head set trimmed_position = greatest(trimmed_position, old.end_position - 1);
        dropped := dropped + 1;
    end loop;
    return dropped;
end
$$;

-- Articles: the same tables, by ranges of ids. Foreign keys would have to be checked row by row when a partition goes, so
-- the statements that erase an article name all its tables instead.

create table article_partitions (
    -- Of both tables' partitions, without the table's name.
    suffix    text primary key,
    -- Inclusive.
    first_id  uuid not null unique,
    -- Exclusive.
    end_id    uuid not null unique,
    first_time timestamptz not null,
    end_time  timestamptz not null,

    constraint article_partitions_not_empty check (first_id < end_id)
);

alter table jobs drop constraint jobs_article_id_version_fkey;
alter table article_entity_names rename to old_article_entity_names;
alter table article_versions rename to old_article_versions;
alter table old_article_entity_names rename constraint article_entity_names_pkey to old_article_entity_names_pkey;
alter table old_article_versions rename constraint article_versions_pkey to old_article_versions_pkey;
alter index article_entity_names_name_key_idx rename to old_article_entity_names_name_key_idx;

create table article_versions (like old_article_versions including defaults including constraints including compression)
    partition by range (article_id);
alter table article_versions add constraint article_versions_pkey primary key (article_id, version);

create table article_entity_names (like old_article_entity_names) partition by range (article_id);
alter table article_entity_names
    add constraint article_entity_names_pkey primary key (article_id, version, entity_id, name_key);
create index article_entity_names_name_key_idx on article_entity_names (name_key, entity_type);

-- For ids of a clock that is far off: such articles are kept for good.
create table article_versions_other partition of article_versions default;
create table article_entity_names_other partition of article_entity_names default;

-- The least UUIDv7 of a time.
create function article_id_from(at timestamptz) returns uuid
language sql immutable as $$
    select (lpad(to_hex(greatest(floor(extract(epoch from at) * 1000), 0)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- Adds partitions of the width `size` until `through_time` has one.
create function add_article_partitions(through_time timestamptz, size interval) returns integer
language plpgsql as $$
declare
    first timestamptz;
    suffix text;
    added integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('copydesk.add_article_partitions'));
    first := coalesce((select max(end_time) from article_partitions), date_bin(size, now(), 'epoch'));
    while first <= through_time loop
        suffix := to_char(first at time zone 'utc', '"from_"YYYYMMDD"t"HH24MISSMS');
        execute format(
            'create table %I partition of article_versions for values from (%L) to (%L)',
            'article_versions_' || suffix, article_id_from(first), article_id_from(first + size));
        execute format(
            'create table %I partition of article_entity_names for values from (%L) to (%L)',
            'article_entity_names_' || suffix, article_id_from(first), article_id_from(first + size));
        insert into article_partitions values
            (suffix, article_id_from(first), article_id_from(first + size), first, first + size);
        first := first + size;
        added := added + 1;
    end loop;
    return added;
end
$$;

-- Drops the partition `suffix`, whose articles are gone from `articles` already.
create function drop_article_partition(old_suffix text) returns void
language plpgsql as $$
begin
    execute format('drop table %I', 'article_versions_' || old_suffix);
    execute format('drop table %I', 'article_entity_names_' || old_suffix);
    delete from article_partitions where suffix = old_suffix;
end
$$;

-- What is there moves over, into partitions of a week.
do $$
declare
    oldest uuid := (select article_id from old_article_versions order by article_id limit 1);
    first timestamptz;
begin
    if oldest is null then
        return;
    end if;
    first := date_trunc('day', to_timestamp(('x' || left(replace(oldest::text, '-', ''), 12))::bit(48)::bigint / 1000.0));
    -- The first partition starts where the oldest article does; the others follow.
    insert into article_partitions values ('none', article_id_from(first - interval '1 day'), article_id_from(first),
        first - interval '1 day', first);
    perform add_article_partitions(now(), interval '7 days');
    delete from article_partitions where suffix = 'none';
end
$$;

insert into article_versions select * from old_article_versions;
insert into article_entity_names select * from old_article_entity_names;
drop table old_article_entity_names;
drop table old_article_versions;
