/** Which pages may open sockets here: our own, and the configured ones. Programs send no origin and are not asked. */

export function createOriginCheck(
  allowedOrigins: readonly string[],
  publicUrl: string | null,
): (origin: string, host: string) => boolean {
  const allowed = new Set(publicUrl === null ? allowedOrigins : [...allowedOrigins, publicUrl]);
  return (origin, host) => allowed.has('*') || allowed.has(origin) || URL.parse(origin)?.host === host;
}
