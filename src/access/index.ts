export type { Authenticator, ChainAnswer, ChainClaim } from './authn/chain.ts';
export { openAuthenticator, readAuthenticationSettings, usersFileOnly } from './authn/open-authenticator.ts';
export { Presented } from './authn/presented.ts';
export type { AuthorizationRequest, AuthorizedObject, Authorizer } from './authz/authorizer.ts';
export { optionsAuthorizer } from './authz/options-authorizer.ts';
export type { Principal } from './principal.ts';
