/** What a message says here: Stream's text, and its attachments as links below it. */
import { MAX_TEXT_CODE_POINTS } from '@tablo/schema/limits';
import { isVisible } from '@tablo/schema/names/text';
import type { JsonObject } from '../file/piece-builder.ts';
import { asList, asObject, asText, mend } from '../file/read-value.ts';

export interface MessageText {
  /** In order, each at most as long as a message may be; none: there is nothing that can be seen. */
  readonly parts: readonly string[];
  /** Types of attachments that became a link or a line. */
  readonly attached: readonly string[];
  /** Types of attachments of which the text has nothing. */
  readonly dropped: readonly string[];
  /** NUL and halves of surrogate pairs, which nobody can store, were replaced. */
  readonly isMended: boolean;
}

export function readText(message: JsonObject): MessageText {
  const raw = typeof message['text'] === 'string' ? message['text'] : '';
  const lines: string[] = [];
  const attached: string[] = [];
  const dropped: string[] = [];
  for (const one of asList(message['attachments'])) {
    const attachment = asObject(one) ?? {};
    const type = asText(attachment['type']) ?? 'without a type';
    const line = lineOf(attachment, raw);
    if (line === null) dropped.push(type);
    else attached.push(type);
    // A page whose address the text names already says nothing new.
    if (line !== null && line !== '' && !lines.includes(line)) lines.push(line);
  }
  const whole = [raw.trim(), lines.join('\n')].filter((part) => part !== '').join('\n\n');
  const text = mend(whole).trim();
  const parts = isVisible(text) ? splitText(text, MAX_TEXT_CODE_POINTS) : [];
  return { parts, attached, dropped, isMended: text !== whole.trim() };
}

const ADDRESSES = ['asset_url', 'og_scrape_url', 'title_link', 'url', 'image_url', 'file', 'thumb_url'] as const;

/** Null: nothing that a text could say. Empty: the text says it. */
function lineOf(attachment: JsonObject, text: string): string | null {
  const addresses = ADDRESSES.flatMap((key) => asText(attachment[key]) ?? []).filter((one) =>
    /^https?:\/\/\S+$/.test(one),
  );
  const titles = ['title', 'fallback', 'name', 'text'].flatMap((key) => asText(attachment[key]) ?? []);
  const title = titles.map((one) => one.replace(/\s+/g, ' ').trim()).find((one) => one !== '') ?? '';
  const scraped = ['og_scrape_url', 'title_link'].flatMap((key) => asText(attachment[key]) ?? []);
  const isQuoted = [...scraped, ...addresses.slice(0, 1)].some((one) => text.includes(one));
  if (isQuoted) return '';
  const [address] = addresses;
  if (address === undefined) return title === '' ? null : title;
  return title === '' || title === address ? address : `${title}: ${address}`;
}

/** At white space where there is some in the last part of what fits; otherwise where it is full, and never within a code point. */
export function splitText(text: string, max: number): readonly string[] {
  const parts: string[] = [];
  let left = text;
  while (left !== '') {
    const end = endOf(left, max);
    if (end === left.length) {
      parts.push(left);
      break;
    }
    const full = left.slice(0, end);
    const blank = /\s(?=\S*$)/u.exec(full)?.index ?? -1;
    const cut = /^\s/u.test(left.slice(end)) ? end : blank > end / 2 ? blank : end;
    parts.push(left.slice(0, cut).trimEnd());
    left = left.slice(cut).trimStart();
  }
  // White space alone, or marks that lost their base: a message has to show something.
  return parts.filter((part) => isVisible(part));
}

/** Where so many code points end, in UTF-16 units. */
function endOf(text: string, max: number): number {
  if (text.length <= max) return text.length;
  let at = 0;
  for (let count = 0; count < max && at < text.length; count += 1) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return at;
}
