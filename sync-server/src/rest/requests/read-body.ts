/** A request's JSON. Whatever its content type says: authority comes by Bearer token, so no page can send one on somebody's behalf. */
import { MAX_BODY_BYTES } from '@tablo/schema/limits';
import { AppError, invalidRequest, refusal } from '../base/app-error.ts';

export async function readJson(request: Request): Promise<unknown> {
  const text = await readText(request);
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw invalidRequest('The body is not JSON.');
  }
}

/** Stops reading at the limit, whatever length was announced. `HttpConnections` bounds how long it may take. */
export async function readText(request: Request): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  if (request.body === null) return '';
  const bytes = await collect(request.body);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalidRequest('The body is not UTF-8.');
  }
}

async function collect(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      length += chunk.byteLength;
      if (length > MAX_BODY_BYTES) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    // Whoever sent it hung up, or was too slow. The error has the code of a broken connection, and must not be taken for the database's.
    throw error instanceof AppError ? error : invalidRequest('The body ended early.');
  }
  return Buffer.concat(chunks);
}

const tooLarge = (): AppError => new AppError(refusal('too-large', `The body is larger than ${MAX_BODY_BYTES} bytes.`));
