-- The context of an entity from its newest articles: their most salient entities. What is known of what it does is left
-- open, since rows do not tell.
update entities
set fields = '{}',
    context = coalesce((
        select array_agg(entity_id) from (
            select other.entity_id
            from (
                select article_id from article_entities
                where entity_id = $1 order by time desc, article_id desc limit 16
            ) seen
            join article_entities other using (article_id)
            where other.entity_id <> $1
            group by other.entity_id
            order by count(*) desc, max(other.salience) desc, other.entity_id
            limit 64
        ) best
    ), '{}')
where entity_id = $1
