import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSamples } from '../../base/index.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { parseOsRelease, versions } from './versions.ts';

test('os-release with either quotes or none', () => {
  assert.equal(parseOsRelease('NAME="x"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'), 'Debian GNU/Linux 12 (bookworm)');
  assert.equal(parseOsRelease("PRETTY_NAME='It \\$ays'\n"), 'It $ays');
  assert.equal(parseOsRelease('PRETTY_NAME=Alpine\nID=alpine'), 'Alpine');
  for (const nothing of [undefined, '', 'PRETTY_NAME=', '\0', 'PRETTY_NA']) assert.equal(parseOsRelease(nothing), undefined);
});

test('what the host tells; what it does not tell is left out', () => {
  using host = createTestHost({
    '/proc/sys/kernel/osrelease': '6.1.0-18-amd64\n',
    '/usr/lib/os-release': 'PRETTY_NAME="Debian"\n',
    '/sys/module/drbd/version': '8.4.11\n',
    '/proc/cpuinfo': 'processor\t: 0\nmicrocode\t: 0x2b000571\n\nprocessor\t: 1\nmicrocode\t: 0x2b000571\n',
  });
  const collect = host.begin(versions);
  const data = collect(calmRun) as Record<string, string>;
  const { gantry, 'node.js': node, ...others } = data;
  assert.deepEqual(others, { linux: '6.1.0-18-amd64', os: 'Debian', drbd: '8.4.11', microcode: '0x2b000571' });
  assert.match(gantry ?? '', /^\d+\.\d+\.\d+/);
  assert.equal(node, process.versions.node);
  assert.match(formatSamples(versions, data)[0]?.text ?? '', /^gantry_node_version_info\{component="linux",version="6.1.0-18-amd64"\} 1$/m);
  host.write('/proc/cpuinfo', '');
  host.vanish('/sys/module/drbd/version');
  assert.deepEqual(Object.keys(collect(calmRun)), ['gantry', 'node.js', 'linux', 'os']);
});
