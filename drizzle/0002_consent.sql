CREATE TABLE "approvals" (
	"state" text PRIMARY KEY NOT NULL,
	"mail_domain" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sign_ins" ADD COLUMN "tenant_id" text;--> statement-breakpoint
ALTER TABLE "sign_ins" ADD COLUMN "object_id" text;--> statement-breakpoint
ALTER TABLE "sign_ins" ADD COLUMN "scopes" text[];--> statement-breakpoint
ALTER TABLE "sign_ins" ADD COLUMN "sealed_refresh_token" text;--> statement-breakpoint
ALTER TABLE "sign_ins" ADD COLUMN "sealed_access_token" text;--> statement-breakpoint
ALTER TABLE "sign_ins" ADD COLUMN "access_token_expires_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sign_ins" ADD COLUMN "tokens_received_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sign_ins" ADD COLUMN "trying_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sign_ins" ADD COLUMN "tries" jsonb;--> statement-breakpoint
CREATE INDEX "approvals_created_at" ON "approvals" USING btree ("created_at");