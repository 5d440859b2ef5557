CREATE TABLE "site_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "site_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" bigint NOT NULL,
	"type" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"stored_token_id" bigint,
	"mailbox" text,
	"details" jsonb NOT NULL,
	"delivery" text,
	"next_try_at" timestamp with time zone,
	"lease_owner" text,
	"tries" integer DEFAULT 0 NOT NULL,
	"last_tried_at" timestamp with time zone,
	"last_result" text
);
--> statement-breakpoint
CREATE TABLE "webhook_secrets" (
	"id" text PRIMARY KEY NOT NULL,
	"site_id" bigint NOT NULL,
	"sealed_secret" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "sites" ADD COLUMN "webhook_url" text;--> statement-breakpoint
ALTER TABLE "sites" ADD COLUMN "webhook_gone_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "stored_tokens" ADD COLUMN "failing_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "stored_tokens" ADD COLUMN "degraded_reported_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "stored_tokens" ADD COLUMN "lapse_reported_days" integer;--> statement-breakpoint
ALTER TABLE "site_events" ADD CONSTRAINT "site_events_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_secrets" ADD CONSTRAINT "webhook_secrets_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "site_events_of_site" ON "site_events" USING btree ("site_id","id");--> statement-breakpoint
CREATE INDEX "site_events_at" ON "site_events" USING btree ("at");--> statement-breakpoint
CREATE INDEX "site_events_waiting" ON "site_events" USING btree ("site_id","next_try_at") WHERE "site_events"."delivery" = 'waiting';--> statement-breakpoint
CREATE INDEX "webhook_secrets_site" ON "webhook_secrets" USING btree ("site_id");--> statement-breakpoint
CREATE INDEX "stored_tokens_failing" ON "stored_tokens" USING btree ("failing_since") WHERE "stored_tokens"."failing_since" is not null;