import { ganetiHvDefaults } from './ganeti-hv-defaults.ts';

type Params = Readonly<Record<string, unknown>>;

/**
 * The parameters of a hypervisor without those that Ganeti has, this version does not, and that ask for nothing: null, or
 * Ganeti's default. Clients send back what `/2/info` shows. Others stay, for the validation to refuse.
 */
export function withoutForeignHvparams(hypervisor: string, params: Params): Record<string, unknown> {
  const foreign = ganetiHvDefaults[hypervisor] ?? {};
  return Object.fromEntries(
    Object.entries(params).filter(
      ([name, value]) => !Object.hasOwn(foreign, name) || !(value === null || textOf(value) === textOf(foreign[name])),
    ),
  );
}

/** Clients of Ganeti also send numbers and booleans as text. */
const textOf = (value: unknown): string => String(value).trim().toLowerCase();
