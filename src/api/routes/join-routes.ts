import { type Static, Type } from 'typebox';
import type { Principal } from '../../access/index.ts';
import { GantryError } from '../../base/index.ts';
import { Name, NewName, opcodes } from '../../model/index.ts';
import type { ApiContext } from '../api-options.ts';
import { auditChange } from './audit-change.ts';
import type { Route } from './route.ts';

const TokenRequest = Type.Object(
  {
    node_name: NewName,
    group: Type.Optional(Name),
    addresses: Type.Optional(
      Type.Array(Type.String({ maxLength: 18 }), {
        maxItems: 50,
        description: 'IPv4 addresses and networks of which the node may have one; default: only the address that it joins from',
      }),
    ),
    ttl: Type.Optional(Type.Integer({ minimum: 10, maximum: 604_800, description: 'Seconds for which the token is good; default 3600' })),
  },
  { additionalProperties: false },
);

const JoinRequest = Type.Object(
  {
    token_id: Type.String({ minLength: 1, maxLength: 200 }),
    secret: Type.String({ minLength: 1, maxLength: 500 }),
    csr: Type.String({ maxLength: 20_000, description: 'Certificate request of the node, PEM' }),
    primary_ip: Type.String({ maxLength: 45 }),
    secondary_ip: Type.Optional(Type.String({ maxLength: 45 })),
    agent_port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  },
  { additionalProperties: false },
);

const defaultTtlSeconds = 3600;

/**
 * A token lets in what the principal may see: not into a hidden group, and not as a hidden node that is configured already.
 * @throws OBJECT_UNKNOWN, NAME_TAKEN
 */
function requireSeen(
  { access, config }: ApiContext['services'],
  user: Principal,
  { node_name: name, group }: Static<typeof TokenRequest>,
): void {
  const sight = access.sightOf(user);
  if (!sight) return;
  sight.requireNamed({ definition: opcodes.nodeAdd, params: { node_name: name, group } });
  const node = config.current.nodes.find(name);
  if (node && !sight.sees('node', node)) throw new GantryError('NAME_TAKEN', { kind: 'node', name });
}

/** How a node gets into the cluster: an administrator makes a token, the node shows it. */
export const joinRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/2/nodes/join-tokens',
    tag: 'node',
    summary: 'Make a token with which one node may join, once',
    permission: 'node:add',
    body: TokenRequest,
    result: Type.Object({ token: Type.String(), expires_at: Type.Number({ description: 'Seconds since 1970' }) }),
    handle: async (request, context) => {
      const { user, body } = request;
      const { node_name: nodeName, group, addresses, ttl: ttlSeconds = defaultTtlSeconds } = body as Static<typeof TokenRequest>;
      requireSeen(context.services, user, body as Static<typeof TokenRequest>);
      const { token, expiresAt } = await context.services.join.createToken({
        nodeName,
        ...(group && { group }),
        ...(addresses && { addresses }),
        ttlSeconds,
        by: user,
      });
      auditChange(request, context, { action: 'create join token', node: nodeName }, 'join token created');
      return { token, expires_at: expiresAt };
    },
  },
  {
    method: 'POST',
    path: '/2/nodes/join',
    tag: 'node',
    summary: 'Join the cluster with a token: signs the certificate of the node and registers it',
    permission: 'public',
    body: JoinRequest,
    result: Type.Object({
      node_uuid: Type.String(),
      certificate: Type.String(),
      ca: Type.String(),
      crl: Type.String(),
      job_id: Type.Integer(),
    }),
    handle: async ({ body, from }, { services }) => {
      const request = body as Static<typeof JoinRequest>;
      const joined = await services.join.join({
        tokenId: request.token_id,
        secret: request.secret,
        csr: request.csr,
        primaryIp: request.primary_ip,
        secondaryIp: request.secondary_ip ?? request.primary_ip,
        agentPort: request.agent_port,
        from,
      });
      services.log.info({ audit: true, action: 'join', node: joined.nodeUuid, job: joined.jobId }, 'a node joins');
      return {
        node_uuid: joined.nodeUuid,
        certificate: joined.certificate,
        ca: joined.ca,
        crl: joined.crl,
        job_id: joined.jobId,
      };
    },
  },
];
