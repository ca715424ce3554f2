-- The entities of articles' newest results in place of those of earlier ones. A result of an older version that comes late
-- changes nothing.
with latest as (
    select t.article_id, t.version, coalesce(t.published_time, a.accepted_time) as time
    from unnest($1::uuid[], $2::integer[], $3::timestamptz[]) as t (article_id, version, published_time)
    join articles a on a.article_id = t.article_id and a.latest_version = t.version
), named as (
    select t.article_id, t.entity_id, latest.version, t.entity_type, latest.time, t.salience, t.mention_count
    from unnest($4::uuid[], $5::uuid[], $6::smallint[], $7::real[], $8::integer[])
        as t (article_id, entity_id, entity_type, salience, mention_count)
    join latest using (article_id)
), gone as (
    delete from article_entities old
    using latest
    where old.article_id = latest.article_id
      and not exists (
          select from named where named.article_id = old.article_id and named.entity_id = old.entity_id)
)
insert into article_entities (article_id, entity_id, version, entity_type, time, salience, mention_count)
select * from named
on conflict (article_id, entity_id) do update
set version = excluded.version, entity_type = excluded.entity_type, time = excluded.time,
    salience = excluded.salience, mention_count = excluded.mention_count
