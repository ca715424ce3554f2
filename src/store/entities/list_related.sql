-- Who else is in the newest articles of an entity, up to a given one.
with seen as (
    select article_id
    from article_entities
    where entity_id = $1 and time >= coalesce($2::timestamptz, '-infinity') and (time, article_id) <= ($3, $4::uuid)
    order by time desc, article_id desc
    limit $5
), counted as (
    select other.entity_id, count(*) as article_count
    from seen
    join article_entities other using (article_id)
    where other.entity_id <> $1 and (cardinality($6::smallint[]) = 0 or other.entity_type = any($6))
    group by other.entity_id
), page as (
    select * from counted
    where $7::bigint is null or article_count < $7 or (article_count = $7 and entity_id > $8::uuid)
    order by article_count desc, entity_id
    limit $9
)
select e.entity_id, e.entity_type, e.label, e.name, e.created_time, page.article_count as "article_count!"
from page
join entities e using (entity_id)
order by page.article_count desc, e.entity_id
