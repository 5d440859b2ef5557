CREATE TABLE "approvals" (
	"state" text PRIMARY KEY NOT NULL,
	"mail_domain" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "mail_domain_tenants" (
	"domain" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"looked_up_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"replaced_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "sign_ins" (
	"id" text PRIMARY KEY NOT NULL,
	"site_id" bigint NOT NULL,
	"mailbox" text NOT NULL,
	"entered_email" text NOT NULL,
	"nonce" text NOT NULL,
	"state" text NOT NULL,
	"session_id" text NOT NULL,
	"begun_session_id" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"exchanging_since" timestamp with time zone,
	"signed_in_as" text,
	"stored_token_id" bigint,
	"problem_code" text,
	"problem_reference" jsonb,
	"tenant_id" text,
	"object_id" text,
	"scopes" text[],
	"sealed_refresh_token" text,
	"sealed_access_token" text,
	"access_token_expires_at" timestamp with time zone,
	"tokens_received_at" timestamp with time zone,
	"trying_since" timestamp with time zone,
	"tries" jsonb
);
--> statement-breakpoint
CREATE TABLE "site_keys" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "site_keys_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" bigint NOT NULL,
	"key_sha256" "bytea" NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "site_keys_key_sha256_unique" UNIQUE("key_sha256")
);
--> statement-breakpoint
CREATE TABLE "site_mail_domains" (
	"site_id" bigint NOT NULL,
	"domain" text NOT NULL,
	CONSTRAINT "site_mail_domains_site_id_domain_pk" PRIMARY KEY("site_id","domain")
);
--> statement-breakpoint
CREATE TABLE "site_tenants" (
	"site_id" bigint NOT NULL,
	"tenant_id" text NOT NULL,
	CONSTRAINT "site_tenants_site_id_tenant_id_pk" PRIMARY KEY("site_id","tenant_id")
);
--> statement-breakpoint
CREATE TABLE "sites" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "sites_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"url" text NOT NULL,
	"name" text NOT NULL,
	"any_mailbox" boolean NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"disabled_at" timestamp with time zone,
	CONSTRAINT "sites_url_unique" UNIQUE("url")
);
--> statement-breakpoint
CREATE TABLE "stored_tokens" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "stored_tokens_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" bigint NOT NULL,
	"mailbox" text NOT NULL,
	"tenant_id" text NOT NULL,
	"object_id" text NOT NULL,
	"signed_in_as" text NOT NULL,
	"state" text NOT NULL,
	"version" integer NOT NULL,
	"scopes" text[] NOT NULL,
	"sealed_refresh_token" text,
	"sealed_access_token" text,
	"access_token_expires_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	"last_refreshed_at" timestamp with time zone NOT NULL,
	"refresh_started_at" timestamp with time zone,
	"lease_owner" text,
	"lease_until" timestamp with time zone,
	"retry_at" timestamp with time zone,
	"failures" integer DEFAULT 0 NOT NULL,
	"refused_at" timestamp with time zone,
	"problem_code" text,
	"problem_reference" jsonb,
	"last_resolved_at" timestamp with time zone,
	"signed_in_at" timestamp with time zone DEFAULT now() NOT NULL,
	"keep_alive_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp with time zone,
	"revoked_reason" text
);
--> statement-breakpoint
CREATE TABLE "visitors" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text,
	"object_id" text,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_visitors_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."visitors"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_ins" ADD CONSTRAINT "sign_ins_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_ins" ADD CONSTRAINT "sign_ins_stored_token_id_stored_tokens_id_fk" FOREIGN KEY ("stored_token_id") REFERENCES "public"."stored_tokens"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "site_keys" ADD CONSTRAINT "site_keys_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "site_mail_domains" ADD CONSTRAINT "site_mail_domains_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "site_tenants" ADD CONSTRAINT "site_tenants_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stored_tokens" ADD CONSTRAINT "stored_tokens_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "approvals_created_at" ON "approvals" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "sessions_user" ON "sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "sessions_expires_at" ON "sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "sign_ins_session" ON "sign_ins" USING btree ("session_id","created_at");--> statement-breakpoint
CREATE INDEX "sign_ins_begun_session" ON "sign_ins" USING btree ("begun_session_id");--> statement-breakpoint
CREATE INDEX "sign_ins_created_at" ON "sign_ins" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "stored_tokens_one_per_account" ON "stored_tokens" USING btree ("site_id","mailbox","tenant_id","object_id") WHERE "stored_tokens"."state" <> 'revoked';--> statement-breakpoint
CREATE INDEX "stored_tokens_keep_alive" ON "stored_tokens" USING btree ("keep_alive_at") WHERE "stored_tokens"."state" in ('active', 'degraded');--> statement-breakpoint
CREATE INDEX "stored_tokens_never_resolved" ON "stored_tokens" USING btree ("signed_in_at") WHERE "stored_tokens"."last_resolved_at" is null and "stored_tokens"."state" <> 'revoked';--> statement-breakpoint
CREATE UNIQUE INDEX "visitors_tenant_object" ON "visitors" USING btree ("tenant_id","object_id");