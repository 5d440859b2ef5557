ALTER TABLE "sign_ins" ADD COLUMN "checks" jsonb;--> statement-breakpoint
ALTER TABLE "sign_ins" ADD COLUMN "test_message" jsonb;--> statement-breakpoint
ALTER TABLE "stored_tokens" ADD COLUMN "smtp_user" text;