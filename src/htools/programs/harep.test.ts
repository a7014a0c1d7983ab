import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runProgram } from '../command/run-program.ts';
import { jobMaster, type MasterScript } from '../jobs/testing/job-master.ts';

const tag = (text: string) => `ganeti:watcher:autorepair:${text}`;
const broken = (tags: readonly string[]): MasterScript => ({
  offline: ['node1'],
  instances: { 'inst2.r5.test': { template: 'drbd', secondary: 'node2', tags } },
});

/** Runs harep against a master. Times and identifiers, which differ from run to run, are left out of its output. */
async function harep(script: MasterScript, ...words: string[]) {
  await using master = await jobMaster(script);
  let out = '';
  let err = '';
  const io = { out: (text: string) => void (out += text), err: (text: string) => void (err += text), watched: false };
  const code = await runProgram('harep', [`-L${master.path}`, ...words], io);
  const plain = out.replace(/[\da-f]{8}-[\da-f-]{27}/g, 'UUID').replace(/\d{10}/g, 'TIME');
  return { code, err, lines: plain.split('\n'), jobs: master.jobs };
}

const counts = (lines: readonly string[]) => lines.slice(lines.indexOf('Instance status count') + 2).filter((line) => line !== '');

describe('what is done', () => {
  test('nothing about instances whose nodes are on', async () => {
    const { code, lines, jobs } = await harep({});
    assert.equal(code, 0);
    assert.deepEqual(lines, ['---------------------', 'Instance status count', '---------------------', 'Healthy: 6', '']);
    assert.deepEqual(jobs, []);
  });

  test('a repair waits for its tag, is submitted as one job, and then tagged with its number', async () => {
    const { lines, jobs } = await harep(broken([tag('failover')]), '--job-delay=3', '--reason=cron');
    assert.deepEqual(lines.slice(0, 3), [
      'Executing ArFailover repair on inst2.r5.test',
      '>>> Adding the following tag to inst2.r5.test:',
      JSON.stringify(tag('pending:failover:UUID:TIME:100')),
    ]);
    const [job, tagging] = jobs;
    assert.deepEqual(
      job?.map(({ OP_ID }) => OP_ID),
      ['OP_TEST_DELAY', 'OP_INSTANCE_FAILOVER'],
    );
    assert.equal(job?.[0]?.duration, 3);
    assert.deepEqual((job?.[1]?.reason as unknown[][])[0]?.slice(0, 2), ['harep', 'cron']);
    assert.deepEqual([tagging?.[0]?.OP_ID, tagging?.[0]?.kind, tagging?.[0]?.name], ['OP_TAGS_SET', 'instance', 'inst2.r5.test']);
    assert.deepEqual(counts(lines), ['Healthy: 5', 'Pending repair: 1']);
  });

  test('the kind of repair follows from which nodes are off', async () => {
    const cases = [
      [['node1'], 'drbd', ['OP_INSTANCE_FAILOVER']],
      [['node2'], 'drbd', ['OP_INSTANCE_REPLACE_DISKS']],
      [['node1', 'node2'], 'drbd', ['OP_INSTANCE_RECREATE_DISKS', 'OP_INSTANCE_REINSTALL']],
      [['node1'], 'plain', ['OP_INSTANCE_RECREATE_DISKS', 'OP_INSTANCE_REINSTALL']],
      [['node1'], 'sharedfile', undefined],
    ] as const;
    for (const [offline, template, opcodes] of cases) {
      const secondary = template === 'drbd' ? { secondary: 'node2' } : {};
      const script = { offline, instances: { 'inst2.r5.test': { template, tags: [tag('reinstall')], ...secondary } } };
      const { jobs } = await harep(script, '--job-delay=0');
      assert.deepEqual(
        jobs[0]?.map(({ OP_ID }) => OP_ID),
        opcodes,
      );
    }
  });

  test('a dry run tells the job and changes nothing', async () => {
    const { lines, jobs } = await harep(broken([tag('failover')]), '--dry-run', '--job-delay=0');
    assert.match(lines[1] ?? '', /^jobs: \[\[{"OP_ID":"OP_INSTANCE_FAILOVER","instance_name":"inst2.r5.test"/);
    assert.deepEqual(jobs, []);
  });
});

describe('what tags allow', () => {
  test('more destructive repairs than allowed are refused, and that is tagged', async () => {
    const { lines, jobs } = await harep(broken([tag('fix-storage'), tag('reinstall')]));
    assert.equal(
      lines[0],
      'Not performing a repair of type ArFailover on inst2.r5.test because only repairs up to ArFixStorage are allowed',
    );
    assert.equal(lines[2], JSON.stringify(tag('result:failover:UUID:TIME:enoperm:')));
    assert.deepEqual(
      jobs.flat().map(({ OP_ID }) => OP_ID),
      ['OP_TAGS_SET'],
    );
    assert.deepEqual(counts(lines), ['Healthy: 5', 'Needs repair: 1']);
  });

  test('nothing without a tag, or while suspended', async () => {
    for (const [tags, state] of [
      [[], 'ArNotEnabled'],
      [[tag('suspend:'), tag('failover')], 'ArSuspended Forever'],
      [[tag('suspend:4102444800')], 'ArSuspended (Until Fri Jan  1 00:00:00 UTC 2100)'],
    ] as const) {
      const { lines, jobs } = await harep(broken(tags));
      assert.equal(lines[0], `Not repairing inst2.r5.test because it's in state ${state}`.replace('4102444800', 'TIME'));
      assert.deepEqual(jobs, []);
    }
  });
});

describe('repairs that are under way', () => {
  const pending = tag('pending:failover:a:1700000000:7+8');

  test('are left alone until their jobs are done', async () => {
    const { lines, jobs } = await harep({ ...broken([pending]), states: { 8: ['running'] } });
    assert.deepEqual(counts(lines), ['Healthy: 5', 'Pending repair: 1']);
    assert.deepEqual(jobs, []);
  });

  test('become a failure when one of the jobs fails, and stay so', async () => {
    const { lines, jobs } = await harep({ ...broken([pending]), states: { 8: ['error'] } });
    assert.equal(lines[0], 'Moving inst2.r5.test from "Pending repair" to "Failure"');
    assert.deepEqual(
      jobs.map(([opcode]) => [opcode?.OP_ID, String((opcode?.tags as string[])[0]).replace(/\d{10}/, 'TIME')]),
      [
        ['OP_TAGS_SET', tag('result:failover:a:TIME:failure:7+8')],
        ['OP_TAGS_DEL', pending.replace('1700000000', 'TIME')],
      ],
    );
    const failed = await harep(
      broken([tag('failover'), tag('result:failover:a:1700000000:failure:7'), tag('result:failover:b:1700000009:success:9')]),
    );
    assert.deepEqual([counts(failed.lines), failed.jobs], [['Failure: 1', 'Healthy: 5'], []]);
  });

  test('are done when all of the jobs have succeeded', async () => {
    const { lines, jobs } = await harep(broken([pending]));
    assert.equal(lines[0], 'Moving inst2.r5.test from "Pending repair" to "Healthy"');
    assert.equal(String((jobs[0]?.[0]?.tags as string[])[0]).replace(/\d{10}/, 'TIME'), tag('result:failover:a:TIME:success:7+8'));
    assert.deepEqual(counts(lines), ['Healthy: 6']);
  });

  test('two at once are an error; so is a job that is gone, or refused', async () => {
    const two = await harep(broken([pending, tag('pending:failover:b:1700000009:9')]));
    assert.deepEqual([two.code, two.jobs], [1, []]);
    assert.match(two.err, /An unfinished repair was found in instance inst2.r5.test: .*HAREP_TAGS_CONFLICT/s);
    const gone = await harep({ ...broken([pending]), states: { 7: [null] } });
    assert.match(gone.err, /does not know job 7.*HAREP_JOB_GONE/s);
    const refused = await harep({ ...broken([tag('failover')]), refusal: 'queue is drained' }, '--job-delay=0');
    assert.match(refused.err, /queue is drained.*HTOOLS_JOB_REFUSED/s);
    const untagged = await harep({ ...broken([tag('failover')]), states: { 101: ['error'] } }, '--job-delay=0');
    assert.match(untagged.err, /The following jobs failed: 101=>error.*HAREP_JOB_FAILED/s);
  });
});

test('the command line: help, arguments, no socket', async () => {
  const told: string[] = [];
  const io = { out: (text: string) => void told.push(text), err: (text: string) => void told.push(text), watched: false };
  assert.equal(await runProgram('harep', ['--help'], io), 0);
  assert.match(told.join(''), /--job-delay=SECONDS/);
  assert.equal(await runProgram('harep', ['--job-delay=soon'], io), 1);
  assert.equal(await runProgram('harep', ['-t', 'x'], io), 2);
  assert.equal(await runProgram('harep', ['now'], io), 1);
  assert.equal(await runProgram('harep', ['-L/no/such/socket'], io), 1);
  assert.match(told.at(-1) ?? '', /HTOOLS_LUXI_UNREACHABLE/);
});
