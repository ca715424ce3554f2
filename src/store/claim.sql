-- Claims up to $2 due jobs of priority $1 under a lease of $4 seconds. Sources take turns: the oldest job of each, then
-- the second oldest of each, and so on. $3 bounds the jobs that are looked at.
with recursive sources as (
    -- A loose index scan: one step for each source that has jobs, however many it has.
    (select source from jobs where priority = $1 order by source limit 1)
    union all
    select (select j.source from jobs j where j.priority = $1 and j.source > s.source order by j.source limit 1)
    from sources s
    where s.source is not null
), candidates as (
    select due.article_id, due.version, due.due_time,
        row_number() over (partition by s.source order by due.due_time) as turn
    from sources s
    cross join lateral (
        select j.article_id, j.version, j.due_time from jobs j
        where j.priority = $1 and j.source = s.source and j.due_time <= now()
        order by j.due_time
        limit $3
    ) due
    order by turn, due_time
    limit $3
), taken as (
    select jobs.article_id, jobs.version
    from candidates join jobs using (article_id, version)
    where jobs.due_time <= now()
    order by candidates.turn, candidates.due_time
    limit $2
    for update of jobs skip locked
), claimed as (
    update jobs
    set lease = nextval('job_lease'), due_time = now() + make_interval(secs => $4),
        -- A lease that is still there ended without a word.
        crashes = crashes + (lease is not null)::integer
    from taken
    where jobs.article_id = taken.article_id and jobs.version = taken.version
    returning jobs.article_id, jobs.version, jobs.lease, jobs.attempts, jobs.crashes, jobs.errors, jobs.queued_time
)
select claimed.article_id as "article_id!", claimed.version as "version!", claimed.lease as "lease!",
    claimed.attempts as "attempts!", claimed.crashes as "crashes!",
    claimed.errors as "errors!: Json<Vec<AttemptError>>", claimed.queued_time as "queued_time!",
    v.body_kind, v.body, v.content_type, v.given_title, v.given_published_time, v.given_language, v.given_accuracy,
    v.summary as "summary: Json<Summary>"
from claimed join article_versions v using (article_id, version)
order by claimed.queued_time
