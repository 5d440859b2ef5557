CREATE TABLE "sealed_value_counts" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "sealed_value_counts_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"key_id" text NOT NULL,
	"count" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "token_figures" (
	"is_only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"counted_at" timestamp with time zone NOT NULL,
	"by_state" jsonb NOT NULL,
	CONSTRAINT "token_figures_one_row" CHECK ("token_figures"."is_only")
);
--> statement-breakpoint
-- Which key sealed a value: it is longer than `v1.` and the longest key id, so that a long value is not read as a whole.
CREATE FUNCTION "sealing_key_id"("sealed" text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN split_part(substr("sealed", 1, 40), '.', 2);
--> statement-breakpoint
-- What a statement adds or takes away. The version before does not know of it, and its user need not have a right to the counts.
CREATE FUNCTION "count_sealed_rows"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	its text;
BEGIN
	FOREACH its IN ARRAY TG_ARGV LOOP
		EXECUTE format('INSERT INTO %1$I.sealed_value_counts (key_id, count)
			SELECT %1$I.sealing_key_id(%2$I), count(*) * $1 FROM changed WHERE %2$I IS NOT NULL GROUP BY 1',
			TG_TABLE_SCHEMA, its) USING CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
	END LOOP;
	RETURN NULL;
END
$$;
--> statement-breakpoint
-- A row whose values are sealed by another key than before, or are there no more. A refresh, which keeps the key, never gets here.
CREATE FUNCTION "count_sealed_change"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	its text;
BEGIN
	FOREACH its IN ARRAY TG_ARGV LOOP
		EXECUTE format('INSERT INTO %1$I.sealed_value_counts (key_id, count)
			SELECT key_id, sum(count) FROM (VALUES (%1$I.sealing_key_id(($1).%2$I), -1), (%1$I.sealing_key_id(($2).%2$I), 1))
				AS change (key_id, count)
			WHERE key_id IS NOT NULL GROUP BY key_id HAVING sum(count) <> 0', TG_TABLE_SCHEMA, its) USING OLD, NEW;
	END LOOP;
	RETURN NULL;
END
$$;
--> statement-breakpoint
-- Counts what is there, and from now on each change. For each table with sealed columns, once.
CREATE FUNCTION "count_sealed_columns"("its" regclass, VARIADIC "columns" text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	one text;
	arguments text := (SELECT string_agg(quote_literal(name), ', ') FROM unnest(columns) AS name);
	names text := (SELECT string_agg(quote_ident(name), ', ') FROM unnest(columns) AS name);
	changes text := (SELECT string_agg(
		format('sealing_key_id(OLD.%1$I) IS DISTINCT FROM sealing_key_id(NEW.%1$I)', name), ' OR ') FROM unnest(columns) AS name);
BEGIN
	EXECUTE format('CREATE TRIGGER count_sealed_added AFTER INSERT ON %s REFERENCING NEW TABLE AS changed
		FOR EACH STATEMENT EXECUTE FUNCTION count_sealed_rows(%s)', its, arguments);
	EXECUTE format('CREATE TRIGGER count_sealed_removed AFTER DELETE ON %s REFERENCING OLD TABLE AS changed
		FOR EACH STATEMENT EXECUTE FUNCTION count_sealed_rows(%s)', its, arguments);
	EXECUTE format('CREATE TRIGGER count_sealed_changed AFTER UPDATE OF %s ON %s FOR EACH ROW WHEN (%s)
		EXECUTE FUNCTION count_sealed_change(%s)', names, its, changes, arguments);
	FOREACH one IN ARRAY columns LOOP
		EXECUTE format('INSERT INTO sealed_value_counts (key_id, count)
			SELECT sealing_key_id(%1$I), count(*) FROM %2$s WHERE %1$I IS NOT NULL GROUP BY 1', one, its);
	END LOOP;
END
$$;
--> statement-breakpoint
SELECT "count_sealed_columns"('stored_tokens', 'sealed_refresh_token', 'sealed_access_token');
--> statement-breakpoint
SELECT "count_sealed_columns"('sign_ins', 'sealed_refresh_token', 'sealed_access_token');
--> statement-breakpoint
SELECT "count_sealed_columns"('webhook_secrets', 'sealed_secret');
