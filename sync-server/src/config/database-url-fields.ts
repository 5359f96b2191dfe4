/** Splits DATABASE_URL into libpq's fields, without checking them. The errors complete the sentence "DATABASE_URL must be …". */
import { err, ok, type Result } from '@tablo/schema/result';

export type Fields = Readonly<Record<string, string>>;

const WRONG = 'an address of a PostgreSQL, beginning with postgres:// or postgresql://';
const BADLY_ENCODED = `${WRONG}, whose signs are UTF-8 where they are written as %…`;

export function splitDatabaseUrl(given: string): Result<Fields, string> {
  const uri = /^postgres(?:ql)?:\/\/(.*)$/is.exec(given)?.[1];
  if (uri !== undefined) return splitUri(uri);
  return /^\s*[a-z_]+\s*=/i.test(given) && !given.includes('://') ? splitPairs(given) : err(WRONG);
}

function splitUri(uri: string): Result<Fields, string> {
  const end = uri.search(/[/?]/);
  const authority = end < 0 ? uri : uri.slice(0, end);
  const [path = '', ...query] = (end < 0 ? '' : uri.slice(end)).split('?');
  const at = authority.lastIndexOf('@');
  const [user, ...password] = at < 0 ? [] : authority.slice(0, at).split(':');
  const place = splitPlace(authority.slice(at + 1));
  const fields: Record<string, string> = {};
  const pairs: [string, string | undefined][] = [
    ['user', user],
    ['password', password.length === 0 ? undefined : password.join(':')],
    ...Object.entries(place),
    ['dbname', path.slice(1)],
    ...query
      .join('?')
      .split('&')
      .map((pair): [string, string] => {
        const [name = '', ...value] = pair.split('=');
        return [name, value.join('=')];
      }),
  ];
  for (const [name, value] of pairs) {
    if (name === '' || value === undefined || value === '') continue;
    const decoded = decode(value);
    if (decoded === null) return err(BADLY_ENCODED);
    fields[decode(name) ?? name] = decoded;
  }
  return ok(fields);
}

function splitPlace(place: string): { readonly host: string; readonly port: string } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(place);
  if (bracketed !== null) return { host: bracketed[1] ?? '', port: bracketed[2] ?? '' };
  // Of several hosts each has its own; they are refused together.
  if (place.includes(',')) return { host: place, port: '' };
  const [host = '', ...port] = place.split(':');
  return { host, port: port.join(':') };
}

/** `host=localhost dbname='my chat' password=it\'s` */
function splitPairs(given: string): Result<Fields, string> {
  const fields: Record<string, string> = {};
  const pair = /\s*([a-z_]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s\\']|\\.)*))(?=\s|$)/gisy;
  let end = 0;
  for (let found = pair.exec(given); found !== null; found = pair.exec(given)) {
    end = pair.lastIndex;
    const value = (found[2] ?? found[3] ?? '').replaceAll(/\\(.)/gs, '$1');
    if (value !== '') fields[(found[1] ?? '').toLowerCase()] = value;
  }
  return given.slice(end).trim() === '' ? ok(fields) : err(`${WRONG}, or pairs such as host=localhost dbname=chat`);
}

/** A % that begins no code means itself, as people write it in passwords. */
function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll(/%(?![\da-f]{2})/gi, '%25'));
  } catch {
    return null; // No UTF-8.
  }
}
