export type { ApiLimits, ApiOptions, ApiServer, ListenAddress, TlsFiles } from './api-options.ts';
export type { Authenticator, User } from './authn/authenticator.ts';
export { ha1 } from './authn/password.ts';
export type { AuthorizationRequest, AuthorizedObject, Authorizer } from './authz/authorizer.ts';
export { createApi } from './create-api.ts';
