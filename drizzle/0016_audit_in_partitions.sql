-- The audit trail in partitions of a month. What is there becomes the first one, as it is; columns stay what they were, so that
-- the version before goes on adding to it. The partitions are in a schema of their own: nobody but their owner reaches them
-- except through the trail.
CREATE SCHEMA "audit_partitions";
--> statement-breakpoint
ALTER TABLE "audit_events" RENAME TO "events_before";
--> statement-breakpoint
ALTER TABLE "events_before" SET SCHEMA "audit_partitions";
--> statement-breakpoint
ALTER TABLE "audit_partitions"."events_before" ALTER COLUMN "id" DROP IDENTITY;
--> statement-breakpoint
CREATE TABLE "audit_events" (
	"id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"event" text NOT NULL,
	"actor" text NOT NULL,
	"actor_name" text,
	"client_address" text,
	"site_id" bigint,
	"sign_in_id" text,
	"stored_token_id" bigint,
	"mailbox" text,
	"detail" text
) PARTITION BY RANGE ("at");
--> statement-breakpoint
SELECT setval(pg_get_serial_sequence('audit_events', 'id'), (SELECT coalesce(max("id"), 0) + 1 FROM "audit_partitions"."events_before"), false);
--> statement-breakpoint
CREATE INDEX "audit_events_at" ON "audit_events" USING btree ("at");
--> statement-breakpoint
CREATE INDEX "audit_events_mailbox" ON "audit_events" USING btree ("mailbox","at");
--> statement-breakpoint
CREATE INDEX "audit_events_site" ON "audit_events" USING btree ("site_id","at");
--> statement-breakpoint
CREATE INDEX "audit_events_event" ON "audit_events" USING btree ("event","at");
--> statement-breakpoint
CREATE INDEX "audit_events_site_removed" ON "audit_events" USING btree ("site_id") WHERE "audit_events"."event" = 'site_removed';
--> statement-breakpoint
CREATE TRIGGER "audit_events_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_events"
	FOR EACH STATEMENT EXECUTE FUNCTION "refuse_audit_change"();
--> statement-breakpoint
-- Who may read and add to it still may: the version before serves on.
DO $$
DECLARE
	its record;
BEGIN
	FOR its IN
		SELECT given.privilege_type AS right, CASE given.grantee WHEN 0 THEN 'PUBLIC' ELSE given.grantee::regrole::text END AS who
		FROM pg_class, aclexplode(relacl) AS given
		WHERE pg_class.oid = 'audit_partitions.events_before'::regclass AND given.grantee <> relowner
	LOOP
		EXECUTE format('GRANT %s ON audit_events TO %s', its.right, its.who);
	END LOOP;
END
$$;
--> statement-breakpoint
-- Up to the end of this month, or later where a clock was ahead. Its name says until when.
DO $$
DECLARE
	until timestamp;
BEGIN
	SELECT date_trunc('month', greatest(now(), max("at")) AT TIME ZONE 'UTC') + interval '1 month' INTO until
	FROM "audit_partitions"."events_before";
	EXECUTE format('ALTER TABLE audit_events ATTACH PARTITION audit_partitions.events_before FOR VALUES FROM (MINVALUE) TO (%L)',
		until AT TIME ZONE 'UTC');
	EXECUTE format('ALTER TABLE audit_partitions.events_before RENAME TO %I', to_char(until, '"events_before_"YYYY_MM'));
END
$$;
--> statement-breakpoint
-- For what no partition is there for, as when nobody has made any for months: nothing is refused.
CREATE TABLE "audit_partitions"."events_other" PARTITION OF "audit_events" DEFAULT;
--> statement-breakpoint
CREATE TRIGGER "append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_partitions"."events_other"
	FOR EACH STATEMENT EXECUTE FUNCTION "refuse_audit_change"();
--> statement-breakpoint
-- The server calls it, whose user need not be the owner: it makes this month and the next three, and nothing else.
CREATE FUNCTION "add_audit_partitions"() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
	trail regclass;
	refusal regproc;
	month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
	its text;
BEGIN
	IF NOT pg_try_advisory_xact_lock(4812577302) THEN
		RETURN;
	END IF;
	SELECT inhparent, tgfoid INTO trail, refusal FROM pg_inherits JOIN pg_trigger ON tgrelid = inhrelid
	WHERE inhrelid = 'audit_partitions.events_other'::regclass AND tgname = 'append_only';
	FOR ahead IN 0..3 LOOP
		its := to_char(month, '"events_"YYYY_MM');
		IF NOT EXISTS (
			SELECT FROM pg_class WHERE relnamespace = 'audit_partitions'::regnamespace AND relkind = 'r' AND (
				relname = its
				OR starts_with(relname, 'events_before_') AND relname > to_char(month, '"events_before_"YYYY_MM'))
		) THEN
			BEGIN
				EXECUTE format('CREATE TABLE audit_partitions.%I (LIKE %s)', its, trail);
				-- For the version before, which notes the first resolve of each hour.
				EXECUTE format('CREATE UNIQUE INDEX ON audit_partitions.%I (stored_token_id, date_trunc(''hour'', at AT TIME ZONE ''UTC''))
					WHERE event = ''resolve''', its);
				EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_partitions.%I
					FOR EACH STATEMENT EXECUTE FUNCTION %s()', its, refusal);
				EXECUTE format('ALTER TABLE %s ATTACH PARTITION audit_partitions.%I FOR VALUES FROM (%L) TO (%L)',
					trail, its, month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
			EXCEPTION WHEN check_violation THEN
				-- Events of that month are in events_other already: it stays there.
				NULL;
			END;
		END IF;
		month := month + interval '1 month';
	END LOOP;
END
$$;
--> statement-breakpoint
SELECT "add_audit_partitions"();
--> statement-breakpoint
-- Drops each partition that ended before, and gives its name. Only the owner of the trail can.
CREATE FUNCTION "drop_audit_partitions"("before" timestamp with time zone) RETURNS SETOF text LANGUAGE plpgsql
	SET lock_timeout = '2s' AS $$
DECLARE
	its text;
BEGIN
	FOR its IN
		SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
		WHERE inhparent = 'audit_events'::regclass AND CASE
			WHEN relname LIKE 'events\_before\_%' THEN before >= to_date(right(relname, 7), 'YYYY_MM')::timestamp AT TIME ZONE 'UTC'
			WHEN relname ~ '^events_[0-9]{4}_[0-9]{2}$' THEN before >= (
				to_date(right(relname, 7), 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC'
			ELSE false END
		ORDER BY right(relname, 7)
	LOOP
		EXECUTE format('DROP TABLE audit_partitions.%I', its);
		RETURN NEXT its;
	END LOOP;
	IF EXISTS (SELECT FROM audit_partitions.events_other WHERE at < before) THEN
		ALTER TABLE audit_partitions.events_other DISABLE TRIGGER append_only;
		DELETE FROM audit_partitions.events_other WHERE at < before;
		ALTER TABLE audit_partitions.events_other ENABLE TRIGGER append_only;
		RETURN NEXT 'events_other';
	END IF;
END
$$;
