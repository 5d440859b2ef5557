CREATE TABLE "visits" (
	"id" text PRIMARY KEY NOT NULL,
	"nonce" text NOT NULL,
	"session_id" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"redeemed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE INDEX "visits_created_at" ON "visits" USING btree ("created_at");