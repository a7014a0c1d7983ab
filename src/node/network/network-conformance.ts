import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import type { NicSpec } from '../../rpc/index.ts';
import type { NetworkPort } from './network-port.ts';
import { deviceOf, type NicWish } from './prepared-nic.ts';

export const nicSpec = (fields: Partial<NicSpec> = {}, nicparams: Partial<NicSpec['nicparams']> = {}): NicSpec => ({
  uuid: randomUUID(),
  mac: 'aa:00:00:11:22:33',
  ip: null,
  network: null,
  ...fields,
  nicparams: { mode: 'bridged', link: 'br0', vlan: '', ...nicparams },
});

/** What every network adapter must do; `make` gives one without devices, on a node that has the bridge `br0`. */
export function networkConformance(make: () => NetworkPort): void {
  for (const kind of ['tap', 'veth'] as const) preparing(kind, make);
}

function preparing(kind: 'tap' | 'veth', make: () => NetworkPort): void {
  const wish = (ownerUid: number): NicWish => (kind === 'tap' ? { kind, ownerUid } : { kind });

  it(`prepares a NIC once as ${kind}, finds it, and cleans up only what belongs to the instance`, async () => {
    const network = make();
    const [web, mail] = [
      { uuid: randomUUID(), name: 'web1' },
      { uuid: randomUUID(), name: 'mail1' },
    ];
    const nics = [nicSpec(), nicSpec()];
    await network.check(web, nics[0] ?? nicSpec(), 0);
    assert.deepEqual(await network.list(), [], 'a check makes nothing');
    const prepared = [];
    for (const [index, nic] of nics.entries()) prepared.push(await network.prepare(web, nic, index, wish(70001)));
    assert.deepEqual(
      prepared.map(({ kind: made, uuid, mac }) => ({ kind: made, uuid, mac })),
      nics.map(({ uuid, mac }) => ({ kind, uuid, mac })),
    );
    assert.deepEqual(await network.prepare(web, nics[0] ?? nicSpec(), 0, wish(70001)), prepared[0]);
    const other = await network.prepare(mail, nicSpec(), 0, wish(70002));
    const owners = new Map((await network.list()).map(({ device, instanceUuid }) => [device, instanceUuid]));
    assert.deepEqual(
      owners,
      new Map([...prepared.map((nic): [string, string] => [deviceOf(nic), web.uuid]), [deviceOf(other), mail.uuid]]),
    );
    await network.cleanup(web);
    await network.cleanup(web);
    assert.deepEqual(await network.list(), [{ device: deviceOf(other), instanceUuid: mail.uuid }]);
    await network.cleanup(mail);
    assert.equal(await network.bridgeExists('br0'), true);
  });
}
