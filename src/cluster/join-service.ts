import type { Principal } from '../access/index.ts';

/** Lets new nodes into the cluster: one-time tokens and signed certificates. */
export interface JoinService {
  /**
   * A token for one node, good for `ttlSeconds` and, from its first use on, for one key. Only a hash of its secret is stored.
   * A node that is only configured takes its entry over when it joins; without `addresses` its token allows the configured ones.
   * @throws NAME_TAKEN when the node has joined already
   */
  createToken(request: {
    readonly nodeName: string;
    readonly group?: string;
    readonly ttlSeconds: number;
    /** Makes the token; the job that adds the node is submitted in this name. */
    readonly by: Principal;
    /** IPv4 addresses and networks (`10.0.0.0/24`) of which the node may have one; none: only the address that it joins from. */
    readonly addresses?: readonly string[];
  }): Promise<{
    readonly token: string;
    readonly expiresAt: number;
  }>;
  /**
   * Called by the joining node with the secret part of its token: signs its certificate request and registers it.
   * May be repeated with the same key, until the token expires; `jobId` is 0 when the node was registered before.
   * @throws JOIN_ADDRESS_REFUSED, JOIN_TOKEN_INVALID (unknown, expired, or used with another key; which one is only logged)
   */
  join(request: {
    readonly tokenId: string;
    readonly secret: string;
    readonly csr: string;
    readonly primaryIp: string;
    readonly secondaryIp: string;
    readonly agentPort: number;
    /** Address that the request came from. */
    readonly from: string;
  }): Promise<{
    readonly nodeUuid: string;
    readonly certificate: string;
    readonly ca: string;
    readonly crl: string;
    readonly jobId: number;
  }>;
}
