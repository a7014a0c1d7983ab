import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatSamples } from '../../base/index.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { drbd, drbdReport } from './drbd.ts';
import { parseDrbdsetupStatus } from './parse-drbdsetup-status.ts';
import { parseProcDrbd } from './parse-proc-drbd.ts';

const data = (name: string) => readFileSync(new URL(`./testdata/${name}`, import.meta.url), 'latin1');

test('DRBD 8.4: the report of Ganeti, key by key', () => {
  const { versionInfo, devices } = parseProcDrbd(data('proc_drbd84.txt'));
  const captured = JSON.parse(data('mond-report-drbd.json'));
  assert.equal(JSON.stringify(drbdReport(versionInfo, devices, new Map())), JSON.stringify(captured.data));
});

test('an instance is named at its minor', () => {
  const { versionInfo, devices } = parseProcDrbd(data('proc_drbd83.txt'));
  const { deviceInfos } = drbdReport(versionInfo, devices, new Map([[0, 'instance1.example.com']]));
  assert.deepEqual(
    deviceInfos.slice(0, 3).map(({ minor, instance }) => [minor, instance]),
    [
      [0, 'instance1.example.com'],
      [1, null],
      [2, undefined],
    ],
  );
});

test('DRBD 8.0: no epochs; a NUL in the flags of 8.3 is no flag', () => {
  const old = parseProcDrbd(data('proc_drbd8.txt'));
  assert.deepEqual(old.versionInfo, {
    version: '8.0.12',
    api: '86',
    proto: '86',
    gitHash: '5c9f89594553e32adb87d9638dce591782f947e3',
    buildBy: 'X'.repeat(3),
  });
  assert.equal(old.devices.length, 8);
  assert.deepEqual(Object.keys(old.devices[0]?.perfIndicators ?? {}).length, 10);
  assert.equal(old.devices.at(-1)?.replicationProtocol, ' ');
  assert.equal(parseProcDrbd(data('proc_drbd83.txt')).devices[1]?.ioFlags, 'r---');
});

test('empty lines, a missing first line, and srcversion alone', () => {
  assert.deepEqual(
    parseProcDrbd(data('proc_drbd80-emptyline.txt')).devices.map(({ minor }) => minor),
    [0, 1, 2, 5, 6],
  );
  assert.equal(parseProcDrbd(data('proc_drbd80-emptyversion.txt')).versionInfo.version, undefined);
  assert.equal(parseProcDrbd(data('proc_drbd84_emptyfirst.txt')).devices[0]?.minor, 1);
  assert.equal(parseProcDrbd(data('proc_drbd83_sync_want.txt')).versionInfo.srcversion, '2D876214BAAD53B31ADC1D6');
});

test('a resynchronisation, as four kernels write it', () => {
  const syncs = ['proc_drbd83_sync.txt', 'proc_drbd83_sync_krnl2.6.39.txt', 'proc_drbd83_sync_want.txt', 'proc_drbd84_sync.txt'].map(
    (name) => parseProcDrbd(data(name)).devices.find(({ syncStatus }) => syncStatus)?.syncStatus,
  );
  const common = { progressUnit: 'MegaByte', speedUnit: 'KiloByte/Second' };
  assert.deepEqual(syncs, [
    { ...common, percentage: 34.9, progress: '346112/524288', timeToFinish: '00:00:05', speed: 59392 },
    { ...common, percentage: 2.4, progress: '14996/15360', timeToFinish: '00:04:08', speed: 61736 },
    {
      ...common,
      percentage: 44.4,
      progress: '588416/1048576',
      progressUnit: 'KiloByte',
      timeToFinish: '00:00:08',
      speed: 65736,
      want: 61440,
    },
    { ...common, percentage: 68.5, progress: '335744/1048576', progressUnit: 'KiloByte', timeToFinish: '00:00:05', speed: 64800 },
  ]);
});

test('a state nobody knows is unknown, not good; states that Ganeti does not know are judged', () => {
  const text = data('proc_drbd84.txt');
  const judge = (state: string) => {
    const { versionInfo, devices } = parseProcDrbd(text.replace('cs:Connected', `cs:${state}`).replace(/ [48]: cs:/g, ' $1: xs:'));
    return drbdReport(versionInfo, devices, new Map()).status;
  };
  assert.deepEqual(judge('Teleporting'), { code: 2, message: '\n0: Connection state Teleporting is not known' });
  assert.equal(judge('Disconnecting').code, 4);
  assert.equal(judge('Ahead').code, 1);
  assert.deepEqual(judge('Connected'), { code: 0, message: '' });
});

test('a file cut anywhere gives whole devices or is refused', () => {
  const text = data('proc_drbd84_sync.txt');
  const whole = parseProcDrbd(text).devices.map(({ minor }) => minor);
  for (let length = 0; length < text.length; length++) {
    try {
      const { devices } = parseProcDrbd(text.slice(0, length));
      assert.ok(
        devices.every(({ minor, connectionState, perfIndicators }) => whole.includes(minor) && (perfIndicators || connectionState)),
      );
    } catch (error) {
      assert.match((error as Error).message, /not a status of DRBD/);
    }
  }
});

test('garbage is refused or holds no device', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      try {
        assert.ok(parseProcDrbd(text).devices.length <= text.length);
      } catch (error) {
        assert.ok(error instanceof TypeError);
      }
    }),
    { seed: 4, numRuns: 300 },
  );
  assert.throws(() => parseProcDrbd('\0'.repeat(100_000)), { message: /^not a status of DRBD.{0,1400}$/ });
});

/** DRBD 9 with two peers, one of which is being brought up to date; the other is away. */
const nine = JSON.stringify([
  {
    name: 'r0',
    'node-id': 0,
    role: 'Primary',
    suspended: false,
    'write-ordering': 'flush',
    devices: [
      { volume: 0, minor: 3, 'disk-state': 'UpToDate', client: false, quorum: true, size: 1048576, read: 5, written: 7, 'al-writes': 1 },
    ],
    connections: [
      {
        name: 'node2',
        'connection-state': 'Connected',
        'peer-role': 'Secondary',
        peer_devices: [
          {
            volume: 0,
            'replication-state': 'SyncSource',
            'peer-disk-state': 'Inconsistent',
            sent: 100,
            'out-of-sync': 64,
            'percent-in-sync': 75.5,
          },
        ],
      },
      {
        name: 'node3',
        'connection-state': 'Connecting',
        'peer-role': 'Unknown',
        peer_devices: [{ volume: 0, 'replication-state': 'Off', 'peer-disk-state': 'DUnknown', sent: 20, 'out-of-sync': 128 }],
      },
    ],
  },
]);
const procNine =
  'version: 9.1.4 (api:2/proto:110-121)\nGIT-hash: bec20b9 build by @buildsystem, 2021-09-30\nTransports (api:17): tcp (9.1.4)\n';

test('DRBD 9: the peer that is worst off speaks for the device', () => {
  const [device] = parseDrbdsetupStatus(nine);
  assert.equal(device?.connectionState, 'WFConnection');
  assert.deepEqual(device?.peers, [
    { name: 'node2', connectionState: 'SyncSource', role: 'Secondary', diskState: 'Inconsistent' },
    { name: 'node3', connectionState: 'WFConnection', role: 'Unknown', diskState: 'DUnknown' },
  ]);
  assert.deepEqual(device?.syncStatus, { percentage: 75.5 });
  assert.deepEqual([device?.perfIndicators?.networkSend, device?.perfIndicators?.outOfSync], [120, 128]);
  for (const bad of ['', '{}', '[{}]', '[{"devices":[{}]}]', 'null', nine.slice(0, 300)]) assert.throws(() => parseDrbdsetupStatus(bad));
});

test('the collector: no DRBD, then 8.4, then 9 with and without its program, then gone while read', async () => {
  using host = createTestHost();
  host.instances = [{ name: 'web1', hypervisor: 'kvm', interfaces: [], drbdMinors: [3] }];
  const collect = host.begin(drbd);
  assert.deepEqual((await collect(calmRun)).status, { code: 0, message: 'DRBD is not loaded' });
  host.write('/proc/drbd', data('proc_drbd84.txt'));
  assert.equal((await collect(calmRun)).deviceInfos.length, 6);
  host.write('/proc/drbd', procNine);
  await assert.rejects(async () => collect(calmRun), /drbdsetup is not installed/);
  host.program('drbdsetup', `test "$*" = "status --json" && /bin/cat <<'END'\n${nine}\nEND`);
  const report = await collect(calmRun);
  assert.equal(report.versionInfo.version, '9.1.4');
  assert.equal(report.deviceInfos[0]?.instance, 'web1');
  const texts = formatSamples(drbd, report).map(({ text }) => text);
  assert.ok(texts.includes('gantry_drbd_out_of_sync_bytes{minor="3",instance="web1"} 131072\n'), texts.join(''));
  host.vanish('/proc/drbd');
  assert.equal((await collect(calmRun)).deviceInfos.length, 0);
});
