-- Delivers what is due. $1: the group; $2: now; $3: at most so many; $4: when the leases end; $5: who gets the first, the
-- second and so on.
-- An article is held up by any of its updates that is in flight, and by an earlier one that waits: with that, at most one
-- is in flight at a time, also after a parked one was put back among later ones.
with due as (
    select d.position
    from group_deliveries d
    where d.group_key = $1 and d.state < 3 and d.due_time <= $2
        and not exists (
            select from group_deliveries o
            where o.group_key = $1 and o.article_id = d.article_id and o.state < 3
                and (o.position < d.position or o.position > d.position and o.state = 2 and o.due_time > $2))
    order by d.position
    limit $3
    for update skip locked
),
numbered as (
    select position, row_number() over (order by position) as number from due
)
update group_deliveries d set
    state = 2,
    due_time = $4,
    delivery_id = nextval('group_delivery'),
    member_id = ($5::uuid[])[n.number],
    attempts = d.attempts + 1
from numbered n
where d.group_key = $1 and d.position = n.position
returning d.position as "position!", d.delivery_id as "delivery_id!", d.member_id as "member_id!",
    d.attempts as "attempts!"
