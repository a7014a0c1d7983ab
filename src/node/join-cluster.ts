import { X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { Type } from 'typebox';
import { GantryError, writeFileAtomic } from '../base/index.ts';
import { validate } from '../model/index.ts';
import { certificateIdentity, checkCertificate, createKeyAndRequest, createRequest, decodeJoinToken } from '../rpc/index.ts';
import { agentPaths } from './agent-config.ts';
import { askToJoin, findMaster } from './join-request.ts';

export interface JoinRequest {
  /** As `gantry node add` printed it. */
  readonly token: string;
  readonly stateDir: string;
  readonly primaryIp: string;
  readonly secondaryIp: string;
  readonly agentPort: number;
  readonly clock: { now(): number };
}

const JoinAnswer = Type.Object({
  node_uuid: Type.String(),
  certificate: Type.String(),
  ca: Type.String(),
  crl: Type.String(),
  job_id: Type.Integer(),
});

/**
 * Makes this host a node of the cluster whose master made the token. The key never leaves the host; the secret of the
 * token is sent only to a server that the CA named in the token has certified.
 * @throws JOIN_TOKEN_MALFORMED, AGENT_ALREADY_JOINED, JOIN_MASTER_UNREACHABLE, JOIN_CA_WRONG, JOIN_FAILED, CERTIFICATE_UNFIT,
 *   or what the master reports, e.g. JOIN_TOKEN_INVALID
 */
export async function joinCluster(request: JoinRequest): Promise<{ name: string; uuid: string }> {
  const { stateDir } = request;
  const token = decodeJoinToken(request.token);
  const paths = agentPaths({ stateDir, runDir: stateDir });
  const present = await readIfThere(paths.certificate);
  if (present !== undefined) {
    throw new GantryError('AGENT_ALREADY_JOINED', { name: certificateIdentity(new X509Certificate(present)).name, directory: stateDir });
  }
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const master = await findMaster(token);
  const { key, csr } = await keyAndRequest(paths.key, token.node);
  const answer = validateAnswer(
    await askToJoin(master, {
      token_id: token.id,
      secret: token.secret,
      csr,
      primary_ip: request.primaryIp,
      secondary_ip: request.secondaryIp,
      agent_port: request.agentPort,
    }),
    master.address,
  );
  if (answer.ca.trim() !== master.ca.trim())
    throw new GantryError('JOIN_CA_WRONG', { address: master.address, problem: 'it sent another CA' });
  checkCertificate({ key, certificate: answer.certificate, ca: answer.ca }, `node ${token.node}`, request.clock.now());
  await writeFileAtomic(paths.ca, answer.ca, 0o600);
  await writeFileAtomic(paths.crl, answer.crl, 0o600);
  // Last: its presence says that this node has joined.
  await writeFileAtomic(paths.certificate, answer.certificate, 0o600);
  return { name: token.node, uuid: answer.node_uuid };
}

/** An interrupted join has left a key; it is used again, because the master may have registered it. */
async function keyAndRequest(path: string, name: string): Promise<{ key: string; csr: string }> {
  const left = await readIfThere(path);
  if (left !== undefined) return { key: left, csr: await createRequest(left, name) };
  const made = await createKeyAndRequest(name);
  await writeFileAtomic(path, made.key, 0o600);
  return made;
}

function validateAnswer(answer: unknown, address: string) {
  try {
    return validate(JoinAnswer, answer, 'answer of the master');
  } catch (error) {
    throw new GantryError('JOIN_FAILED', { address, problem: GantryError.from(error).message }, { cause: error });
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
