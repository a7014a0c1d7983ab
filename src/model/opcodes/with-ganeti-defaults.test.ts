import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withGanetiDefaults } from './with-ganeti-defaults.ts';

test("an opcode is shown with Ganeti's defaults, without what has no value", () => {
  const common = { dry_run: false, debug_level: 0, priority: 0, depends: null, comment: null };
  assert.deepEqual(withGanetiDefaults({ OP_ID: 'OP_TEST_DELAY', duration: 1, repeat: 2, comment: 'x', reason: null }), {
    ...common,
    comment: 'x',
    OP_ID: 'OP_TEST_DELAY',
    on_master: true,
    on_nodes: [],
    repeat: 2,
    interruptible: false,
    no_locks: false,
    duration: 1,
  });
  assert.deepEqual(withGanetiDefaults({ OP_ID: 'OP_OTHER' }), { ...common, OP_ID: 'OP_OTHER' });
});
