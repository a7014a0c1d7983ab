import { Instance } from '../../../model/index.ts';
import { type Field, fieldsOf } from '../../fields/field.ts';
import { always, other } from '../../fields/value-types.ts';

const { stored } = fieldsOf<Instance>();

/** What an instance is, and what it should do. */
export const identityFields: readonly Field<Instance>[] = [
  stored('name', 'Instance', always('text'), 'Instance name', (i) => i.name, 'hostname'),
  stored(
    'admin_state',
    'InstanceState',
    always('text', Instance.properties.admin_state),
    'What the instance should do: up, down or offline',
    (i) => i.admin_state,
  ),
  stored(
    'admin_state_source',
    'InstanceStateSource',
    always('text', Instance.properties.admin_state_source),
    'Who said so last',
    (i) => i.admin_state_source,
  ),
  stored('admin_up', 'Autostart', always('bool'), 'Whether the instance should run', (i) => i.admin_state === 'up'),
  stored('disks_active', 'DisksActive', always('bool'), 'Whether its disks should be active', (i) => i.disks_active),
  stored('hypervisor', 'Hypervisor', always('text', Instance.properties.hypervisor), 'Hypervisor', (i) => i.hypervisor),
  stored(
    'network_port',
    'Network_port',
    other(Instance.properties.network_port),
    'TCP port of its console, where it has one',
    (i) => i.network_port,
  ),
  stored('os', 'OS', always('text'), 'Operating system', (i) => i.os),
  stored('forthcoming', 'Forthcoming', always('bool'), 'Whether only its room is reserved', (i) => i.forthcoming),
];
