export type { Authenticator, User } from './authn/authenticator.ts';
export { basicCredentials } from './authn/basic-credentials.ts';
export { usersFileAuthenticator } from './authn/users-file/users-file.ts';
export type { AuthorizationRequest, AuthorizedObject, Authorizer } from './authz/authorizer.ts';
export { optionsAuthorizer } from './authz/options-authorizer.ts';
