CREATE TABLE "audit_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
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
);
--> statement-breakpoint
CREATE TABLE "request_counts" (
	"key" text PRIMARY KEY NOT NULL,
	"count" integer NOT NULL,
	"window_ends_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "audit_events_at" ON "audit_events" USING btree ("at");--> statement-breakpoint
CREATE INDEX "audit_events_mailbox" ON "audit_events" USING btree ("mailbox","at");--> statement-breakpoint
CREATE UNIQUE INDEX "audit_events_resolve_hour" ON "audit_events" USING btree ("stored_token_id",(date_trunc('hour', "at" at time zone 'UTC'))) WHERE "audit_events"."event" = 'resolve';--> statement-breakpoint
CREATE INDEX "request_counts_window_ends_at" ON "request_counts" USING btree ("window_ends_at");