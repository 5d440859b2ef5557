CREATE TABLE "mailbox_checks" (
	"stored_token_id" bigint NOT NULL,
	"protocol" text NOT NULL,
	"status" text NOT NULL,
	"problem" jsonb,
	"checked_at" timestamp with time zone NOT NULL,
	"failing_since" timestamp with time zone,
	"failed_at" timestamp with time zone,
	CONSTRAINT "mailbox_checks_stored_token_id_protocol_pk" PRIMARY KEY("stored_token_id","protocol")
);
--> statement-breakpoint
ALTER TABLE "stored_tokens" ADD COLUMN "recheck_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "mailbox_checks" ADD CONSTRAINT "mailbox_checks_stored_token_id_stored_tokens_id_fk" FOREIGN KEY ("stored_token_id") REFERENCES "public"."stored_tokens"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "mailbox_checks_failed" ON "mailbox_checks" USING btree ("protocol") WHERE "mailbox_checks"."failed_at" is not null;--> statement-breakpoint
CREATE INDEX "stored_tokens_recheck" ON "stored_tokens" USING btree ("recheck_at") WHERE "stored_tokens"."state" = 'active';