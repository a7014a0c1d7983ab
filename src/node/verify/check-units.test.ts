import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseUnitStates, readUnitStates } from '../../host/index.ts';
import { unitFindings } from './check-units.ts';

const now = 1_800_000_000;

/** As systemd 252 prints them. */
const shown = (values: Readonly<Record<string, string | number>>): string => {
  const all = { Id: 'gantry-monitor.service', LoadState: 'loaded', ActiveState: 'active', Result: 'success', NRestarts: 0, ...values };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
};
const found = (...units: string[]) =>
  unitFindings(parseUnitStates(`${units.join('\n\n')}\n`), now).map(({ code, subject, text, todo }) => ({ code, subject, text, todo }));

test('a unit that systemd has given up is an error that says how to read its log and start it', () => {
  const [first, ...others] = found(
    shown({ Id: 'gantry-master.service', ExecMainStartTimestamp: `@${now - 90_000}` }),
    shown({ ActiveState: 'failed', Result: 'exit-code', NRestarts: 5, ExecMainStartTimestamp: `@${now - 60}` }),
  );
  assert.deepEqual(others, []);
  assert.deepEqual([first?.code, first?.subject], ['VERIFY_UNIT_FAILED', 'gantry-monitor']);
  assert.match(first?.text ?? '', /exit-code/);
  assert.match(first?.todo ?? '', /journalctl -u gantry-monitor.*systemctl reset-failed gantry-monitor/);
});

test('a daemon that was started again is reported for a day', () => {
  const restarted = (ago: number) => found(shown({ NRestarts: 2, ExecMainStartTimestamp: `@${now - ago}` }));
  const [first] = restarted(60);
  assert.equal(first?.code, 'VERIFY_DAEMON_RESTARTED');
  assert.match(first?.text ?? '', /last at 2027-01-15T07:59:00\.000Z \(restarts so far: 2\)/);
  assert.deepEqual(restarted(90_000), []);
});

test('units that are not there, not started, or well are not reported', () => {
  const absent = shown({ LoadState: 'not-found', ActiveState: 'failed', ExecMainStartTimestamp: '' });
  assert.deepEqual(found(absent, shown({ ActiveState: 'inactive', ExecMainStartTimestamp: '' }), shown({}), ''), []);
});

test('a process that is not in the unit does not ask: the units of this host are not those of its cluster', async () => {
  assert.deepEqual(await readUnitStates('gantry-agent', ['gantry-agent']), []);
});
