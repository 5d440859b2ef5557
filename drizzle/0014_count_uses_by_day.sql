CREATE TABLE "token_uses" (
	"day" date NOT NULL,
	"stored_token_id" bigint NOT NULL,
	"site_key_id" bigint NOT NULL,
	"site_id" bigint NOT NULL,
	"count" integer NOT NULL,
	"first_at" timestamp with time zone NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	CONSTRAINT "token_uses_day_stored_token_id_site_key_id_pk" PRIMARY KEY("day","stored_token_id","site_key_id")
);
--> statement-breakpoint
CREATE INDEX "token_uses_site" ON "token_uses" USING btree ("site_id","day");--> statement-breakpoint
ALTER TABLE "token_uses" SET (fillfactor = 70);
