-- The articles of $1 become articles of $2; one that names both has their mentions together. Results and
-- the rows of filters stay as they were written: an id that was given up answers for the other, and filters ask for both.
with old as (
    delete from article_entities where entity_id = $1 returning *
), moved as (
    insert into article_entities (article_id, entity_id, version, entity_type, time, salience, mention_count)
    select article_id, $2, version, entity_type, time, salience, mention_count from old
    on conflict (article_id, entity_id) do update
    set salience = least(article_entities.salience + excluded.salience, 1),
        mention_count = article_entities.mention_count + excluded.mention_count
)
select count(*) as "count!" from old
