-- Names in the order of bytes between a prefix and its end; an entity stands at the first of its names among them.
select e.entity_id, e.entity_type, e.label, e.name, e.created_time, n.name_key
from entity_names n
join entities e using (entity_id)
where n.name_key >= $1 and n.name_key < $2
  and ($3::text is null or (n.name_key, n.entity_id) > ($3, $4::uuid))
  and (cardinality($5::smallint[]) = 0 or n.entity_type = any($5))
  and not exists (
      select from entity_names earlier
      where earlier.entity_id = n.entity_id and earlier.name_key >= $1 and earlier.name_key < n.name_key)
order by n.name_key, n.entity_id
limit $6
