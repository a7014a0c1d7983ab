import type { Instance } from '../../../model/index.ts';
import { commonFields } from '../../fields/common-fields.ts';
import type { Field } from '../../fields/field.ts';
import { niceSortedByName } from '../../fields/nice-sort.ts';
import { instanceRelations } from '../../relations/instance-relations.ts';
import { defineKind } from '../kind.ts';
import { diskFields } from './disk-fields.ts';
import { identityFields } from './identity-fields.ts';
import { nicFields } from './nic-fields.ts';
import { parameterFields } from './parameter-fields.ts';
import { placeFields } from './place-fields.ts';
import { stateFields } from './state-fields.ts';

/** Ganeti's other names of some fields. */
const otherNames: Record<string, string> = {
  bridge: 'nic.bridge/0',
  ip: 'nic.ip/0',
  mac: 'nic.mac/0',
  nic_link: 'nic.link/0',
  nic_mode: 'nic.mode/0',
  nic_network: 'nic.network/0',
  sda_size: 'disk.size/0',
  sdb_size: 'disk.size/1',
};

const ownNames: readonly Field<Instance>[] = [
  ...identityFields,
  ...placeFields,
  ...parameterFields,
  ...diskFields,
  ...nicFields,
  ...stateFields,
  ...commonFields('Instance'),
];
const byName = new Map(ownNames.map((one) => [one.name, one]));

export const instanceKind = defineKind<Instance>({
  name: 'instance',
  fields: [
    ...ownNames,
    ...Object.entries(otherNames).flatMap(([name, of]) => {
      const original = byName.get(of);
      return original ? [{ ...original, name }] : [];
    }),
  ],
  row: 'name admin_state os pnode snodes disk_template nic.ips nic.macs nic.modes nic.uuids nic.names nic.links nic.networks nic.networks.names nic.bridges network_port disk.sizes disk.spindles disk_usage disk.uuids disk.names beparams hvparams oper_state oper_ram oper_vcpus status custom_hvparams custom_beparams custom_nicparams ctime mtime uuid serial_no tags',
  relations: instanceRelations,
  items: ({ config }) => niceSortedByName(config.instances),
});
