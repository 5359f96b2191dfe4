/** The tables in `public` that the server reads and writes. The first four may be a host's, or those of a server before ours. */
export const TABLES = [
  ...['tablos', 'tablo_access', 'messages', 'channel_read_state'],
  ...['message_edits', 'message_reactions', 'channel_drafts', 'chat_profiles'],
  ...['tablo_clients', 'tablo_documents', 'tablo_entries', 'tablo_erasures'],
  ...['tablo_invites', 'tablo_reaction_kinds', 'tablo_updates', 'tablo_votes'],
] as const;
