/**
 * An export as a stream of pieces, so that a file of any length needs the memory of one message. Read are one JSON value, or one a line: a container (a channel with its
 * messages), a list of containers or of single entities, or an object that holds such lists.
 */
import { createReadStream } from 'node:fs';
import { getManyValues, isMany, none } from 'stream-chain/defs.js';
import { jsonParser } from 'stream-json/core/parser.js';
import { ImportError } from './import-error.ts';
import { type Piece, PieceBuilder } from './piece-builder.ts';
import { Utf8Reader } from './utf8.ts';

/** Characters that are read at a time where a line is longer: how exactly a fault can be placed. */
const STEP = 8_192;

/** Throws an `ImportError` where there is no such file, or no JSON in it. */
export async function* readPieces(path: string): AsyncGenerator<Piece> {
  const parse = jsonParser({ jsonStreaming: true, streamValues: false, packValues: true });
  const builder = new PieceBuilder();
  let line = 1;
  let isStarted = false;
  const feed = function* (text: string | typeof none): Generator<Piece> {
    let tokens: unknown;
    try {
      tokens = parse(text as string);
    } catch (error) {
      const said = error instanceof Error ? error.message.replace(/^Parser (has|cannot parse input:) ?/, '') : '';
      throw new ImportError(
        `${path} is not JSON: ${said}, ${text === none ? `at its end (line ${line})` : `about line ${line}`}.`,
      );
    }
    if (tokens === none || tokens === null || tokens === undefined) return;
    for (const token of isMany(tokens) ? getManyValues(tokens) : [tokens]) {
      const piece = builder.push(token as Parameters<PieceBuilder['push']>[0]);
      if (piece !== null) yield piece;
    }
  };
  try {
    const utf8 = new Utf8Reader(path);
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1_024 })) {
      const read = utf8.read(chunk as Buffer);
      // A mark that some programs put before UTF-8.
      const text = isStarted ? read : read.replace(/^\uFEFF/, '');
      isStarted = true;
      for (let from = 0, to = 0; from < text.length; from = to) {
        const end = text.indexOf('\n', from) + 1;
        to = end > 0 && end - from < STEP ? end : Math.min(from + STEP, text.length);
        yield* feed(text.slice(from, to));
        if (end === to) line += 1;
      }
    }
    utf8.end();
    yield* feed(none);
  } catch (error) {
    throw asFileFault(error, path);
  }
}

export function asFileFault(error: unknown, path: string): unknown {
  const { code } = error as { code?: unknown };
  if (code === 'ENOENT') return new ImportError(`There is no file ${path}.`);
  if (code === 'EISDIR') return new ImportError(`${path} is a directory, not a file.`);
  if (code === 'EACCES') return new ImportError(`${path} cannot be read: permission denied.`);
  return error;
}
