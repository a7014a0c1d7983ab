import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GantryError } from '../../../base/index.ts';
import type { PlanContext } from '../../../jobs/index.ts';
import type { Instance, Node } from '../../../model/index.ts';
import {
  type PlainObjects,
  plainConfig,
  plainGroup,
  plainInstance,
  plainLive,
  plainNetwork,
  plainNode,
  plainUuid,
} from '../../testing/plain-config.ts';
import { findGroup, findNode, requireFreeName } from '../find-object.ts';
import { instanceSpec } from '../instances/instance-spec.ts';
import { declaredSecrets, osName } from '../instances/osparams.ts';
import { pickPort } from '../instances/pick-port.ts';
import { isLoopback, nodeAddressProblem } from '../nodes/node-address.ts';
import { addressBook, addressTaken, networkHas, networksWith, unusableIn } from './address-use.ts';
import { newNics, wishedNics } from './new-nics.ts';
import { nicparamsIn } from './nic-parameters.ts';
import { pickAddress, requireFreeAddress } from './pick-address.ts';
import { pickMac } from './pick-mac.ts';

type Wish = Parameters<typeof newNics>[1];
const [group0, lanUuid, wanUuid] = [plainUuid(1, 0), plainUuid(6, 0), plainUuid(6, 1)];
const bridged = (link: string) => ({ mode: 'bridged', link, vlan: '' }) as const;
const lan = plainNetwork(0, { name: 'lan', mac_prefix: 'aa:aa:aa', groups: { [group0]: bridged('br7') } });
/** Has the same addresses as the LAN. */
const wan = plainNetwork(1, { name: 'wan', gateway: null, external_reservations: ['10.0.0.4'], groups: { [group0]: bridged('br8') } });
const nic = (ip: string | null, network: string | null, more: object = {}): Instance['nics'][number] => ({
  ...{ uuid: plainUuid(5, 0), name: null, mac: 'aa:00:00:00:00:01', ip, network, nicparams: {}, ...more },
});
const holding = (number: number, ...nics: Instance['nics']) => plainInstance(number, 0, 1, { nics });

function rig(objects: Partial<PlainObjects> = {}) {
  const config = plainConfig({ nodes: [plainNode(0), plainNode(1)], networks: [lan, wan], instances: [], ...objects });
  let [uuids, draws] = [0, 0];
  const context = { config, random: () => (draws++ % 256) / 256, newUuid: () => plainUuid(7, ++uuids) } as unknown as PlanContext;
  return { config, context, node: config.nodes.get(plainUuid(2, 0)) as Node };
}
const make = (wish: Wish, objects?: Partial<PlainObjects>) => {
  const { context, node } = rig(objects);
  return newNics(context, wish, node);
};
const one = (wish: NonNullable<Wish['nics']>[number], objects?: Partial<PlainObjects>, more: Wish = {}) =>
  make({ nics: [wish], ...more }, objects)[0];
const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'fine';
  } catch (error) {
    return GantryError.from(error).code;
  }
};
const textOf = (work: () => unknown): string => {
  try {
    work();
    return 'fine';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a new NIC', () => {
  it('is in the only network of its group where none is asked for', () => {
    const only = make({}, { networks: [lan] });
    assert.deepEqual(only, [
      { uuid: plainUuid(7, 1), name: null, mac: 'aa:aa:aa:00:01:02', ip: '10.0.0.2', network: lanUuid, nicparams: bridged('br7') },
    ]);
    const plain = [{ uuid: plainUuid(7, 1), name: null, mac: 'aa:00:00:00:01:02', ip: null, network: null, nicparams: {} }];
    assert.deepEqual(make({}), plain, 'of two nobody knows which');
    assert.deepEqual(make({}, { networks: [] }), plain);
    assert.deepEqual(make({}, { networks: [{ ...lan, groups: {} }] }), plain, 'one that is not connected is none');
    assert.deepEqual(make({ nics: [] }, { networks: [lan] }), []);
    const { config, node } = rig({ networks: [lan] });
    assert.deepEqual(wishedNics(config, {}, node), [{ network: lanUuid, nicparams: {} }]);
    assert.deepEqual(wishedNics(config, { nics: [{ mode: 'routed', link: '' }, {}, { network: 'lan' }] }, node), [
      { network: null, nicparams: { mode: 'routed', link: '' } },
      { network: null, nicparams: {} },
      { network: lanUuid, nicparams: {} },
    ]);
    assert.equal(
      codeOf(() => wishedNics(config, { nics: [{ network: 'no' }] }, node)),
      'OBJECT_UNKNOWN',
    );
  });

  it('gets the MAC that is asked for, or one that nobody has', () => {
    const macOf = (mac: string | undefined, objects?: Partial<PlainObjects>) => one(mac === undefined ? {} : { mac }, objects)?.mac;
    for (const mac of [undefined, 'auto', 'generate', '']) assert.equal(macOf(mac), 'aa:00:00:00:01:02', String(mac));
    assert.equal(macOf('AA:BB:CC:DD:EE:FF'), 'aa:bb:cc:dd:ee:ff');
    assert.equal(one({ network: 'wan', ip: 'pool' })?.mac, 'aa:00:00:00:01:02', 'a network without a prefix');
    assert.equal(macOf(undefined, { claims: { 'mac aa:00:00:00:01:02': 'x' } }), 'aa:00:00:03:04:05');
    const [first, second] = make({ nics: [{ mac: 'aa:00:00:00:01:02' }, {}] });
    assert.deepEqual([first?.mac, second?.mac], ['aa:00:00:00:01:02', 'aa:00:00:03:04:05'], 'nor another one of the same instance');
    const taken = { claims: { 'mac aa:bb:cc:dd:ee:ff': plainUuid(3, 4) }, instances: [holding(4)] };
    assert.match(
      textOf(() => macOf('AA:bb:cc:dd:ee:ff', taken)),
      /aa:bb:cc:dd:ee:ff.*instance instance4/,
    );
    assert.equal(
      codeOf(() => macOf('AA:bb:cc:dd:ee:ff', taken)),
      'CLAIM_TAKEN',
    );
    assert.match(
      textOf(() => make({ nics: [{ mac: 'aa:bb:cc:dd:ee:ff' }, { mac: 'AA:BB:CC:DD:EE:FF' }] })),
      /another NIC of this instance/,
    );
    let tries = 0;
    const full = plainConfig({ nodes: [], instances: [], claims: { 'mac aa:00:00:80:80:80': 'x' } });
    assert.equal(
      codeOf(() => pickMac(full, 'aa:00:00', () => (tries++, 0.5), new Set())),
      'INTERNAL',
    );
    assert.equal(tries, 3000);
  });

  it('gets its name and the parameters that are asked for', () => {
    assert.deepEqual(one({ name: 'eth', link: 'br9', vlan: '' }), {
      uuid: plainUuid(7, 1),
      name: 'eth',
      mac: 'aa:00:00:00:01:02',
      ip: null,
      network: null,
      nicparams: { link: 'br9', vlan: '' },
    });
    assert.deepEqual(one({ mode: 'openvswitch', link: 'sw0', vlan: '.5' })?.nicparams, { mode: 'openvswitch', link: 'sw0', vlan: '.5' });
    for (const wish of [{ mode: 'bridged' }, { link: 'br7' }, { vlan: '.5' }] as const)
      assert.equal(
        codeOf(() => one({ network: 'lan', ...wish })),
        'INPUT_INVALID',
        JSON.stringify(wish),
      );
    assert.equal(
      codeOf(() => one({ network: 'lan', link: '', vlan: '' })),
      'fine',
    );
    const far = { networks: [{ ...lan, groups: {} }] };
    assert.match(
      textOf(() => one({ network: 'lan' }, far)),
      /lan.*group0/,
    );
    assert.match(
      textOf(() => one({ network: 'lan' }, { ...far, groups: [] })),
      new RegExp(group0),
    );
    const { config } = rig();
    assert.deepEqual(nicparamsIn(config, nic(null, lanUuid), group0), bridged('br7'));
    assert.deepEqual(nicparamsIn(config, nic(null, lanUuid), 'elsewhere'), config.cluster.nicparams);
    assert.deepEqual(nicparamsIn(config, nic(null, null, { nicparams: { link: 'br3' } }), group0), {
      ...config.cluster.nicparams,
      link: 'br3',
    });
  });

  it('gets an address of its network that nobody has', () => {
    assert.equal(one({ network: 'lan' })?.ip, null);
    assert.equal(one({ network: 'lan', ip: null })?.ip, null);
    assert.equal(one({ network: 'lan', ip: 'pool' })?.ip, '10.0.0.2', 'behind the gateway');
    assert.equal(one({ network: 'wan', ip: 'pool' })?.ip, '10.0.0.1');
    assert.equal(one({ network: 'lan', ip: '10.0.0.9' })?.ip, '10.0.0.9');
    assert.deepEqual(
      make({ nics: ['10.0.0.2', 'pool', 'pool'].map((ip) => ({ network: 'lan', ip })) }).map(({ ip }) => ip),
      ['10.0.0.2', '10.0.0.3', '10.0.0.4'],
    );
    assert.deepEqual(
      make({
        nics: [
          { network: 'lan', ip: '10.0.0.2' },
          { network: 'wan', ip: '10.0.0.2' },
        ],
      }).map(({ ip }) => ip),
      ['10.0.0.2', '10.0.0.2'],
    );
    assert.equal(
      codeOf(() => make({ nics: [1, 2].map(() => ({ network: 'lan', ip: '10.0.0.9' })) })),
      'CLAIM_TAKEN',
    );
    const claimed = { claims: { [`ip ${lanUuid}:10.0.0.2`]: plainUuid(3, 4) }, instances: [holding(4)] };
    assert.equal(one({ network: 'lan', ip: 'pool' }, claimed)?.ip, '10.0.0.3');
    assert.match(
      textOf(() => one({ network: 'lan', ip: '10.0.0.2' }, claimed)),
      /instance instance4/,
    );
    assert.equal(one({ network: 'wan', ip: '10.0.0.2' }, claimed)?.ip, '10.0.0.2', 'in another network it is free');
    assert.match(
      textOf(() => one({ network: 'lan', ip: '10.0.0.2' }, { ...claimed, instances: [] })),
      /another NIC of this instance/,
    );
  });

  it('outside of networks needs an address that nobody has at all', () => {
    const of = (ip: string, objects?: Partial<PlainObjects>, more: Wish = {}) => codeOf(() => one({ ip }, objects, more));
    assert.equal(one({ ip: '10.9.0.5' })?.ip, '10.9.0.5');
    for (const ip of ['pool', 'x', '2001:db8::1', '127.0.0.1', '0.0.0.0', '224.0.0.1']) assert.equal(of(ip), 'INPUT_INVALID', ip);
    assert.equal(
      codeOf(() => make({ nics: [{ ip: '10.9.0.5' }, { ip: '10.9.0.5' }] })),
      'CLAIM_TAKEN',
    );
    assert.equal(
      codeOf(() => make({ nics: [{ ip: '10.9.0.5' }, { ip: '10.9.0.6' }] })),
      'fine',
    );
    assert.equal(of('10.0.0.5'), 'ADDRESS_OF_NETWORK');
    assert.match(
      textOf(() => one({ ip: '10.0.0.5' })),
      /lan.*10\.0\.0\.0\/28/,
    );
    assert.equal(of('10.0.0.5', { networks: [{ ...lan, groups: {} }] }), 'fine', 'a network of another group');
    for (const node of [{ primary_ip: '10.9.0.5' }, { secondary_ip: '10.9.0.5' }])
      assert.match(
        textOf(() => one({ ip: '10.9.0.5' }, { nodes: [plainNode(0), plainNode(1, node)] })),
        /node node1/,
      );
    assert.match(
      textOf(() => one({ ip: '10.9.0.5' }, { instances: [holding(4, nic('10.9.0.5', wanUuid))] })),
      /instance instance4/,
    );
    assert.equal(of('10.9.0.5', { instances: [holding(4, nic(null, null))] }), 'fine');
  });

  it('may have an address twice where the operator vouches for it, unless it is routed or a node’s', () => {
    const free = { conflicts_check: false };
    const used = { instances: [holding(4, nic('10.9.0.5', null))] };
    const of = (wish: NonNullable<Wish['nics']>[number], objects: Partial<PlainObjects>, more: Wish = {}) =>
      codeOf(() => one(wish, objects, more));
    assert.equal(of({ ip: '10.9.0.5' }, used), 'CLAIM_TAKEN');
    assert.equal(of({ ip: '10.9.0.5' }, used, { conflicts_check: true }), 'CLAIM_TAKEN');
    assert.equal(of({ ip: '10.9.0.5' }, used, free), 'fine');
    assert.equal(of({ ip: '10.0.0.5' }, {}, free), 'fine');
    assert.equal(of({ ip: '10.9.0.5', mode: 'routed', link: '' }, used, free), 'CLAIM_TAKEN');
    const routed = { cluster: { nicparams: { mode: 'routed', link: '', vlan: '' } as const } };
    assert.equal(of({ ip: '10.9.0.5' }, { ...used, ...routed }, free), 'CLAIM_TAKEN', 'as the cluster has it');
    assert.equal(of({ ip: '10.9.0.5', mode: 'bridged', link: 'br0' }, { ...used, ...routed }, free), 'fine');
    for (const node of [{ primary_ip: '10.9.0.5' }, { secondary_ip: '10.9.0.5' }])
      assert.match(
        textOf(() => one({ ip: '10.9.0.5' }, { nodes: [plainNode(0), plainNode(1, node)] }, free)),
        /node node1/,
      );
  });
});

describe('an address', () => {
  it('is known with everybody who has it', () => {
    const { config } = rig({
      nodes: [plainNode(0, { secondary_ip: '198.51.100.1' })],
      instances: [holding(4, nic('10.0.0.5', lanUuid), nic(null, lanUuid), nic('192.0.2.1', null))],
    });
    const node = { kind: 'node', uuid: plainUuid(2, 0), name: 'node0', network: null };
    const instance = (network: string | null) => ({ kind: 'instance', uuid: plainUuid(3, 4), name: 'instance4', network });
    assert.deepEqual(Object.fromEntries(addressBook(config)), {
      '192.0.2.1': [node, instance(null)],
      '198.51.100.1': [node],
      '10.0.0.5': [instance(lanUuid)],
    });
    assert.equal(addressBook(config), addressBook(config), 'it is made once');
    const taken = (ip: string, network: { uuid: string } | null) => addressTaken(config, ip, network)?.name;
    assert.deepEqual([taken('10.0.0.5', lan), taken('10.0.0.5', wan), taken('10.0.0.5', null)], ['instance4', undefined, 'instance4']);
    assert.deepEqual([taken('198.51.100.1', lan), taken('192.0.2.1', wan), taken('10.0.0.6', null)], ['node0', 'node0', undefined]);
    const outside = rig({ nodes: [], instances: [holding(4, nic('10.0.0.5', null))] }).config;
    assert.equal(addressTaken(outside, '10.0.0.5', lan)?.name, 'instance4');
  });

  it('of a network is unusable at its edges, as gateway, reserved, or outside', () => {
    const why = (ip: string, network = lan) => unusableIn(network, ip);
    assert.deepEqual(
      [why('10.0.0.0'), why('10.0.0.15')],
      ['it is the network or broadcast address', 'it is the network or broadcast address'],
    );
    assert.deepEqual([why('10.0.0.2'), why('10.0.0.14'), why('10.0.0.1', wan)], [null, null, null]);
    assert.deepEqual([why('10.0.0.1'), why('10.0.0.4', wan)], ['it is the gateway', 'it is reserved']);
    for (const ip of ['9.255.255.255', '10.0.0.16', 'x', '2001:db8::1']) assert.equal(why(ip), 'it is outside 10.0.0.0/28', ip);
    assert.equal(why('10.0.0.5', { ...lan, network: 'damaged' }), 'it is outside damaged');
    assert.equal(why('127.0.0.5', { ...lan, network: '127.0.0.0/24' }), 'no host can have it');
    for (const [ip, has] of [
      ['10.0.0.0', true],
      ['10.0.0.15', true],
      ['10.0.0.16', false],
      ['9.255.255.255', false],
      ['x', false],
    ] as const)
      assert.equal(networkHas(lan, ip), has, ip);
    assert.equal(networkHas({ network: 'damaged' }, '0.0.0.0'), false);
    const { config } = rig();
    assert.deepEqual(
      networksWith(config, '10.0.0.5', group0).map(({ name }) => name),
      ['lan', 'wan'],
    );
    assert.deepEqual([networksWith(config, '10.1.0.5', group0), networksWith(config, '10.0.0.5', 'elsewhere')], [[], []]);
  });

  it('comes from the pool up to the last one, and then there is none', () => {
    const { config } = rig();
    const all = Array.from({ length: 13 }, (_, at) => `10.0.0.${at + 2}`);
    assert.equal(pickAddress(config, lan, 'pool', new Set(all.slice(0, -1))), '10.0.0.14');
    assert.equal(
      codeOf(() => pickAddress(config, lan, 'pool', new Set(all))),
      'NETWORK_FULL',
    );
    assert.equal(
      codeOf(() => pickAddress(config, { ...lan, network: 'damaged' }, 'pool', new Set())),
      'INTERNAL',
    );
    assert.match(
      textOf(() => pickAddress(config, lan, '10.0.0.1', new Set())),
      /it is the gateway/,
    );
    assert.equal(
      codeOf(() => pickAddress(config, lan, '10.0.0.1', new Set())),
      'ADDRESS_OUTSIDE',
    );
    assert.equal(
      codeOf(() => requireFreeAddress(config, '10.0.0.5', lan, new Set(['10.0.0.5']))),
      'CLAIM_TAKEN',
    );
    assert.equal(
      codeOf(() => requireFreeAddress(config, '10.0.0.5', null, new Set())),
      'fine',
    );
  });
});

describe('an address of a node', () => {
  it('is one that a host can have, and of loopback only where the master is', () => {
    for (const [ip, is] of [
      ['127.0.0.1', true],
      ['127.255.0.9', true],
      ['127.no', false],
      ['127.', false],
      ['126.0.0.1', false],
      ['1.127.0.1', false],
    ] as const)
      assert.equal(isLoopback(ip), is, ip);
    const of = (ip: string, primary_ip = '192.0.2.1') => nodeAddressProblem(rig({ nodes: [plainNode(0, { primary_ip })] }).config, ip);
    assert.deepEqual([of('192.0.2.7'), of('127.0.0.5', '127.0.0.1'), of('192.0.2.7', '127.0.0.1')], [null, null, null]);
    assert.match(of('127.0.0.5') ?? '', /"127\.0\.0\.5" is an address of loopback/);
    assert.match(of('node7') ?? '', /"node7" is not an IPv4 address/);
    assert.match(of('224.0.0.1') ?? '', /"224\.0\.0\.1" is not an address that a host can have/);
    assert.match(nodeAddressProblem(rig({ nodes: [] }).config, '127.0.0.5') ?? '', /loopback/);
  });
});

describe('a console port', () => {
  it('is the lowest that nobody has', () => {
    const of = (...ports: number[]) => {
      const claims = Object.fromEntries(ports.map((port) => [`port ${port}`, 'x']));
      const config = plainConfig({ cluster: { port_range: [5, 7] }, nodes: [], instances: [], claims });
      return codeOf(() => pickPort(config)) === 'fine' ? pickPort(config) : codeOf(() => pickPort(config));
    };
    assert.deepEqual([of(), of(5), of(6), of(5, 6), of(5, 6, 7)], [5, 6, 5, 7, 'PORTS_EXHAUSTED']);
  });
});

describe('an object by its name', () => {
  it('is found, or the closest name is told', () => {
    const { config } = rig({ groups: [plainGroup(0)] });
    assert.equal(findNode(config, 'node1').uuid, plainUuid(2, 1));
    assert.equal(findNode(config, plainUuid(2, 1)).name, 'node1');
    const facts = (work: () => unknown) => {
      try {
        return work();
      } catch (error) {
        return GantryError.from(error).facts;
      }
    };
    assert.deepEqual(
      facts(() => findNode(config, 'nod1')),
      { kind: 'node', name: 'nod1', did_you_mean: 'node1' },
    );
    assert.deepEqual(
      facts(() => findGroup(config, 'entirely-different')),
      { kind: 'group', name: 'entirely-different' },
    );
    for (const [kind, name] of [
      ['node', 'node0'],
      ['group', 'group0'],
      ['network', 'lan'],
    ] as const) {
      assert.equal(
        codeOf(() => requireFreeName(config, kind, name)),
        'NAME_TAKEN',
        name,
      );
      assert.equal(
        codeOf(() => requireFreeName(config, kind, 'free')),
        'fine',
      );
    }
    const waiting = plainConfig({ nodes: [plainNode(0, { certificate_fingerprint: '' })], instances: [] });
    assert.equal(
      codeOf(() => requireFreeName(waiting, 'node', 'node0')),
      'NODE_AWAITED',
    );
    assert.equal(
      codeOf(() => requireFreeName(config, 'instance', 'node0')),
      'fine',
      'names are of their kind',
    );
  });
});

describe('what a node is told of an instance', () => {
  it('has its network as it is on that node', () => {
    const far = plainUuid(1, 1);
    const six = { ...lan, network6: '2001:db8::/64', gateway6: '2001:db8::1', groups: { ...lan.groups, [far]: bridged('br9') } };
    const instance = holding(4, nic('10.0.0.5', lanUuid), nic(null, null), nic('10.0.0.6', wanUuid));
    const { config } = rig({ networks: [six, wan], nodes: [plainNode(0), plainNode(1, { group: far })], instances: [instance] });
    const [first, second, third] = instanceSpec(config, instance).nics;
    assert.deepEqual(first, {
      ...{ uuid: plainUuid(5, 0), mac: 'aa:00:00:00:00:01', ip: '10.0.0.5', nicparams: bridged('br7') },
      network: { name: 'lan', cidr: '10.0.0.0/28', gateway: '10.0.0.1', cidr6: '2001:db8::/64', gateway6: '2001:db8::1' },
    });
    assert.deepEqual([second?.network, third?.network?.cidr6, third?.network?.gateway6], [null, null, null]);
    assert.equal(instanceSpec(config, instance, { node: plainUuid(2, 1) }).nics[0]?.nicparams.link, 'br9');
    const lost = rig({ nodes: [], instances: [instance] }).config;
    assert.deepEqual(instanceSpec(lost, instance).disks[0]?.params, {});
  });
});

describe('parameters of an OS', () => {
  it('are secret when any node says so; nobody knows while no node has told', () => {
    const { config } = rig();
    const of = (os: string, first: object | undefined, second?: object) =>
      declaredSecrets(
        config,
        plainLive({ [plainUuid(2, 0)]: { secret_osparams: first }, [plainUuid(2, 1)]: { secret_osparams: second } } as never),
        os,
      );
    assert.deepEqual(of('tiny+big', { tiny: { a: 'secret' } }, { tiny: { b: 'private' } }), { a: 'secret', b: 'private' });
    assert.deepEqual(of('tiny', { tiny: {} }), {});
    assert.equal(of('tiny', { other: { a: 'secret' } }), undefined);
    assert.equal(of('tiny', undefined), undefined);
    assert.equal(of('constructor', {}), undefined);
    assert.deepEqual([osName('tiny+big'), osName('tiny')], ['tiny', 'tiny']);
  });
});
