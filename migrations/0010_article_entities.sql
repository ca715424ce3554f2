-- Which entity is in which article: the mentions of its newest result, one row for each entity. Partitioned as the
-- articles are, and dropped with them.

create table article_entities (
    article_id    uuid not null,
    entity_id     uuid not null,
    version       integer not null,
    -- As this article has it.
    entity_type   smallint not null,
    -- Published; accepted, if that is not known.
    time          timestamptz not null,
    salience      real not null,
    mention_count integer not null,

    primary key (article_id, entity_id)
) partition by range (article_id);

-- Mentions, timelines and the newest articles are read from this index alone.
create index article_entities_entity_id_time_idx on article_entities (entity_id, time desc, article_id desc)
    include (mention_count, salience, version);

create table article_entities_other partition of article_entities default;

-- Tables that are partitioned by the ids of articles.
create table article_partitioned_tables (
    name text primary key
);

insert into article_partitioned_tables values ('article_versions'), ('article_entity_names');

-- From now on the table has a partition wherever articles have one.
create function partition_by_articles(table_name text) returns void
language plpgsql as $$
declare
    part record;
begin
    insert into article_partitioned_tables values (table_name);
    for part in select * from article_partitions loop
        execute format(
            'create table %I partition of %I for values from (%L) to (%L)',
            table_name || '_' || part.suffix, table_name, part.first_id, part.end_id);
    end loop;
end
$$;

select partition_by_articles('article_entities');

-- Adds partitions of the width `size` until `through_time` has one.
create or replace function add_article_partitions(through_time timestamptz, size interval) returns integer
language plpgsql as $$
declare
    first timestamptz;
    suffix text;
    partitioned text;
    added integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('copydesk.add_article_partitions'));
    first := coalesce((select max(end_time) from article_partitions), date_bin(size, now(), 'epoch'));
    while first <= through_time loop
        suffix := to_char(first at time zone 'utc', '"from_"YYYYMMDD"t"HH24MISSMS');
        for partitioned in select name from article_partitioned_tables order by name loop
            execute format(
                'create table %I partition of %I for values from (%L) to (%L)',
                partitioned || '_' || suffix, partitioned, article_id_from(first), article_id_from(first + size));
        end loop;
        insert into article_partitions values
            (suffix, article_id_from(first), article_id_from(first + size), first, first + size);
        first := first + size;
        added := added + 1;
    end loop;
    return added;
end
$$;

-- Drops the partition `suffix`, whose articles are gone from `articles` already.
create or replace function drop_article_partition(old_suffix text) returns void
language plpgsql as $$
declare
    partitioned text;
begin
    for partitioned in select name from article_partitioned_tables order by name loop
        execute format('drop table %I', partitioned || '_' || old_suffix);
    end loop;
    delete from article_partitions where suffix = old_suffix;
end
$$;
