-- How often each entity was in the news, by day: a timeline over years reads this instead of a row for each article. Kept
-- by triggers, so that whatever changes article_entities is counted. Partitioned and dropped as the articles are; thus an
-- entity has a row for each partition with articles that speak of it on that day.

create table entity_days (
    entity_id     uuid not null,
    -- UTC.
    day           date not null,
    -- Of article_partitions; zeros for articles that are in none.
    first_id      uuid not null,
    -- 0 where the last one was taken away.
    article_count bigint not null,
    mention_count bigint not null,

    primary key (entity_id, day, first_id)
) partition by range (first_id);

create table entity_days_other partition of entity_days default;

select partition_by_articles('entity_days');

-- In the order of the key, so that transactions that count the same entities wait for each other in turn.
create function count_in_entity_days() returns trigger
language plpgsql as $$
begin
    insert into entity_days (entity_id, day, first_id, article_count, mention_count)
    select r.entity_id, (r.time at time zone 'utc')::date, coalesce(part.first_id, '00000000-0000-0000-0000-000000000000'),
        count(*), sum(r.mention_count)
    from new_rows r
    left join article_partitions part on part.first_id <= r.article_id and r.article_id < part.end_id
    group by 1, 2, 3
    order by 1, 2, 3
    on conflict (entity_id, day, first_id) do update
    set article_count = entity_days.article_count + excluded.article_count,
        mention_count = entity_days.mention_count + excluded.mention_count;
    return null;
end
$$;

create function count_out_of_entity_days() returns trigger
language plpgsql as $$
begin
    insert into entity_days (entity_id, day, first_id, article_count, mention_count)
    select r.entity_id, (r.time at time zone 'utc')::date, coalesce(part.first_id, '00000000-0000-0000-0000-000000000000'),
        -count(*), -sum(r.mention_count)
    from old_rows r
    left join article_partitions part on part.first_id <= r.article_id and r.article_id < part.end_id
    group by 1, 2, 3
    order by 1, 2, 3
    on conflict (entity_id, day, first_id) do update
    set article_count = entity_days.article_count + excluded.article_count,
        mention_count = entity_days.mention_count + excluded.mention_count;
    return null;
end
$$;

create trigger count_inserted after insert on article_entities
    referencing new table as new_rows for each statement execute function count_in_entity_days();
create trigger count_deleted after delete on article_entities
    referencing old table as old_rows for each statement execute function count_out_of_entity_days();
create trigger count_before_update after update on article_entities
    referencing old table as old_rows for each statement execute function count_out_of_entity_days();
create trigger count_updated after update on article_entities
    referencing new table as new_rows for each statement execute function count_in_entity_days();

-- What is there already.
insert into entity_days (entity_id, day, first_id, article_count, mention_count)
select m.entity_id, (m.time at time zone 'utc')::date, coalesce(part.first_id, '00000000-0000-0000-0000-000000000000'),
    count(*), sum(m.mention_count)
from article_entities m
left join article_partitions part on part.first_id <= m.article_id and m.article_id < part.end_id
group by 1, 2, 3;
