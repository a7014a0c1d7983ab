import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpcodeDefinition } from '../define-opcode.ts';

/** What an opcode touches with some parameters, as `kind name mode`: locks and permissions follow from it. */
type Case = readonly [params: Readonly<Record<string, unknown>>, ...touches: string[]];

/** Declares a test: the opcode touches exactly what it changes. */
export function testTouches({ id, touches }: Pick<OpcodeDefinition, 'id' | 'touches'>, cases: readonly Case[]): void {
  for (const [params, ...expected] of cases) {
    test(`${id} with ${JSON.stringify(params)} touches what it changes, and nothing else`, () => {
      const touched = touches({ OP_ID: id, ...params }).map(({ kind, name, mode }) => `${kind} ${name} ${mode}`);
      assert.deepEqual(touched, expected);
    });
  }
}
