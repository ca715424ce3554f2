-- Durable consumer groups: where each has read to, what is not settled yet, who consumes.
--
-- A group has read everything up to `read_position`: what its filter wants of that has a row in group_deliveries until it
-- is settled, and none afterwards. So the checkpoint is computed: just below the lowest row, or `read_position`.

-- Delivery numbers only grow, over all groups and processes; a settlement names the delivery it is about.
create sequence group_delivery;

create table consumer_groups (
    -- A group that is deleted and created anew under its name is another one.
    group_key          bigint generated always as identity primary key,
    group_id           text not null,
    -- Where it was created to start: 1 beginning, 2 after a cursor, 3 now.
    start_kind         smallint not null,
    start_position     bigint not null,
    -- copydesk.v1.UpdateFilter, encoded.
    filter             bytea not null,
    lease_ms           bigint not null,
    max_attempts       integer not null,
    max_in_flight      integer not null,
    min_retry_delay_ms bigint not null,
    max_retry_delay_ms bigint not null,
    created_time       timestamptz not null,
    -- Everything up to here was looked at.
    read_position      bigint not null,
    -- Positions that retention took before the group was done with them.
    lost_positions     bigint not null default 0,

    constraint consumer_groups_group_id_key unique (group_id),
    constraint consumer_groups_group_id_form check (group_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'),
    constraint consumer_groups_start_kind_known check (start_kind between 1 and 3),
    constraint consumer_groups_lease_positive check (lease_ms > 0),
    constraint consumer_groups_max_attempts_positive check (max_attempts > 0),
    constraint consumer_groups_max_in_flight_positive check (max_in_flight > 0),
    constraint consumer_groups_retry_delays_ordered check (0 < min_retry_delay_ms and min_retry_delay_ms <= max_retry_delay_ms),
    constraint consumer_groups_read_after_start check (read_position >= start_position),
    constraint consumer_groups_lost_not_negative check (lost_positions >= 0)
) with (fillfactor = 50);

-- Open Consume streams, of all processes. A process that dies leaves rows behind; they count only while they are seen.
create table group_members (
    member_id     uuid primary key,
    group_key     bigint not null references consumer_groups on delete cascade,
    name          text not null,
    server        text not null,
    max_in_flight integer not null,
    joined_time   timestamptz not null,
    seen_time     timestamptz not null,

    constraint group_members_max_in_flight_positive check (max_in_flight > 0)
);

create index group_members_group_key_idx on group_members (group_key);

-- One narrow row for each update that a group is not done with; the update itself stays in the log.
create table group_deliveries (
    group_key     bigint not null references consumer_groups on delete cascade,
    position      bigint not null,
    article_id    uuid not null,
    event_time    timestamptz not null,
    -- 1 waiting, 2 in flight, 3 parked.
    state         smallint not null,
    -- Waiting: not before this time. In flight: the lease ends then. Parked: when it was.
    due_time      timestamptz not null,
    -- In flight: the latest delivery, the only one that can settle it.
    delivery_id   bigint,
    -- In flight: to whom.
    member_id     uuid,
    -- Deliveries so far, without those that a member gave back untouched.
    attempts      integer not null,
    -- Parked: why.
    parked_reason text,

    primary key (group_key, position),
    constraint group_deliveries_state_known check (state between 1 and 3),
    constraint group_deliveries_attempts_not_negative check (attempts >= 0),
    constraint group_deliveries_in_flight_has_delivery check ((state = 2) = (delivery_id is not null)),
    constraint group_deliveries_in_flight_has_member check ((state = 2) = (member_id is not null)),
    constraint group_deliveries_parked_has_reason check ((state = 3) = (parked_reason is not null))
);

create unique index group_deliveries_delivery_id_idx on group_deliveries (delivery_id) where delivery_id is not null;
-- What blocks an article.
create index group_deliveries_article_idx on group_deliveries (group_key, article_id, position) where state < 3;
-- What is due.
create index group_deliveries_due_idx on group_deliveries (group_key, due_time) where state < 3;

-- Rows live for as long as a consumer works; dead ones must be cleared early.
alter table group_deliveries set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
