-- Up Migration

-- What holds for REST and the sockets holds for SQL, for replication and for answers that nobody was to learn anything from.

-- Invitations that tell nothing [R6] --------------------------------------------------------------------------------------------

-- Whose list is full is not asked, and the inviter is not told: the row is there all the same, since it counts among those that the inviter has sent.
ALTER TABLE tablo_private.invitations ADD COLUMN is_asked boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN tablo_private.invitations.is_asked IS 'False: there was no room in the person''s list, and they are shown nothing. The inviter is answered the same.';
DROP INDEX tablo_private.invitations_user_idx;
CREATE INDEX invitations_pending_idx ON tablo_private.invitations (user_id, created_at, id) WHERE is_asked AND declined_at IS NULL;
COMMENT ON INDEX tablo_private.invitations_pending_idx IS 'What a person is asked and has not answered, whatever else there is about them.';
