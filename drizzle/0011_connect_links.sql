CREATE TABLE "connect_links" (
	"id" text PRIMARY KEY NOT NULL,
	"site_id" bigint NOT NULL,
	"opaque_sha256" "bytea" NOT NULL,
	"email" text,
	"return_url" text,
	"state" text,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"cancelled_at" timestamp with time zone,
	"completed_at" timestamp with time zone,
	"stored_token_id" bigint,
	"problem_code" text,
	"problem_reference" jsonb,
	CONSTRAINT "connect_links_opaque_sha256_unique" UNIQUE("opaque_sha256")
);
--> statement-breakpoint
CREATE TABLE "return_codes" (
	"code_sha256" "bytea" PRIMARY KEY NOT NULL,
	"link_id" text NOT NULL,
	"sign_in_id" text NOT NULL,
	"made_at" timestamp with time zone NOT NULL,
	"voided_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "site_return_urls" (
	"site_id" bigint NOT NULL,
	"url" text NOT NULL,
	CONSTRAINT "site_return_urls_site_id_url_pk" PRIMARY KEY("site_id","url")
);
--> statement-breakpoint
ALTER TABLE "sign_ins" ADD COLUMN "connect_link_id" text;--> statement-breakpoint
ALTER TABLE "sign_ins" ADD COLUMN "renews_token_id" bigint;--> statement-breakpoint
ALTER TABLE "sign_ins" ADD COLUMN "returning_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sign_ins" ADD COLUMN "smtp_user" text;--> statement-breakpoint
ALTER TABLE "sites" ADD COLUMN "requires_link" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "connect_links" ADD CONSTRAINT "connect_links_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "return_codes" ADD CONSTRAINT "return_codes_link_id_connect_links_id_fk" FOREIGN KEY ("link_id") REFERENCES "public"."connect_links"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "site_return_urls" ADD CONSTRAINT "site_return_urls_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "connect_links_site" ON "connect_links" USING btree ("site_id");--> statement-breakpoint
CREATE INDEX "connect_links_expires_at" ON "connect_links" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "return_codes_link" ON "return_codes" USING btree ("link_id");--> statement-breakpoint
CREATE INDEX "return_codes_sign_in" ON "return_codes" USING btree ("sign_in_id");--> statement-breakpoint
ALTER TABLE "sign_ins" ADD CONSTRAINT "sign_ins_connect_link_id_connect_links_id_fk" FOREIGN KEY ("connect_link_id") REFERENCES "public"."connect_links"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sign_ins_connect_link" ON "sign_ins" USING btree ("connect_link_id") WHERE "sign_ins"."connect_link_id" is not null;