-- Groups and how far each is. $1: only these names, or null for those after $2; $3: at most so many.
-- A lease that has ended counts as waiting: nobody works on it. Of the log, what is before the trimmed position is gone.
select g.group_key, g.group_id, g.start_kind, g.start_position, g.filter, g.lease_ms, g.max_attempts, g.max_in_flight,
    g.min_retry_delay_ms, g.max_retry_delay_ms, g.created_time, g.lost_positions,
    greatest(g.read_position, h.trimmed_position) as "read_position!",
    coalesce(least(g.read_position, d.lowest_position - 1), g.read_position) as "checkpoint!",
    h.position as "head_position!",
    d.waiting_count as "waiting_count!",
    d.in_flight_count as "in_flight_count!",
    d.parked_count as "parked_count!",
    least(d.oldest_waiting_time, unread.time) as "oldest_undelivered_time"
from consumer_groups g
cross join log_head h
cross join lateral (
    select min(position) as lowest_position,
        count(*) filter (where state = 1 or state = 2 and due_time <= now()) as waiting_count,
        count(*) filter (where state = 2 and due_time > now()) as in_flight_count,
        count(*) filter (where state = 3) as parked_count,
        min(event_time) filter (where state = 1 or state = 2 and due_time <= now()) as oldest_waiting_time
    from group_deliveries where group_key = g.group_key
) d
left join lateral (
    select e.time from log_events e
    where e.position = greatest(g.read_position, h.trimmed_position) + 1
) unread on true
where ($1::text[] is null and g.group_id > $2 or g.group_id = any($1))
order by g.group_id
limit $3
