ALTER TABLE "sessions" ADD COLUMN "replaced_by" text;--> statement-breakpoint
CREATE INDEX "sessions_replaced_by" ON "sessions" USING btree ("replaced_by");