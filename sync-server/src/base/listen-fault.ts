/** Why the port could not be opened, as a sentence that names the setting which mends it: HOST, or PORT. */

interface Listening {
  readonly host: string;
  readonly port: number;
}

const HOST_REMEDY =
  'Set HOST to an address of this machine: 127.0.0.1 for itself alone, 0.0.0.0 or :: for all of them.';

/** `null`: something else has failed. */
export function describeListenFault(error: unknown, { host, port }: Listening): string | null {
  const { code, syscall, hostname } = (error ?? {}) as { code?: unknown; syscall?: unknown; hostname?: unknown };
  // The database's name is looked up as well.
  if (syscall === 'getaddrinfo' && hostname === host)
    return code === 'EAI_AGAIN'
      ? `the name HOST=${host} could not be looked up now. ${HOST_REMEDY}`
      : `there is no address with the name HOST=${host}. ${HOST_REMEDY}`;
  // Windows, containers and unusual networks have more of these: each is about one of the two settings.
  if (syscall !== 'listen' && syscall !== 'bind') return null;
  if (code === 'EADDRINUSE') return `port ${port} is in use. Set PORT to another one.`;
  if (code === 'EACCES') return `port ${port} needs more rights than this user has. Set PORT to another one.`;
  return code === 'EADDRNOTAVAIL'
    ? `HOST=${host} is not an address of this machine. ${HOST_REMEDY}`
    : `nobody can listen on HOST=${host} here (${String(code)}). ${HOST_REMEDY}`;
}
