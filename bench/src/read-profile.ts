/** `node bench/src/read-profile.ts FILE.cpuprofile [rows]`: where a server spent its time, as two tables. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Node {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

interface Profile {
  readonly nodes: readonly Node[];
  readonly samples: readonly number[];
  /** µs. */
  readonly timeDeltas: readonly number[];
}

const IDLE = '(idle)';

function nameOf({ callFrame }: Node): string {
  const { functionName, url, lineNumber } = callFrame;
  const file = url.startsWith('file:')
    ? relative(process.cwd(), fileURLToPath(url)).replace(/^.*node_modules\//, '')
    : url;
  return `${functionName === '' ? '(anonymous)' : functionName}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`;
}

function readTimes({ nodes, samples, timeDeltas }: Profile) {
  const self = new Map<number, number>();
  samples.forEach((id, nth) => self.set(id, (self.get(id) ?? 0) + (timeDeltas[nth] ?? 0)));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const selfByName = new Map<string, number>();
  const totalByName = new Map<string, number>();
  const add = (times: Map<string, number>, name: string, us: number): void =>
    void times.set(name, (times.get(name) ?? 0) + us);
  /** The time below a node counts once a function, however often it recurses. */
  const walk = (node: Node, above: ReadonlySet<string>): number => {
    const name = nameOf(node);
    const own = self.get(node.id) ?? 0;
    const inside = above.has(name) ? above : new Set([...above, name]);
    const below = (node.children ?? []).flatMap((id) => byId.get(id) ?? []).map((child) => walk(child, inside));
    const total = below.reduce((sum, us) => sum + us, own);
    add(selfByName, name, own);
    if (!above.has(name)) add(totalByName, name, total);
    return total;
  };
  const [root] = nodes;
  const all = root === undefined ? 0 : walk(root, new Set());
  return { selfByName, totalByName, busy: all - (selfByName.get(IDLE) ?? 0) };
}

function print(title: string, times: ReadonlyMap<string, number>, busy: number, rows: number): void {
  console.log(`\n${title}`);
  const sorted = [...times]
    .filter(([name]) => name !== IDLE && name !== '(root)')
    .sort((left, right) => right[1] - left[1]);
  for (const [name, us] of sorted.slice(0, rows))
    console.log(`  ${((100 * us) / busy).toFixed(1).padStart(5)} %  ${name}`);
}

const [file = '', rows = '40'] = process.argv.slice(2);
const { selfByName, totalByName, busy } = readTimes(JSON.parse(readFileSync(file, 'utf8')) as Profile);
console.log(`Busy for ${(busy / 1e6).toFixed(1)} s`);
print('Self', selfByName, busy, Number(rows));
print('Total', totalByName, busy, Number(rows));
