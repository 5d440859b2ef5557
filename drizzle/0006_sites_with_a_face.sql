CREATE TABLE "retired_token_numbers" (
	"number" bigint PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE "site_logos" (
	"site_id" bigint PRIMARY KEY NOT NULL,
	"content_type" text NOT NULL,
	"bytes" "bytea" NOT NULL,
	"digest" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sign_ins" ADD COLUMN "protocols" text[] DEFAULT '{"imap","pop","smtp"}' NOT NULL;--> statement-breakpoint
ALTER TABLE "sites" ADD COLUMN "protocols" text[] DEFAULT '{"imap","pop","smtp"}' NOT NULL;--> statement-breakpoint
ALTER TABLE "sites" ADD COLUMN "imap_server" text;--> statement-breakpoint
ALTER TABLE "sites" ADD COLUMN "pop_server" text;--> statement-breakpoint
ALTER TABLE "sites" ADD COLUMN "smtp_server" text;--> statement-breakpoint
ALTER TABLE "sites" ADD COLUMN "support_url" text;--> statement-breakpoint
ALTER TABLE "sites" ADD COLUMN "advice" text;--> statement-breakpoint
ALTER TABLE "site_logos" ADD CONSTRAINT "site_logos_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "site_logos_digest" ON "site_logos" USING btree ("digest");