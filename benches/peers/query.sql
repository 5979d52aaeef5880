-- The indicator query of catalogue.toml, for DuckDB: as of DATE '{as_of}', one row per object.
COPY (
WITH v AS (
    SELECT object_key,
        count(*) AS visits,
        count(*) FILTER (WHERE inspected_on >= DATE '{as_of}' - 365) AS visits_365,
        count(*) FILTER (WHERE found) AS found,
        count(*) FILTER (WHERE found AND inspected_on >= DATE '{as_of}' - 365) AS found_365,
        max(CASE WHEN found AND inspected_on >= DATE '{as_of}' - 1095 THEN 1 ELSE 0 END) AS any_found_1095,
        (count(*) FILTER (WHERE found) + 3 * 0.15) / (count(found) + 3) AS found_rate,
        date_diff('day', max(inspected_on), DATE '{as_of}') AS days_since_visit,
        date_diff('day', max(inspected_on) FILTER (WHERE found), DATE '{as_of}') AS days_since_found,
        coalesce(sum(severity) FILTER (WHERE inspected_on >= DATE '{as_of}' - 1095), 0) AS severity_1095,
        count(DISTINCT item_id) AS items
    FROM read_parquet('{data}/inspections/*.parquet')
    WHERE known_on < DATE '{as_of}' AND inspected_on < DATE '{as_of}'
    GROUP BY object_key
), e AS (
    SELECT object_key,
        count(*) AS events,
        count(*) FILTER (WHERE event_on >= DATE '{as_of}' - 365) AS events_365,
        count(*) FILTER (WHERE kind = '行政处罚' AND event_on >= DATE '{as_of}' - 1095) AS penalties_1095,
        coalesce(sum(amount) FILTER (WHERE kind = '行政处罚' AND event_on >= DATE '{as_of}' - 1095), 0) AS penalty_amount_1095,
        count(*) FILTER (WHERE kind = '投诉举报' AND event_on >= DATE '{as_of}' - 365) AS complaints_365,
        max(CASE WHEN kind = '经营异常' AND event_on >= DATE '{as_of}' - 1095 THEN 1 ELSE 0 END) AS any_abnormal_1095,
        date_diff('day', max(event_on) FILTER (WHERE kind = '行政处罚'), DATE '{as_of}') AS days_since_penalty,
        count(DISTINCT kind) AS kinds
    FROM read_parquet('{data}/credit_events/*.parquet')
    WHERE known_on < DATE '{as_of}' AND event_on < DATE '{as_of}'
    GROUP BY object_key
)
SELECT o.object_key,
    coalesce(visits, 0) AS visits, coalesce(visits_365, 0) AS visits_365, coalesce(found, 0) AS found,
    coalesce(found_365, 0) AS found_365, coalesce(any_found_1095, 0) AS any_found_1095,
    coalesce(found_rate, 0.15) AS found_rate, days_since_visit, days_since_found,
    coalesce(severity_1095, 0) AS severity_1095, coalesce(items, 0) AS items,
    coalesce(events, 0) AS events, coalesce(events_365, 0) AS events_365, coalesce(penalties_1095, 0) AS penalties_1095,
    coalesce(penalty_amount_1095, 0) AS penalty_amount_1095, coalesce(complaints_365, 0) AS complaints_365,
    coalesce(any_abnormal_1095, 0) AS any_abnormal_1095, days_since_penalty, coalesce(kinds, 0) AS kinds
FROM read_parquet('{data}/objects/*.parquet') o
LEFT JOIN v USING (object_key)
LEFT JOIN e USING (object_key)
ORDER BY o.object_key
) TO '{out}' (FORMAT parquet, COMPRESSION zstd);
