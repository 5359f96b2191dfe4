import { describe, expect, it } from 'vitest';
import { JoinGate } from './join-gate.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('the gate of joins', () => {
  it('lets only so many in at a time, and who is on the screen first', async () => {
    const gate = new JoinGate(2);
    const inside: string[] = [];
    const enter = (name: string, isUrgent = false) => {
      const ticket = { isUrgent: () => isUrgent };
      void gate.enter(ticket).then(() => inside.push(name));
      return ticket;
    };
    const [first] = [enter('a'), enter('b'), enter('c'), enter('open', true)];
    await settle();
    expect(inside).toEqual(['a', 'b']);
    gate.leave(first!);
    await settle();
    expect(inside).toEqual(['a', 'b', 'open']);
  });

  it('forgets who gave up waiting', async () => {
    const gate = new JoinGate(1);
    const inside: string[] = [];
    const tickets = ['a', 'b', 'c'].map((name) => {
      const ticket = { isUrgent: () => false };
      void gate.enter(ticket).then(() => inside.push(name));
      return ticket;
    });
    gate.leave(tickets[1]!);
    gate.leave(tickets[0]!);
    await settle();
    expect(inside).toEqual(['a', 'c']);
  });
});
