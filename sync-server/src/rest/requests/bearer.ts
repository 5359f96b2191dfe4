/** The token of an `Authorization` header (RFC 6750, section 2.1; the scheme's case does not matter), or null. */
const BEARER = /^bearer +(\S+) *$/i;

export const bearerOf = (header: string | undefined): string | null => BEARER.exec(header ?? '')?.[1] ?? null;
