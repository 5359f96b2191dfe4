/** Whose token it is, unverified; null: no token. */
export const subjectOf = (token: string): string | null => {
  try {
    return (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub?: string }).sub ?? null;
  } catch {
    return null;
  }
};
