import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIpv4, GantryError, parseIpv4, seededRandom } from '../../../base/index.ts';
import type { PlanContext } from '../../../jobs/index.ts';
import type { Instance, Network } from '../../../model/index.ts';
import { plainConfig, plainInstance, plainNode, plainUuid } from '../../testing/plain-config.ts';
import { newNics } from './new-nics.ts';

const group = plainUuid(1, 0);
const common = { ctime: 1, mtime: 1, serial_no: 1, tags: [] };
const lan = (number: number, more: Partial<Network> = {}): Network => ({
  ...common,
  uuid: plainUuid(9, number),
  name: `lan${number}`,
  network: '10.0.0.0/28',
  gateway: null,
  mac_prefix: null,
  external_reservations: [],
  groups: { [group]: { mode: 'bridged', link: 'br0', vlan: '' } },
  ...more,
});

interface Given {
  readonly ip: string;
  readonly network: number | null;
}
const withNic = (number: number, { ip, network }: Given): Instance =>
  plainInstance(number, 0, 1, {
    nics: [
      {
        uuid: plainUuid(5, number),
        name: null,
        mac: `aa:00:00:00:00:${number.toString(16).padStart(2, '0')}`,
        ip,
        network: network === null ? null : plainUuid(9, network),
        nicparams: {},
      },
    ],
  });

/** A cluster of two nodes and two networks of the same 16 addresses, in which `given` have been given out. */
function clusterOf(nodes: readonly string[], gateway: string | null, reserved: readonly string[], given: readonly Given[]) {
  const config = plainConfig({
    nodes: nodes.map((ip, number) => plainNode(number, { primary_ip: ip, secondary_ip: ip })),
    networks: [lan(0, { gateway, external_reservations: [...reserved] }), lan(1)],
    instances: given.map((one, number) => withNic(number, one)),
  });
  let uuids = 0;
  const context = { config, random: seededRandom(1), newUuid: () => plainUuid(7, uuids++) } as unknown as PlanContext;
  return { config, context, node: config.nodes.get(plainUuid(2, 0)) as Parameters<typeof newNics>[2] };
}

const address = fc.integer({ min: 0, max: 15 }).map((last) => `10.0.0.${last}`);
const host = fc.integer({ min: 1, max: 14 }).map((last) => `10.0.0.${last}`);
const cluster = fc.record({
  nodes: fc.uniqueArray(host, { minLength: 2, maxLength: 2 }),
  gateway: fc.option(host, { nil: null }),
  reserved: fc.uniqueArray(address, { maxLength: 4 }),
  given: fc.uniqueArray(fc.record({ ip: host, network: fc.constantFrom(null, 0, 1) }), {
    maxLength: 12,
    selector: ({ ip, network }) => `${ip}${network}`,
  }),
});

/** The rule, said again without the code: nobody has it here, no node has it, nobody outside of networks has it. */
function isFree(
  { nodes, gateway, reserved, given }: { nodes: string[]; gateway: string | null; reserved: string[]; given: Given[] },
  ip: string,
): boolean {
  const edge = ip === '10.0.0.0' || ip === '10.0.0.15';
  const used = given.some((one) => one.ip === ip && (one.network === 0 || one.network === null));
  return !edge && !used && !nodes.includes(ip) && ip !== gateway && !reserved.includes(ip);
}

test('the pool gives the lowest address that nobody has, or says that there is none', () => {
  fc.assert(
    fc.property(cluster, (drawn) => {
      const { context, node } = clusterOf(drawn.nodes, drawn.gateway, drawn.reserved, drawn.given);
      const free = Array.from({ length: 16 }, (_, last) => formatIpv4((parseIpv4('10.0.0.0') as number) + last)).filter((ip) =>
        isFree(drawn, ip),
      );
      const ask = () => newNics(context, { nics: [{ network: 'lan0', ip: 'pool' }] }, node)[0]?.ip;
      if (free.length === 0) assert.throws(ask, { code: 'NETWORK_FULL' });
      else assert.equal(ask(), free[0]);
    }),
    { seed: 20, numRuns: 300 },
  );
});

test('an address that is asked for is given exactly when it is free', () => {
  fc.assert(
    fc.property(cluster, address, (drawn, ip) => {
      const { context, node } = clusterOf(drawn.nodes, drawn.gateway, drawn.reserved, drawn.given);
      const ask = () => newNics(context, { nics: [{ network: 'lan0', ip }] }, node)[0]?.ip;
      if (isFree(drawn, ip)) assert.equal(ask(), ip);
      else assert.throws(ask, (error: GantryError) => error.code === 'CLAIM_TAKEN' || error.code === 'ADDRESS_OUTSIDE');
    }),
    { seed: 21, numRuns: 300 },
  );
});

test('several NICs of one instance never get the same address, however they ask', () => {
  const wish = fc.constantFrom({ network: 'lan0', ip: 'pool' }, { network: 'lan0', ip: '10.0.0.5' }, { ip: '192.168.7.7' });
  fc.assert(
    fc.property(cluster, fc.array(wish, { minLength: 2, maxLength: 4 }), (drawn, nics) => {
      const { context, node } = clusterOf(drawn.nodes, drawn.gateway, drawn.reserved, drawn.given);
      try {
        const ips = newNics(context, { nics }, node).map(({ ip }) => ip);
        assert.equal(new Set(ips).size, ips.length);
      } catch (error) {
        assert.ok(['CLAIM_TAKEN', 'NETWORK_FULL', 'ADDRESS_OUTSIDE'].includes(GantryError.from(error).code), String(error));
      }
    }),
    { seed: 22, numRuns: 300 },
  );
});

const outside = (ip: string, more: Record<string, unknown> = {}, given: Given[] = []) => {
  const { context, node } = clusterOf(['192.0.2.1', '192.0.2.2'], null, [], given);
  return () => newNics(context, { nics: [{ ip }], ...more }, node)[0]?.ip;
};

test("outside of networks an address must be nobody else's, and of no network of the group", () => {
  assert.equal(outside('10.1.0.5')(), '10.1.0.5');
  assert.throws(outside('192.0.2.2'), { code: 'CLAIM_TAKEN' });
  assert.throws(outside('10.1.0.5', {}, [{ ip: '10.1.0.5', network: null }]), { code: 'CLAIM_TAKEN' });
  assert.throws(outside('10.0.0.5'), { code: 'ADDRESS_OF_NETWORK' });
  for (const ip of ['127.0.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255']) assert.throws(outside(ip), { code: 'INPUT_INVALID' }, ip);
});

test('without the check an operator may use an address twice on bridges, but never one of a node, and never where it is routed', () => {
  const unchecked = { conflicts_check: false };
  const twice: Given[] = [{ ip: '10.1.0.5', network: null }];
  assert.equal(outside('10.0.0.5', unchecked)(), '10.0.0.5');
  assert.equal(outside('10.1.0.5', unchecked, twice)(), '10.1.0.5');
  assert.throws(outside('192.0.2.2', unchecked), { code: 'CLAIM_TAKEN' });
  assert.throws(outside('10.1.0.5', { ...unchecked, nics: [{ ip: '10.1.0.5', mode: 'routed' }] }, twice), { code: 'CLAIM_TAKEN' });
});
