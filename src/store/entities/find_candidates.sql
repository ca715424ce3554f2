-- Entities that names, links and earlier results lead to, with what tells them apart. Merged ones are followed.
with found as (
    select keyed.entity_id
    from (select distinct key from unnest($1::text[]) as keys (key)) wanted
    cross join lateral (
        select entity_id from entity_keys where key = wanted.key order by entity_id limit $2
    ) keyed
    union
    select entity_id
    from entity_links
    join unnest($3::text[], $4::text[], $5::boolean[]) as wanted (scheme, id, is_people)
        using (scheme, id, is_people)
    union
    select coalesce(e.merged_into, e.entity_id)
    from article_entities a
    join entities e using (entity_id)
    where a.article_id = any($6)
)
select e.entity_id, e.label, e.name, e.context, e.fields,
    coalesce((select array_agg(n.name order by n.name_key) from entity_names n where n.entity_id = e.entity_id), '{}')
        as "names!",
    coalesce((select array_agg(l.scheme order by l.scheme, l.id) from entity_links l where l.entity_id = e.entity_id), '{}')
        as "schemes!",
    coalesce((select array_agg(l.id order by l.scheme, l.id) from entity_links l where l.entity_id = e.entity_id), '{}')
        as "link_ids!"
from found
join entities e using (entity_id)
where e.merged_into is null
