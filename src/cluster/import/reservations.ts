import { formatIpv4, parseCidr } from '../../base/index.ts';
import type { Network } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { addressBook, describeUser, unusableIn } from '../lib/networking/address-use.ts';
import { addressClaim } from '../lib/networking/pick-address.ts';
import { importedMacSuffix } from './import-source.ts';

/**
 * Who has which MAC, port and address: in the store, and of what is imported so far. The rules are those of a creation
 * (`pick-mac.ts`, `pick-port.ts`, `address-use.ts`); here thousands are given out, and the store is looked at once.
 */
export class Reservations {
  readonly #base: ConfigSnapshot;
  readonly #macs = new Map<string, string>();
  readonly #ports = new Map<number, string>();
  /** By address: its users, with the network of each (null: outside of networks, and nodes). */
  readonly #addresses = new Map<string, { readonly network: string | null; readonly owner: string }[]>();
  /** Where the search for the lowest free one goes on. */
  #nextPort: number;
  readonly #nextAddress = new Map<string, number>();

  constructor(base: ConfigSnapshot, portRange: readonly [number, number]) {
    this.#base = base;
    this.#nextPort = portRange[0];
    this.#lastPort = portRange[1];
    for (const [ip, users] of addressBook(base)) for (const user of users) this.#enter(ip, user.network, describeUser(user));
  }

  readonly #lastPort: number;

  /** @returns who has it already */
  takeMac(mac: string, owner: string): string | undefined {
    const holder = this.#macs.get(mac) ?? this.#claimant('mac', mac);
    if (holder === undefined) this.#macs.set(mac, owner);
    return holder;
  }

  pickMac(prefix: string, nicUuid: string, owner: string): string {
    for (let attempt = 0; ; attempt++) {
      const mac = `${prefix}:${importedMacSuffix(nicUuid, attempt)}`;
      if (this.takeMac(mac, owner) === undefined) return mac;
    }
  }

  /** @returns who has it already */
  takePort(port: number, owner: string): string | undefined {
    const holder = this.#ports.get(port) ?? this.#claimant('port', String(port));
    if (holder === undefined) this.#ports.set(port, owner);
    return holder;
  }

  /** Undefined when there is none left. */
  pickPort(owner: string): number | undefined {
    for (; this.#nextPort <= this.#lastPort; this.#nextPort++)
      if (this.takePort(this.#nextPort, owner) === undefined) return this.#nextPort;
    return undefined;
  }

  takeNodeAddress(ip: string, owner: string): string | undefined {
    const holder = this.#addresses.get(ip)?.find((user) => user.owner !== owner)?.owner;
    if (holder === undefined) this.#enter(ip, null, owner);
    return holder;
  }

  /** @param network UUID; null: outside of networks @returns who has it already */
  takeAddress(ip: string, network: string | null, owner: string): string | undefined {
    const holder = this.#holder(ip, network);
    if (holder === undefined) this.#enter(ip, network, owner);
    return holder;
  }

  /** The lowest free address of a network; undefined when there is none. */
  pickAddress(network: Network, owner: string): string | undefined {
    const range = parseCidr(network.network);
    if (!range) return undefined;
    for (let value = this.#nextAddress.get(network.uuid) ?? range.first + 1; value < range.last; value++) {
      this.#nextAddress.set(network.uuid, value + 1);
      const ip = formatIpv4(value);
      if (unusableIn(network, ip) === null && this.takeAddress(ip, network.uuid, owner) === undefined) return ip;
    }
    return undefined;
  }

  #holder(ip: string, network: string | null): string | undefined {
    const user = this.#addresses.get(ip)?.find((one) => network === null || one.network === null || one.network === network);
    return user?.owner ?? (network === null ? undefined : this.#claimant('ip', addressClaim({ uuid: network }, ip)));
  }

  #enter(ip: string, network: string | null, owner: string): void {
    const users = this.#addresses.get(ip);
    if (users) users.push({ network, owner });
    else this.#addresses.set(ip, [{ network, owner }]);
  }

  #claimant(what: 'mac' | 'port' | 'ip', value: string): string | undefined {
    const uuid = this.#base.claim(what, value);
    return uuid === undefined ? undefined : `instance ${this.#base.instances.get(uuid)?.name ?? uuid}`;
  }
}
