-- What COPY brings is a restore of data alone, which brings the counts of its values too: they are not counted once more. No
-- version of the helper copies.
CREATE OR REPLACE FUNCTION "count_sealed_rows"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	its text;
BEGIN
	IF TG_OP = 'INSERT' AND current_query() ~* '^\s*copy\s' THEN
		RETURN NULL;
	END IF;
	FOREACH its IN ARRAY TG_ARGV LOOP
		EXECUTE format('INSERT INTO %1$I.sealed_value_counts (key_id, count)
			SELECT %1$I.sealing_key_id(%2$I), count(*) * $1 FROM changed WHERE %2$I IS NOT NULL GROUP BY 1',
			TG_TABLE_SCHEMA, its) USING CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
	END LOOP;
	RETURN NULL;
END
$$;
