CREATE TABLE "key_checks" (
	"key_id" text PRIMARY KEY NOT NULL,
	"check_value" text NOT NULL
);
--> statement-breakpoint
CREATE INDEX "visitors_anonymous" ON "visitors" USING btree ("created_at") WHERE "visitors"."tenant_id" is null;