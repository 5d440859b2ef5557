ALTER TABLE "site_keys" ADD COLUMN "expires_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "site_keys" ADD COLUMN "last_used_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "stored_tokens" ADD COLUMN "refresh_started_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "stored_tokens" ADD COLUMN "lease_owner" text;--> statement-breakpoint
ALTER TABLE "stored_tokens" ADD COLUMN "lease_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "stored_tokens" ADD COLUMN "retry_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "stored_tokens" ADD COLUMN "failures" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "stored_tokens" ADD COLUMN "refused_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "stored_tokens" ADD COLUMN "problem_code" text;--> statement-breakpoint
ALTER TABLE "stored_tokens" ADD COLUMN "problem_reference" jsonb;--> statement-breakpoint
ALTER TABLE "stored_tokens" ADD COLUMN "last_resolved_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "stored_tokens" ADD COLUMN "revoked_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "stored_tokens" ADD COLUMN "revoked_reason" text;