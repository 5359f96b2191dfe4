/** Times travel as bigint milliseconds from PostgreSQL and as ISO 8601 to clients: pg's own dates lose what lies beyond the year 9999. */
export const toIso = (ms: string | number): string => new Date(Number(ms)).toISOString();
