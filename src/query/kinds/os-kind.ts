import { Type } from 'typebox';
import type { OsInfo } from '../../rpc/index.ts';
import { fieldsOf } from '../fields/field.ts';
import { always, listOf, names } from '../fields/value-types.ts';
import { defineKind } from './kind.ts';

const { stored } = fieldsOf<OsInfo>();

const Parameter = Type.Object({ name: Type.String(), description: Type.String() });

/** OS definitions. Nodes have them, not the configuration: whoever shows them has asked the nodes. */
export const osKind = defineKind<OsInfo>({
  name: 'os',
  fields: [
    stored('name', 'Name', always('text'), 'Name', (os) => os.name),
    stored('valid', 'Valid', always('bool'), 'Whether it is valid on every node', (os) => os.valid),
    stored('variants', 'Variants', names, 'Variants', (os) => os.variants),
    stored('parameters', 'Parameters', listOf(Parameter), 'Parameters with their help', (os) =>
      os.parameters.map(([name, description]) => ({ name, description })),
    ),
    stored('api_versions', 'ApiVersions', listOf(Type.Integer()), 'Versions of the OS interface', (os) => os.api_versions),
    stored('blacklisted', 'Blacklisted', always('bool'), 'Not used', () => false),
    stored('hidden', 'Hidden', always('bool'), 'Not used', () => false),
    stored('trusted', 'Trusted', always('bool'), 'Not used: every OS definition is', () => true),
  ],
});
