import { type Cluster, type DiskTemplate, diskTemplateRow, type LogicalIdPart } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';

/** A disk, or a part of one, that somebody has made already. */
export interface PlacedDisk {
  readonly template: DiskTemplate;
  readonly instance: { readonly uuid: string; readonly name: string; readonly primary_node: string };
  readonly uuid: string;
  readonly format: string;
  readonly logical_id: readonly LogicalIdPart[];
}

/** Which disk lies where, so that two never share a place: in the store, and of what is imported so far. */
export class DiskPlaces {
  readonly #cluster: Cluster;
  /** By place: whose it is, for people. */
  readonly #taken = new Map<string, string>();

  constructor(base: ConfigSnapshot, cluster: Cluster) {
    this.#cluster = cluster;
    for (const instance of base.instances.values()) {
      for (const [index, disk] of instance.disks.entries()) {
        for (const { dev_type: template, uuid, format, logical_id } of [disk, ...(disk.children ?? [])])
          this.#taken.set(this.#key({ template, instance, uuid, format, logical_id }), `disk ${index} of instance ${instance.name}`);
      }
    }
  }

  /** @returns who is there already */
  take(disk: PlacedDisk, owner: string): string | undefined {
    const key = this.#key(disk);
    const holder = this.#taken.get(key);
    if (holder === undefined) this.#taken.set(key, owner);
    return holder;
  }

  #key({ template, ...disk }: PlacedDisk): string {
    const { reach, placeOf } = diskTemplateRow(template);
    const place = placeOf ? placeOf(disk, this.#cluster) : JSON.stringify(disk.logical_id);
    return JSON.stringify([template, reach === 'local' ? disk.instance.primary_node : '', place]);
  }
}
