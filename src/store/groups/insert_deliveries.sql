-- Adds what was read. $1: the group; $2: now; $3: when the leases end; $4 to $7: position, article, time of the event,
-- and the member that gets it at once, if one does.
insert into group_deliveries
    (group_key, position, article_id, event_time, state, due_time, delivery_id, member_id, attempts)
select $1, t.position, t.article_id, t.event_time,
    case when t.member_id is null then 1 else 2 end,
    case when t.member_id is null then $2::timestamptz else $3::timestamptz end,
    case when t.member_id is null then null else nextval('group_delivery') end,
    t.member_id,
    case when t.member_id is null then 0 else 1 end
from unnest($4::bigint[], $5::uuid[], $6::timestamptz[], $7::uuid[])
    as t (position, article_id, event_time, member_id)
returning position, delivery_id, member_id, attempts
