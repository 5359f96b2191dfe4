/** A request's JSON. Whatever its content type says: authority comes by Bearer token, so no page can send one on somebody's behalf. */
import { MAX_BODY_BYTES } from '@tablo/schema/limits';
import { AppError, invalidRequest, refusal } from './app-error.ts';

export async function readJson(request: Request): Promise<unknown> {
  const text = await readText(request);
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw invalidRequest('The body is not JSON.');
  }
}

/** Stops reading at the limit, whatever length was announced. */
async function readText(request: Request): Promise<string> {
  const tooLarge = new AppError(refusal('too-large', `The body is larger than ${MAX_BODY_BYTES} bytes.`));
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge;
  if (request.body === null) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.byteLength;
    if (length > MAX_BODY_BYTES) throw tooLarge;
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw invalidRequest('The body is not UTF-8.');
  }
}
