import { Name, OptionalUuid } from '../../objects/common.ts';
import type { UuidParameter } from '../uuid-parameter.ts';

/** The parameters that name an instance. */
export const instanceName = { instance_name: Name, instance_uuid: OptionalUuid };

export const instanceArgument = { param: 'instance_name', help: 'instance', complete: 'instance' } as const;

export const instanceUuid: UuidParameter = { uuid: 'instance_uuid', name: 'instance_name', kind: 'instance' };
