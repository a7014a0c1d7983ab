import { fillNicparams, type Instance, type Nic } from '../../../model/index.ts';
import { type Field, fieldsOf } from '../../fields/field.ts';
import { always, names, namesOrNull } from '../../fields/value-types.ts';
import type { ConfigView } from '../../view.ts';
import { numberedFields } from './numbered-fields.ts';

const { stored, computed } = fieldsOf<Instance>();

const networkName = (nic: Nic, { config }: ConfigView) => (nic.network === null ? null : (config.networks.get(nic.network)?.name ?? null));
const nicparams = (nic: Nic, { config }: ConfigView) => fillNicparams(config.cluster, nic);
const bridge = (nic: Nic, view: ConfigView) => {
  const { mode, link } = nicparams(nic, view);
  return mode === 'bridged' ? link : null;
};

const ofAll: readonly Field<Instance>[] = [
  stored('nic.count', 'NICs', always('number'), 'Number of NICs', (i) => i.nics.length),
  stored('nic.macs', 'NIC_MACs', names, 'MAC addresses of the NICs', (i) => i.nics.map((nic) => nic.mac)),
  stored('nic.ips', 'NIC_IPs', namesOrNull, 'IP addresses of the NICs', (i) => i.nics.map((nic) => nic.ip)),
  stored('nic.names', 'NIC_Names', namesOrNull, 'Names of the NICs', (i) => i.nics.map((nic) => nic.name)),
  stored('nic.uuids', 'NIC_UUIDs', names, 'UUIDs of the NICs', (i) => i.nics.map((nic) => nic.uuid)),
  computed('nic.modes', 'NIC_modes', names, 'Modes of the NICs', (i, view) => i.nics.map((nic) => nicparams(nic, view).mode)),
  computed('nic.links', 'NIC_links', names, 'Links of the NICs', (i, view) => i.nics.map((nic) => nicparams(nic, view).link)),
  computed('nic.vlans', 'NIC_VLANs', namesOrNull, 'VLANs of the NICs', (i, view) => i.nics.map((nic) => nicparams(nic, view).vlan || null)),
  computed('nic.bridges', 'NIC_bridges', namesOrNull, 'Bridges of the NICs', (i, view) => i.nics.map((nic) => bridge(nic, view))),
  stored('nic.networks', 'NIC_networks', namesOrNull, 'UUIDs of the networks of the NICs', (i) => i.nics.map((nic) => nic.network)),
  computed('nic.networks.names', 'NIC_networks_names', namesOrNull, 'Names of the networks of the NICs', (i, view) =>
    i.nics.map((nic) => networkName(nic, view)),
  ),
];

const each = numberedFields<Nic>(8, 'NIC', (instance) => instance.nics);

/** The NICs of an instance: all in one value, and the first eight each by its number. */
export const nicFields: readonly Field<Instance>[] = [
  ...ofAll,
  ...each('nic.ip', 'NicIP', 'text', 'IP address', (nic) => nic.ip),
  ...each('nic.uuid', 'NicUUID', 'text', 'UUID', (nic) => nic.uuid),
  ...each('nic.mac', 'NicMAC', 'text', 'MAC address', (nic) => nic.mac),
  ...each('nic.name', 'NicName', 'text', 'Name', (nic) => nic.name),
  ...each('nic.network', 'NicNetwork', 'text', 'UUID of the network', (nic) => nic.network),
  ...each('nic.network.name', 'NicNetworkName', 'text', 'Name of the network', networkName),
  ...each('nic.mode', 'NicMode', 'text', 'Mode', (nic, view) => nicparams(nic, view).mode),
  ...each('nic.link', 'NicLink', 'text', 'Link', (nic, view) => nicparams(nic, view).link),
  ...each('nic.vlan', 'NicVLAN', 'text', 'VLAN', (nic, view) => nicparams(nic, view).vlan || null),
  ...each('nic.bridge', 'NicBridge', 'text', 'Bridge', bridge),
];
