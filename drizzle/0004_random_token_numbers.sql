ALTER TABLE "stored_tokens" ALTER COLUMN "id" DROP IDENTITY;--> statement-breakpoint
CREATE INDEX "stored_tokens_site_created" ON "stored_tokens" USING btree ("site_id","created_at","id");--> statement-breakpoint
ALTER TABLE "stored_tokens" ADD CONSTRAINT "stored_tokens_id_range" CHECK ("stored_tokens"."id" between 1 and 9007199254740991);