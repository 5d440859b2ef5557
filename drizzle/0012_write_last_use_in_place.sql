DROP INDEX "stored_tokens_never_resolved";--> statement-breakpoint
CREATE INDEX "stored_tokens_signed_in" ON "stored_tokens" USING btree ("signed_in_at") WHERE "stored_tokens"."state" <> 'revoked';--> statement-breakpoint
ALTER TABLE "stored_tokens" SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_scale_factor = 0.05);
