-- The built-in identity service's tables, as better-auth 1.7 wants them (a test compares). In a schema of their own, which nobody but the server
-- may look into: passwords' hashes and sessions are nothing for REST gateways or administrators' tools. Unused where an external issuer is configured.

CREATE SCHEMA tablo_identity;
COMMENT ON SCHEMA tablo_identity IS 'Tablo Chat: accounts of the built-in identity service; not for outside programs.';

CREATE TABLE tablo_identity."user" (
  "id" uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL PRIMARY KEY,
  "name" text NOT NULL,
  "email" text NOT NULL UNIQUE,
  "emailVerified" boolean NOT NULL,
  "image" text,
  "createdAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
  "updatedAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL
);
COMMENT ON TABLE tablo_identity."user" IS 'Who can sign in. id is the claim sub of their tokens, and user_id everywhere else.';

CREATE TABLE tablo_identity."session" (
  "id" uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL PRIMARY KEY,
  "expiresAt" timestamptz NOT NULL,
  "token" text NOT NULL UNIQUE,
  "createdAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
  "updatedAt" timestamptz NOT NULL,
  "ipAddress" text,
  "userAgent" text,
  "userId" uuid NOT NULL REFERENCES tablo_identity."user" ("id") ON DELETE CASCADE
);
CREATE INDEX "session_userId_idx" ON tablo_identity."session" ("userId");
COMMENT ON TABLE tablo_identity."session" IS 'Signed-in browsers. Deleting a row signs one out, at the latest when its 15-minute token ends.';

CREATE TABLE tablo_identity."account" (
  "id" uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL PRIMARY KEY,
  "accountId" text NOT NULL,
  "providerId" text NOT NULL,
  "userId" uuid NOT NULL REFERENCES tablo_identity."user" ("id") ON DELETE CASCADE,
  "accessToken" text,
  "refreshToken" text,
  "idToken" text,
  "accessTokenExpiresAt" timestamptz,
  "refreshTokenExpiresAt" timestamptz,
  "scope" text,
  "password" text,
  "createdAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
  "updatedAt" timestamptz NOT NULL
);
CREATE INDEX "account_userId_idx" ON tablo_identity."account" ("userId");
COMMENT ON TABLE tablo_identity."account" IS 'Ways to sign in: the password''s hash (scrypt).';

CREATE TABLE tablo_identity."verification" (
  "id" uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL PRIMARY KEY,
  "identifier" text NOT NULL,
  "value" text NOT NULL,
  "expiresAt" timestamptz NOT NULL,
  "createdAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
  "updatedAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL
);
CREATE INDEX "verification_identifier_idx" ON tablo_identity."verification" ("identifier");
COMMENT ON TABLE tablo_identity."verification" IS 'Short-lived secrets of better-auth; empty as long as no mail is sent.';

CREATE TABLE tablo_identity."jwks" (
  "id" uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL PRIMARY KEY,
  "publicKey" text NOT NULL,
  "privateKey" text NOT NULL,
  "createdAt" timestamptz NOT NULL,
  "expiresAt" timestamptz,
  "alg" text,
  "crv" text
);
COMMENT ON TABLE tablo_identity."jwks" IS 'Keys that tokens are signed with; the private half encrypted with tablo_private.settings, identity_secret.';
