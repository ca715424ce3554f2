-- Retries and parks. $1: the group; $2 to $5: delivery, whether to park, wait in milliseconds if it is the member's own,
-- reason; $6: most attempts; $7 and $8: the shortest and longest wait, which doubles with every attempt and of which up to
-- half is taken off at random.
with said as (
    select d.position, s.delivery_id, s.reason, s.delay_ms, d.attempts, s.park,
        s.park or d.attempts >= $6 as is_parked
    from unnest($2::bigint[], $3::boolean[], $4::bigint[], $5::text[]) as s (delivery_id, park, delay_ms, reason)
    join group_deliveries d on d.group_key = $1 and d.delivery_id = s.delivery_id
    order by d.position
    for update of d
)
update group_deliveries d set
    state = case when said.is_parked then 3 else 1 end,
    delivery_id = null,
    member_id = null,
    due_time = case
        when said.is_parked then clock_timestamp()
        else clock_timestamp() + interval '1 millisecond' * coalesce(
            said.delay_ms::double precision,
            least($8::double precision, $7::double precision * power(2, least(said.attempts, 40) - 1))
                * (0.5 + random() / 2))
        end,
    parked_reason = case
        when said.park then coalesce(nullif(said.reason, ''), 'parked by a member')
        when said.is_parked then 'delivered ' || said.attempts || ' times; '
            || coalesce(nullif(said.reason, ''), 'no reason was given')
        end
from said
where d.group_key = $1 and d.position = said.position and d.delivery_id = said.delivery_id
returning said.delivery_id as "delivery_id!", d.state as "state!"
