-- What the original application's own migrations leave behind, with rows.

CREATE TYPE "UserRole" AS ENUM ('USER', 'ADMIN');

CREATE TABLE "users" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "email" VARCHAR(255) NOT NULL,
  "hashed_password" TEXT,
  "is_verified" BOOLEAN NOT NULL DEFAULT false,
  "role" "UserRole" NOT NULL DEFAULT 'USER',
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT now(),
  "last_login_at" TIMESTAMPTZ(6),
  "session_id" VARCHAR(255),
  CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");
CREATE INDEX "users_session_id_idx" ON "users"("session_id");
CREATE INDEX "users_role_idx" ON "users"("role");
CREATE INDEX "users_created_at_idx" ON "users"("created_at");

CREATE TABLE "sessions" (
  "id" VARCHAR(255) NOT NULL,
  "user_id" UUID NOT NULL,
  "data" JSONB,
  "expires_at" TIMESTAMPTZ(6) NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT now(),
  "last_activity" TIMESTAMPTZ(6) NOT NULL DEFAULT now(),
  "ip_address" INET,
  "user_agent" TEXT,
  "revoked" BOOLEAN NOT NULL DEFAULT false,
  "revoked_at" TIMESTAMPTZ(6),
  CONSTRAINT "sessions_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE
);
CREATE INDEX "sessions_user_id_idx" ON "sessions"("user_id");
CREATE INDEX "sessions_expires_at_idx" ON "sessions"("expires_at");
CREATE INDEX "sessions_created_at_idx" ON "sessions"("created_at");
CREATE INDEX "sessions_revoked_idx" ON "sessions"("revoked");

INSERT INTO users (email, hashed_password, role, session_id, last_login_at)
VALUES ('Ann@example.com', '$2b$12$x', 'ADMIN', 'a-session-of-the-original', now()), ('bob@example.com', NULL, 'USER', NULL, NULL);
INSERT INTO sessions (id, user_id, data, expires_at, revoked)
SELECT name, users.id, data::jsonb, now() + INTERVAL '7 days', name = 'ended'
FROM users, (VALUES ('live', '{"theme": "dark"}'), ('ended', NULL)) AS s (name, data)
WHERE email = 'bob@example.com';
