import { type Static, Type } from 'typebox';

/** Who somebody is, as a job keeps it: nothing in it is secret. */
export const JobPrincipal = Type.Object({
  name: Type.String(),
  /** The authentication scheme that vouched for the name; `internal` for parts of the master. */
  scheme: Type.String(),
  groups: Type.Array(Type.String()),
  /** Words that the scheme gives to the authorizer, such as `read` and `write` of the users file. */
  options: Type.Array(Type.String()),
});
export type JobPrincipal = Static<typeof JobPrincipal>;
